"""Masks from files: every form that is read, and what a wrong file is told."""

import json
import os
import struct
import sys

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools import mask as coco_mask

from napari_zsris.errors import ImageError, ProposalError
from napari_zsris.images import read_image
from napari_zsris.proposals.coco_masks import read_coco
from napari_zsris.proposals.given import read_masks

from .strategies import stacks

per_test_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def masks():
    stack = np.zeros((2, 4, 6), bool)
    stack[0, 1:3, 2:5] = True
    stack[1, 3, 0] = True
    return stack


@pytest.fixture
def labels(masks):
    return (masks * np.array([7, 200])[:, None, None]).sum(0).astype(np.uint8)


def run_lengths(mask):
    """COCO's uncompressed form, spelt out."""
    pixels = np.concatenate([[False], mask.ravel(order="F")])
    ends = [*np.flatnonzero(np.diff(pixels)).tolist(), mask.size]
    return {"size": list(mask.shape), "counts": np.diff([0, *ends]).tolist()}


def compressed(mask):
    rle = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(mask.shape), "counts": rle["counts"].decode()}


def write_coco(path, rows, images=({"id": 3, "file_name": "a/photo.jpg"},)):
    annotations = [{"id": index, "image_id": 3} | row for index, row in enumerate(rows, 1)]
    path.write_text(json.dumps({"images": list(images), "annotations": annotations}))
    return path


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_npy_stack(tmp_path, masks, dtype):
    np.save(tmp_path / "m.npy", masks.astype(dtype))
    np.testing.assert_array_equal(read_masks(tmp_path / "m.npy", (4, 6)).masks, masks)


def test_npy_labels_are_one_mask_each_without_the_background(tmp_path, masks, labels):
    np.save(tmp_path / "m.npy", labels.astype(np.int32) - (labels == 200) * 300)
    np.testing.assert_array_equal(read_masks(tmp_path / "m.npy", (4, 6)).masks, masks[::-1])


def test_npz_with_boxes_and_scores(tmp_path, masks):
    boxes = [[0, 0, 3, 3], [1, 1, 2, 2]]
    np.savez(tmp_path / "m.npz", masks=masks, boxes=boxes, scores=[0.5, 0.25])
    proposals = read_masks(tmp_path / "m.npz", (4, 6))
    np.testing.assert_array_equal(proposals.masks, masks)
    np.testing.assert_array_equal(proposals.boxes, boxes)
    np.testing.assert_array_equal(proposals.scores, [0.5, 0.25])


def test_npz_with_a_single_array_of_any_name(tmp_path, masks):
    np.savez_compressed(tmp_path / "m.npz", masks)
    np.testing.assert_array_equal(read_masks(str(tmp_path / "m.npz"), (4, 6)).masks, masks)


@pytest.mark.parametrize("suffix", ["png", "PNG", "tif", "bmp", "gif"])
def test_grey_picture_of_labels(tmp_path, masks, labels, suffix):
    Image.fromarray(labels).save(tmp_path / f"m.{suffix}")
    np.testing.assert_array_equal(read_masks(tmp_path / f"m.{suffix}", (4, 6)).masks, masks)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "u4", "f4", "i8", "u8", "f8"])
def test_labels_in_any_tiff_are_its_numbers(tmp_path, masks, labels, dtype, byteorder):
    for options in (
        {},
        {"compression": "zlib", "predictor": dtype in ("u1", "u2")},
        {"tile": (16, 16), "bigtiff": True},
        {"photometric": "miniswhite"},
        {"extratags": [(274, "H", 1, 3, True)]},
    ):
        stored = labels[::-1, ::-1] if "extratags" in options else labels
        tifffile.imwrite(tmp_path / "m.tif", stored.astype(dtype), byteorder=byteorder, **options)
        found = read_masks(tmp_path / "m.tif", (4, 6)).masks
        np.testing.assert_array_equal(found, masks, err_msg=str(options))


def test_pages_in_a_tiff_that_pillow_does_not_know(tmp_path, masks):
    tifffile.imwrite(tmp_path / "m.tif", masks.astype(np.int64), photometric="minisblack")
    np.testing.assert_array_equal(read_masks(tmp_path / "m.tif", (4, 6)).masks, masks)


@pytest.mark.parametrize(
    ("value", "reason"),
    [(0.5, "not whole numbers"), (np.nan, "no finite numbers"), (3e9, "too large for labels")],
)
def test_real_numbers_that_are_no_labels(tmp_path, labels, value, reason):
    wrong = labels.astype(np.float32)
    wrong[0, 0] = value
    tifffile.imwrite(tmp_path / "m.tif", wrong)
    with pytest.raises(ProposalError, match=rf"m\.tif: its pixels are .*{reason}.*; give a stack"):
        read_masks(tmp_path / "m.tif", (4, 6))


def test_a_tiff_that_is_cut_short(tmp_path, labels):
    tifffile.imwrite(tmp_path / "m.tif", labels.astype(np.int64))
    whole = (tmp_path / "m.tif").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "m.tif").write_bytes(whole[:length])
        with pytest.raises(ProposalError, match=r"m\.tif"):
            read_masks(tmp_path / "m.tif", (4, 6))


def with_tag(path, tag, value):
    """Change a short of a TIFF's first page."""
    content = bytearray(path.read_bytes())
    place = content.index(struct.pack("<HHI", tag, 3, 1))
    content[place + 8 : place + 10] = struct.pack("<H", value)
    path.write_bytes(content)


def test_labels_that_count_from_white_in_a_tiff_that_only_pillow_decodes(
    tmp_path, masks, labels, monkeypatch
):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    Image.fromarray(labels).save(tmp_path / "m.tif", compression="tiff_lzw")
    with_tag(tmp_path / "m.tif", 262, 0)
    np.testing.assert_array_equal(read_masks(tmp_path / "m.tif", (4, 6)).masks, masks)


def test_labels_in_a_tiff_that_nothing_decodes(tmp_path, labels, monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    tifffile.imwrite(tmp_path / "m.tif", labels.astype(np.int64), byteorder="<")
    with_tag(tmp_path / "m.tif", 259, 5)
    with pytest.raises(ProposalError, match=r"m\.tif.* pip install imagecodecs"):
        read_masks(tmp_path / "m.tif", (4, 6))


def test_a_tiff_whose_parts_claim_to_be_huge(tmp_path, labels):
    tifffile.imwrite(tmp_path / "m.tif", labels.astype(np.int64), byteorder="<")
    with tifffile.TiffFile(tmp_path / "m.tif") as file:
        place = file.pages.first.tags["StripByteCounts"].valueoffset
    damaged = bytearray((tmp_path / "m.tif").read_bytes())
    damaged[place : place + 4] = (2**32 - 1).to_bytes(4, "little")
    (tmp_path / "m.tif").write_bytes(damaged)
    with pytest.raises(ProposalError, match=r"m\.tif: .*claims to be larger than the file"):
        read_masks(tmp_path / "m.tif", (4, 6))
    with pytest.raises(ImageError, match=r"m\.tif"):
        read_image(tmp_path / "m.tif")


def test_labels_saved_in_colour_are_labels_still(tmp_path, masks, labels):
    Image.fromarray(labels).convert("RGB").save(tmp_path / "m.png")
    np.testing.assert_array_equal(read_masks(tmp_path / "m.png", (4, 6)).masks, masks)


def test_pillows_own_limit_is_lifted_as_for_photos(tmp_path, masks, labels, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5)
    Image.fromarray(labels).save(tmp_path / "m.png")
    np.testing.assert_array_equal(read_masks(tmp_path / "m.png", (4, 6)).masks, masks)
    assert Image.MAX_IMAGE_PIXELS == 5


def test_arrays_of_long_names_make_no_long_message(tmp_path, masks):
    np.savez(tmp_path / "m.npz", **{f"{'name' * 50}{number}": masks for number in range(9)})
    with pytest.raises(ProposalError, match=r"none of its 9 arrays \(") as raised:
        read_masks(tmp_path / "m.npz", (4, 6))
    assert len(str(raised.value).replace(str(tmp_path), "")) <= 300


def test_palette_picture_gives_its_indices(tmp_path, masks, labels):
    picture = Image.fromarray(labels).convert("L")
    picture.putpalette([0, 0, 0] * 256)
    picture.save(tmp_path / "m.png")
    np.testing.assert_array_equal(read_masks(tmp_path / "m.png", (4, 6)).masks, masks)


def test_pages_are_a_mask_each(tmp_path, masks):
    pages = [Image.fromarray(mask.astype(np.uint8)) for mask in masks]
    pages[0].save(tmp_path / "m.tif", save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(read_masks(tmp_path / "m.tif", (4, 6)).masks, masks)
    pages[0].save(tmp_path / "m.gif", save_all=True, append_images=pages[1:])
    with pytest.raises(ProposalError, match="an animation of 2 pictures; give a stack"):
        read_masks(tmp_path / "m.gif", (4, 6))


def test_pages_of_the_shared_masks(shared):
    assert len(read_masks(shared / "field" / "masks-2-pages.tif", (120, 160))) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "m.png")
    with pytest.raises(ProposalError, match="is a device or a pipe, not a file; save the masks"):
        read_masks(tmp_path / "m.png", (4, 6))


def test_sixteen_bit_and_black_and_white_pictures(tmp_path, masks, labels):
    Image.fromarray(labels.astype(np.uint16) * 300).save(tmp_path / "deep.png")
    Image.fromarray(masks[0]).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(read_masks(tmp_path / "deep.png", (4, 6)).masks, masks)
    np.testing.assert_array_equal(read_masks(tmp_path / "bits.png", (4, 6)).masks, masks[:1])


@per_test_folder
@given(stack=stacks())
@pytest.mark.parametrize("encode", [run_lengths, compressed])
def test_coco_run_lengths_are_lossless(tmp_path, stack, encode):
    path = write_coco(tmp_path / "m.json", [{"segmentation": encode(mask)} for mask in stack])
    np.testing.assert_array_equal(read_coco(path, stack.shape[1:]).masks, stack)


def test_coco_polygons_are_filled_as_pycocotools_fills_them(tmp_path):
    polygons = [[2, 1, 9, 1, 9, 7, 2, 7], [0, 8, 3, 8, 3, 10]]
    path = write_coco(tmp_path / "m.json", [{"segmentation": polygons}])
    parts = coco_mask.decode(coco_mask.frPyObjects(polygons, 12, 14)).any(axis=2)
    np.testing.assert_array_equal(read_masks(path, (12, 14)).masks, parts[None])


def test_coco_scores_count_when_all_rows_have_one(tmp_path, masks):
    rows = [{"segmentation": compressed(mask), "score": 0.5} for mask in masks]
    assert read_masks(write_coco(tmp_path / "m.json", rows), (4, 6)).scores.tolist() == [0.5, 0.5]
    del rows[0]["score"]
    assert read_masks(write_coco(tmp_path / "m.json", rows), (4, 6)).scores.tolist() == [1, 1]


def test_coco_results_of_one_photo(tmp_path, masks):
    rows = [{"image_id": 9, "segmentation": compressed(mask), "score": 1} for mask in masks]
    (tmp_path / "m.json").write_text(json.dumps(rows))
    np.testing.assert_array_equal(read_masks(tmp_path / "m.json", (4, 6)).masks, masks)


def test_coco_photo_is_found_by_its_name(tmp_path, masks):
    images = [{"id": 3, "file_name": "a/photo.jpg"}, {"id": 4, "file_name": "b\\other.jpg"}]
    rows = [
        {"segmentation": compressed(masks[0])},
        {"segmentation": compressed(masks[1]), "image_id": 4},
        {"keypoints": [1, 2, 2], "image_id": 4},
    ]
    path = write_coco(tmp_path / "m.json", rows, images)
    found = read_masks(path, (4, 6), tmp_path / "other.jpg")
    np.testing.assert_array_equal(found.masks, masks[1:])
    for unknown in ("third.jpg", None):
        with pytest.raises(ProposalError, match="annotates several photos, and 0 of them"):
            read_masks(path, (4, 6), unknown)


def test_coco_of_the_shared_photos(shared):
    path = shared / "data" / "coco-mini" / "instances.json"
    content = json.loads(path.read_text())
    image = content["images"][0]
    proposals = read_masks(path, (image["height"], image["width"]), image["file_name"])
    rows = [row for row in content["annotations"] if row["image_id"] == image["id"]]
    assert proposals.areas.tolist() == [row["area"] for row in rows]


DAMAGED_RUNS = ["", "04", "zzzz", "o" * 50, "é", [3], [-1, 25], [2**62, 2**62], None, [[24]]]


@pytest.mark.parametrize("counts", DAMAGED_RUNS, ids=repr)
def test_damaged_run_lengths_never_reach_pycocotools(tmp_path, counts):
    path = write_coco(tmp_path / "m.json", [{"segmentation": {"size": [4, 6], "counts": counts}}])
    with pytest.raises(ProposalError, match=r"annotation 1 in .* has no usable mask: .*export it"):
        read_masks(path, (4, 6))


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
@per_test_folder
def test_any_counts_give_a_mask_or_an_error(tmp_path, counts):
    path = write_coco(tmp_path / "m.json", [{"segmentation": {"size": [4, 6], "counts": counts}}])
    try:
        assert read_masks(path, (4, 6)).size == (4, 6)
    except ProposalError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "polygons",
    ["abc", [[1, 2]], [[1, 2, 3, 4, 5]], [[0, 0, 1e9, 0, 0, 1e9]], [[0, 0, 1, float("nan"), 2, 2]],
     [["a"] * 6], [[0, 0, 10**400, 1, 1, 1]], [7]],
    ids=str,
)  # fmt: skip
def test_damaged_polygons(tmp_path, polygons):
    path = write_coco(tmp_path / "m.json", [{"segmentation": polygons}])
    with pytest.raises(ProposalError, match=r"^annotation 1 in [^\n]* has no usable mask"):
        read_masks(path, (4, 6))


@pytest.mark.parametrize("content", ["3", "{}", '{"images": [], "annotations": [1]}', "[1]"])
def test_json_that_is_no_coco_file(tmp_path, content):
    (tmp_path / "m.json").write_text(content)
    with pytest.raises(ProposalError, match="is no COCO file: it has no list of"):
        read_masks(tmp_path / "m.json", (4, 6))


@pytest.mark.parametrize("suffix", ["npy", "npz", "json", "png"])
@pytest.mark.parametrize(
    "content", [b"", b"rubbish \xff\x00" * 9, b"\x93NUMPY", b"PK\x03\x04", b"[" * 99999]
)
def test_unreadable_files_are_told_what_is_read(tmp_path, suffix, content):
    path = tmp_path / f"m.{suffix}"
    path.write_bytes(content)
    with pytest.raises(ProposalError, match=r"^cannot read masks from [^\n]*; give a stack"):
        read_masks(path, (4, 6))


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none.npy", tmp_path):
        with pytest.raises(ProposalError, match=r"cannot read masks from .*: (No such|Is a)"):
            read_masks(path, (4, 6))


def test_pickled_objects_are_never_loaded(tmp_path):
    np.save(tmp_path / "m.npy", np.array([[{}]]), allow_pickle=True)
    with pytest.raises(ProposalError, match=r"cannot read masks from .*Python objects"):
        read_masks(tmp_path / "m.npy", (1, 1))


@pytest.mark.parametrize(
    "array", [np.zeros((4, 6)), np.zeros(3, bool), np.zeros((1, 2, 3, 4), int)]
)
def test_arrays_that_are_no_masks(tmp_path, array):
    np.save(tmp_path / "m.npy", array)
    with pytest.raises(ProposalError, match="which are no masks: give booleans or whole numbers"):
        read_masks(tmp_path / "m.npy", (4, 6))


def test_other_size_names_both(tmp_path, masks, labels):
    np.save(tmp_path / "m.npy", masks)
    Image.fromarray(labels).save(tmp_path / "m.png")
    for name in ("m.npy", "m.png"):
        with pytest.raises(ProposalError, match="are 6 x 4 pixels, the photo is 640 x 480: give"):
            read_masks(tmp_path / name, (480, 640))
    path = write_coco(tmp_path / "m.json", [{"segmentation": compressed(masks[0])}])
    with pytest.raises(
        ProposalError, match="is for a photo of 4 x 6 pixels, but the file is of 480 x 640"
    ):
        read_masks(path, (480, 640))


@pytest.mark.parametrize("empty", [np.zeros((0, 4, 6), bool), np.zeros((4, 6), int)])
def test_no_masks_at_all(tmp_path, empty):
    np.save(tmp_path / "m.npy", empty)
    with pytest.raises(ProposalError, match="holds no mask for this photo; give"):
        read_masks(tmp_path / "m.npy", (4, 6))


def test_a_photo_is_not_a_picture_of_labels(tmp_path):
    Image.new("RGB", (6, 4), "red").save(tmp_path / "m.png")
    with pytest.raises(ProposalError, match="its red, green and blue differ, so that its pixels"):
        read_masks(tmp_path / "m.png", (4, 6))
    many = np.arange(120 * 100, dtype=np.uint16).reshape(120, 100)
    Image.fromarray(many).save(tmp_path / "m.png")
    with pytest.raises(ProposalError, match="12000 different values, which looks like a photo"):
        read_masks(tmp_path / "m.png", (120, 100))


def test_archive_without_masks_and_archive_named_npy(tmp_path, masks):
    np.savez(tmp_path / "m.npz", a=masks, b=masks)
    with pytest.raises(ProposalError, match=r"none of its 2 arrays \('a', 'b'\) is named masks"):
        read_masks(tmp_path / "m.npz", (4, 6))
    (tmp_path / "m.npz").rename(tmp_path / "m.npy")
    with pytest.raises(ProposalError, match=r"cannot read masks from .*magic string"):
        read_masks(tmp_path / "m.npy", (4, 6))

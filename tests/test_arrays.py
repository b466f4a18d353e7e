"""Arrays as the world makes them: every public entry gives the same for the same values.

Each test gives an entry the plain array and the same values in some other guise, wants the same
result, and then changes what was given, which must change nothing.
"""

import copy
import tempfile
from pathlib import Path

import dask.array
import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from pycocotools import mask as coco_mask

import napari_zsris as zs
from napari_zsris.annotations import decode_rle, encode_rle
from napari_zsris.arrays import as_mask, frozen
from napari_zsris.errors import AnnotationError, ImageError, ProposalError
from napari_zsris.pixels import as_rgb
from napari_zsris.progress import finish
from napari_zsris.proposals import Proposals

few = settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def every_second(array):
    spread = np.zeros([2 * side for side in array.shape], array.dtype)
    view = spread[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    return view


def backwards(array):
    return np.array(array[..., ::-1], order="C")[..., ::-1]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def mapped(array):
    file = Path(tempfile.mkdtemp()) / "array.npy"
    np.save(file, array)
    return np.load(file, mmap_mode="r+")


def swapped(array):
    return array.astype(array.dtype.newbyteorder())


def in_columns(array):
    return np.array(array, order="F")


def transposed(array):
    return np.array(array.T, order="C").T


def in_chunks(array):
    return dask.array.from_array(array, chunks=tuple(-(-side // 2) or 1 for side in array.shape))


def in_a_list(array):
    return list(array.copy())


def in_a_tuple(array):
    return tuple(array.copy())


def stored(array):
    kept = zarr.create_array({}, shape=array.shape, dtype=array.dtype, chunks=array.shape)
    kept[...] = array
    return kept


LAYOUTS = {
    layout.__name__: layout
    for layout in (
        np.copy, in_columns, transposed, backwards, every_second, read_only, mapped,
        swapped, in_chunks, stored, in_a_list, in_a_tuple,
    )
}  # fmt: skip
MASK_TYPES = {
    "bool": lambda mask: mask,
    "0 and 1": lambda mask: mask.astype(np.uint8),
    "0 and 255": lambda mask: mask.astype(np.uint8) * np.uint8(255),
    "int64": lambda mask: mask.astype(np.int64) * 7,
    "float": lambda mask: mask.astype(float),
    "float 255": lambda mask: mask.astype(np.float32) * 255,
    "half": lambda mask: mask.astype(np.float16) / 2,
}
guises = st.tuples(st.sampled_from(sorted(MASK_TYPES)), st.sampled_from(sorted(LAYOUTS)))
layouts = st.sampled_from(sorted(LAYOUTS))


def guised(mask, guise):
    kind, layout = guise
    return LAYOUTS[layout](MASK_TYPES[kind](mask))


def spoil(array):
    """Change all of a caller's array afterwards, where it can be changed at all."""
    if isinstance(array, np.ndarray) and array.flags.writeable:
        array[...] = np.where(array == 0, 1, 0)
    elif isinstance(array, list):
        for part in array:
            spoil(part)


@st.composite
def masks_of(draw, *shape):
    mask = np.zeros(shape, bool)
    match draw(st.sampled_from(["empty", "pixel", "full", "noise", "box"])):
        case "pixel":
            mask[..., draw(st.integers(0, shape[-2] - 1)), draw(st.integers(0, shape[-1] - 1))] = 1
        case "full":
            mask[:] = True
        case "noise":
            mask = draw(hnp.arrays(bool, shape))
        case "box":
            rows, columns = (
                sorted(draw(st.tuples(*[st.integers(0, side)] * 2))) for side in shape[-2:]
            )
            mask[..., slice(*rows), slice(*columns)] = True
    return mask


def same(result, expected):
    for first, second in zip(result, expected, strict=True):
        np.testing.assert_array_equal(first, second)


def seen_of(scene):
    ranking = scene.rank("the red one on the left of the box")
    proposals = scene.proposals
    return [
        proposals.masks, proposals.boxes, proposals.areas, scene.global_features,
        scene.local_features, ranking.scores, ranking.order,
        *[candidate.mask for candidate in ranking],
    ]  # fmt: skip


@pytest.fixture(scope="module")
def segmenter():
    return zs.Segmenter(device="cpu")


@pytest.fixture(scope="module")
def photo():
    return np.random.default_rng(0).integers(0, 256, (61, 83, 3), np.uint8)


@pytest.fixture(scope="module")
def proposed(photo):
    return zs.create_proposals("regions")(photo)


@given(data=st.data(), guise=guises)
@settings(max_examples=150)
def test_every_mask_is_read_alike(data, guise):
    mask = data.draw(masks_of(*data.draw(st.tuples(st.integers(1, 20), st.integers(1, 200)))))
    disguised = guised(mask, guise)
    before = np.array(disguised)
    result = as_mask(disguised)
    encoded = encode_rle(disguised)
    np.testing.assert_array_equal(np.array(disguised), before)
    spoil(disguised)
    np.testing.assert_array_equal(result, mask)
    assert result.flags.c_contiguous
    assert result.flags.owndata
    np.testing.assert_array_equal(decode_rle(encoded), mask)
    assert encoded == encode_rle(mask)


@given(data=st.data(), guise=guises)
@settings(max_examples=150)
def test_masks_overlap_alike_whatever_their_guise(data, guise):
    height, width = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 200)))
    masks = np.stack([data.draw(masks_of(height, width)) for _ in range(3)])
    disguised = guised(masks, guise)
    found = Proposals.from_masks(disguised)
    spoil(disguised)
    plain = Proposals.from_masks(masks)
    same(
        [found.masks, found.boxes, found.centroids, found.iou_matrix(), found.areas],
        [plain.masks, plain.boxes, plain.centroids, plain.iou_matrix(), masks.sum(axis=(1, 2))],
    )
    same([found.grid_masks(7, 7, antialias=True)], [plain.grid_masks(7, 7, antialias=True)])


@given(data=st.data(), guise=guises, boxes_in=layouts, photo_in=layouts)
@few
def test_a_scene_is_the_same_whatever_guise_photo_masks_and_boxes_come_in(
    segmenter, photo, data, guise, boxes_in, photo_in
):
    masks = np.stack([data.draw(masks_of(*photo.shape[:2])) for _ in range(3)])
    boxes = np.array([[0, 0, 83, 61], [3, 4.5, 70, 9], [1, 1, 2, 2]])
    plain = seen_of(segmenter.encode(photo.copy(), masks=masks.copy(), boxes=boxes.copy()))
    given = LAYOUTS[photo_in](photo), guised(masks, guise), LAYOUTS[boxes_in](boxes)
    before = [np.array(each) for each in given]
    scene = segmenter.encode(given[0], masks=given[1], boxes=given[2])
    same([np.array(each) for each in given], before)
    for each in given:
        spoil(each)
    same(seen_of(scene), plain)


PHOTO_TYPES = {
    "uint8": lambda photo: photo,
    "int64": lambda photo: photo.astype(np.int64),
    "uint16": lambda photo: photo.astype(np.uint16),
    "float": lambda photo: photo / 255,
    "RGBA": lambda photo: np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)]),
}


@given(kind=st.sampled_from(sorted(PHOTO_TYPES)), layout=layouts)
@few
def test_proposals_are_the_same_whatever_guise_the_photo_comes_in(photo, proposed, kind, layout):
    source = zs.create_proposals("regions")
    disguised = LAYOUTS[layout](PHOTO_TYPES[kind](photo))
    before = np.array(disguised)
    found = source(disguised)
    same([np.array(disguised)], [before])
    for name in ("masks", "boxes", "scores"):
        np.testing.assert_array_equal(getattr(found, name), getattr(proposed, name))


@given(data=st.data(), guise=guises)
@few
def test_decisions_and_exports_are_the_same_whatever_guise_a_mask_comes_in(
    tmp_path_factory, data, guise
):
    folder = tmp_path_factory.mktemp("project")
    Image.new("RGB", (30, 20)).save(folder / "photo.png")
    mask = data.draw(masks_of(20, 30))
    mask[3:5, 7:11] = True
    with zs.Project.open(folder / "work.zsris", create=True) as project:
        photo_id = project.library.add_photo("photo.png")
        item = project.library.add_phrase(photo_id, "the spot")
        disguised = guised(mask, guise)
        project.decide(item, "none-fits", mask=disguised)
        spoil(disguised)
        (kept,) = project.items()
        np.testing.assert_array_equal(kept.final_mask, mask)
        project.export_coco(folder / "out.json")
    from pycocotools.coco import COCO

    coco = COCO(str(folder / "out.json"))
    np.testing.assert_array_equal(coco.annToMask(coco.anns[1]), mask)


def test_masks_as_pycocotools_decodes_them_can_be_ranked(segmenter, photo):
    masks = np.zeros((2, *photo.shape[:2]), bool)
    masks[0, 5:50, 3:77] = masks[1, 20:60, 9:81] = True
    decoded = [coco_mask.decode(encode_rle(mask)) for mask in masks]
    for layout in (decoded, np.stack(decoded), np.stack(decoded, axis=-1).transpose(2, 0, 1)):
        assert len(segmenter.encode(photo, masks=layout).rank("the red one")) == 2


def test_results_changed_by_the_caller_change_no_later_ones(segmenter, photo):
    masks = np.zeros((2, *photo.shape[:2]), bool)
    masks[0, 5:50, 3:77] = masks[1, 20:60, 9:81] = True
    scene = segmenter.encode(photo, masks=masks)
    expected = [copy.copy(array) for array in seen_of(scene)]
    ranking = scene.rank("the red one on the left of the box")
    for array in (
        ranking.scores, ranking.text_features, ranking[0].mask, ranking[0].box,
        *ranking.terms.values(), scene.proposals.masks, scene.proposals.mask(0),
        scene.proposals.areas, scene.proposals.centroids, scene.proposals.bitmaps[0].unpack(),
    ):  # fmt: skip
        array[...] = 1
    for shared in (
        scene.global_features, scene.local_features, scene.proposals.boxes,
        scene.proposals.scores, scene.proposals.bitmaps[0].packed,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="read-only"):
            shared[...] = 1
    same(seen_of(scene), expected)


def test_a_photo_changed_between_two_steps_changes_nothing(segmenter, photo):
    masks = np.ones((1, *photo.shape[:2]), bool)
    changed = photo.copy()

    def steps():
        encoding = segmenter.encoding(changed, masks)
        yield next(encoding)
        changed[:] = 0
        return (yield from encoding)

    same(seen_of(finish(steps())), seen_of(segmenter.encode(photo, masks=masks)))


def test_boxes_given_with_proposals_are_used(segmenter, photo):
    proposals = Proposals.from_masks(np.ones((1, *photo.shape[:2]), bool))
    scene = segmenter.encode(photo, masks=proposals, boxes=[[1, 2, 30, 40]])
    assert scene.proposals.boxes.tolist() == [[1, 2, 30, 40]]
    assert proposals.boxes.tolist() == [[0, 0, 83, 61]]


@pytest.mark.parametrize("none", [[], (), np.zeros(0), np.zeros((0, 61, 83), bool)], ids=repr)
def test_no_masks_are_a_scene_without_candidates(segmenter, photo, none):
    scene = segmenter.encode(photo, masks=none)
    assert len(scene.rank("the red one")) == 0
    assert scene.proposals.masks.shape == (0, 61, 83)
    assert segmenter.encode(photo, masks=none, boxes=[]).proposals.boxes.shape == (0, 4)


FULL = np.ones((1, 61, 83), bool)
NO_BOXES = {
    "text": [["a", "b", "c", "d"]],
    "ragged": [[1, 2], [3]],
    "too few": [[1, 2, 3]],
    "too many": np.zeros((2, 4)),
    "nan": [[0, 0, np.nan, 3]],
    "inf": [[0, 0, np.inf, 3]],
    "huge": [[0, 0, 1e300, 3]],
    "complex": [[0, 0, 1j, 3]],
    "nothing": [[None] * 4],
    "empty": [],
}
NO_MASKS = {
    "one mask without the first axis": FULL[0],
    "four axes": FULL[None],
    "a number": 1,
    "nothing in a list": [None],
    "text": "mask.png",
    "text in a list": ["mask.png"],
    "objects": np.array([[[object()]]]),
    "ragged": [[[1, 0], [1]]],
    "sizes that differ": [FULL[0], FULL[0, :5]],
    "another size": FULL[:, :5],
    "nan": np.where(FULL, np.nan, 0),
    "infinity": np.where(FULL, np.inf, 0),
    "complex": FULL * 1j,
    "dates": FULL.astype("datetime64[s]"),
    "a generator": (mask for mask in FULL),
    "run lengths": [{"size": [61, 83], "counts": "0"}],
    "a dict": {"masks": FULL},
    "no pixels": np.zeros((1, 0, 83), bool),
}


@pytest.mark.parametrize("name", NO_BOXES)
def test_what_are_no_boxes_says_so_in_one_line(segmenter, photo, name):
    with pytest.raises(ProposalError) as raised:
        segmenter.encode(photo, masks=FULL, boxes=NO_BOXES[name])
    assert "\n" not in str(raised.value)
    assert "give" in str(raised.value)


@pytest.mark.parametrize("name", NO_MASKS)
def test_what_are_no_masks_says_so_in_one_line(segmenter, photo, name):
    with pytest.raises(ProposalError) as raised:
        segmenter.encode(photo, masks=NO_MASKS[name])
    assert "\n" not in str(raised.value)
    assert any(advice in str(raised.value) for advice in ("give", "pass", "add the first"))


@pytest.mark.parametrize("name", ["four axes", "text", "nan", "infinity", "complex", "a number"])
def test_what_is_no_mask_is_no_decision(name):
    with pytest.raises(AnnotationError, match=r"give|pass") as raised:
        encode_rle(NO_MASKS[name])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 5, 3), (3,), (), (2, 2, 2), (1, 2, 3, 3)])
def test_what_is_no_photo_says_so_in_one_line(segmenter, shape):
    for entry in (segmenter.encode, segmenter.proposals, as_rgb):
        with pytest.raises(ImageError) as raised:
            entry(np.zeros(shape, np.uint8))
        assert "\n" not in str(raised.value)


def test_a_frozen_array_is_copied_once():
    array = np.arange(3.0)
    kept = frozen(array, np.float32)
    assert not np.shares_memory(kept, array)
    assert frozen(kept, np.float32) is kept
    assert frozen(kept[:2], np.float32).flags.owndata


def test_tensors_are_arrays_too(segmenter, photo):
    import torch

    masks = torch.ones((1, 61, 83), dtype=torch.bool)
    scene = segmenter.encode(torch.from_numpy(photo), masks=masks)
    assert scene.proposals.masks.all()
    with pytest.raises(ProposalError, match=r"no stack of masks.*grad"):
        segmenter.encode(photo, masks=torch.ones((1, 61, 83), requires_grad=True))


def test_an_object_that_has_numbers_is_read_once():
    calls = []

    class Lazy:
        shape, dtype = (1, 4, 5), np.dtype(bool)

        def __array__(self, dtype=None, copy=None):
            calls.append(1)
            return np.ones(self.shape, bool)

    assert len(Proposals.from_masks(Lazy())) == 1
    assert len(calls) == 1

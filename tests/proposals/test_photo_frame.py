"""Masks of one's own on photos that EXIF turns, as Pillow turns the photos themselves."""

import json
import warnings

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from napari_zsris.errors import ProposalError, ZsrisWarning
from napari_zsris.images import read_image
from napari_zsris.proposals import Proposals
from napari_zsris.proposals.given import read_masks

SWAPPED, KEPT = (5, 6, 7, 8), (2, 3, 4)


def drawn(height, width):
    """Two masks that no turn leaves as they are."""
    masks = np.zeros((2, height, width), bool)
    masks[0, 1:4, 2:9] = True
    masks[0, 1, 8] = False
    masks[1, height - 2 :, : width // 2] = True
    return masks


def photo_of(folder, pixels, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    path = folder / f"photo-{orientation}.png"
    Image.fromarray(pixels).save(path, exif=exif)
    return path


def write(folder, kind, masks):
    """Save masks as a person's own program does, which knows of no EXIF."""
    path = folder / f"masks.{kind.split()[0]}"
    labels = (masks * np.array([1, 2], np.uint8)[:, None, None]).max(0)
    if kind == "npy stack":
        np.save(path, masks)
    elif kind == "npy labels":
        np.save(path, labels)
    elif kind == "npz":
        np.savez(path, masks=masks, boxes=Proposals.from_masks(masks).boxes)
    elif kind == "tif pages":
        pages = [Image.fromarray(mask.astype(np.uint8)) for mask in masks]
        pages[0].save(path, save_all=True, append_images=pages[1:])
    elif kind == "json":
        rows = [{"image_id": 1, "segmentation": runs(mask)} for mask in masks]
        path.write_text(json.dumps(rows))
    else:
        Image.fromarray(labels).save(path)
    return path


def runs(mask):
    rle = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(mask.shape), "counts": rle["counts"].decode()}


def shown(folder, masks, orientation):
    """Turn masks by reading them as photos."""
    return np.stack(
        [
            read_image(photo_of(folder, np.uint8(mask) * 255, orientation))[..., 0] > 0
            for mask in masks
        ]
    )


def words(told):
    """Give what this project warned of; pycocotools has numpy warn of it, too."""
    return [str(each.message) for each in told if each.category is ZsrisWarning]


KINDS = ["npy stack", "npy labels", "npz", "tif pages", "tif", "png", "bmp", "json"]


@pytest.mark.parametrize("orientation", SWAPPED)
@pytest.mark.parametrize("kind", KINDS)
def test_masks_on_stored_pixels_are_turned_with_the_photo(tmp_path, kind, orientation):
    masks = drawn(12, 20)
    right = shown(tmp_path, masks, orientation)
    photo = photo_of(tmp_path, np.zeros((12, 20, 3), np.uint8), orientation)
    file = write(tmp_path, kind, masks)
    with pytest.warns(ZsrisWarning, match="pixels as they are stored, and was turned") as told:
        found = read_masks(file, (20, 12), photo)
    assert len(words(told)) == 1
    np.testing.assert_array_equal(found.masks, right)
    # Boxes, which an .npz brings, are turned with them.
    np.testing.assert_array_equal(found.boxes, Proposals.from_masks(right).boxes)


@pytest.mark.parametrize("orientation", SWAPPED)
@pytest.mark.parametrize("kind", KINDS)
def test_masks_on_the_photo_as_shown_are_left_without_a_word(tmp_path, kind, orientation):
    masks = drawn(20, 12)
    photo = photo_of(tmp_path, np.zeros((12, 20, 3), np.uint8), orientation)
    found = read_masks(write(tmp_path, kind, masks), (20, 12), photo)
    np.testing.assert_array_equal(found.masks, masks)


@pytest.mark.parametrize(("orientation", "width"), [(2, 20), (3, 20), (4, 20), (6, 12), (5, 12)])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_said_what_is_assumed_where_sides_do_not_tell(tmp_path, kind, orientation, width):
    masks = drawn(12, width)
    photo = photo_of(tmp_path, np.zeros((12, width, 3), np.uint8), orientation)
    file = write(tmp_path, kind, masks)
    with pytest.warns(ZsrisWarning, match=r"which EXIF turns; it was taken as drawn on") as told:
        found = read_masks(file, (12, width), photo)
    (line,) = words(told)
    assert line.startswith(f"{file}: ")
    np.testing.assert_array_equal(found.masks, masks)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sides_that_no_turn_explains_are_refused(tmp_path, orientation):
    photo = photo_of(tmp_path, np.zeros((12, 20, 3), np.uint8), orientation)
    size = read_image(photo).shape[:2]
    for sides in ((12, 12), (20, 20), (24, 40)) + (((20, 12),) if orientation < 5 else ()):
        file = write(tmp_path, "npy stack", drawn(*sides))
        with pytest.raises(ProposalError, match="give masks made on this photo at its full size"):
            read_masks(file, size, photo)


def test_a_polygon_without_the_size_it_was_drawn_on_may_lie_either_way(tmp_path):
    photo = photo_of(tmp_path, np.zeros((12, 20, 3), np.uint8), 6)
    row = {"image_id": 1, "segmentation": [[1, 1, 8, 1, 8, 8]]}
    sized = {"id": 1, "file_name": photo.name, "height": 20, "width": 12}
    file = tmp_path / "masks.json"
    file.write_text(json.dumps([row]))
    with pytest.warns(ZsrisWarning, match="which EXIF turns; it was taken as drawn on"):
        unsized = read_masks(file, (20, 12), photo).masks
    file.write_text(json.dumps({"images": [sized], "annotations": [row]}))
    np.testing.assert_array_equal(read_masks(file, (20, 12), photo).masks, unsized)


def test_a_remark_does_not_hide_another(tmp_path):
    photo = photo_of(tmp_path, np.zeros((12, 20, 3), np.uint8), 3)
    masks = drawn(12, 20)
    rows = [{"id": n, "image_id": 1, "segmentation": runs(mask)} for n, mask in enumerate(masks)]
    rows.append({"id": 7, "image_id": 1, "segmentation": {"size": [12, 20], "counts": "zzz"}})
    (tmp_path / "masks.json").write_text(json.dumps(rows))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert len(read_masks(tmp_path / "masks.json", (12, 20), photo)) == 2
    texts = words(told)
    assert len(texts) == 2
    assert "annotation 7" in texts[0]
    assert "annotation 0 (and 1 more) may have been drawn" in texts[1]

"""The colour of a mask stands out from the photo under it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from napari_zsris.engine.mask_colour import DEFAULT_COLOUR, PALETTE, contrasts, mask_colour
from napari_zsris.proposals import Bitmap

# A difference that nobody overlooks, where 1 is what a trained eye can just tell apart.
PLAIN = 10


def square(height, width):
    mask = np.zeros((height, width), bool)
    mask[height // 4 : height // 2, width // 4 : width // 2] = True
    return Bitmap.from_mask(mask)


@pytest.mark.parametrize("colour", PALETTE)
def test_no_mask_is_drawn_in_the_colour_of_its_object(colour):
    painted = bytes.fromhex(colour.removeprefix("#"))
    photo = np.full((60, 80, 3), np.frombuffer(painted, np.uint8), np.uint8)
    assert mask_colour(photo, square(60, 80)) != colour


@pytest.mark.parametrize("grey", [0, 64, 128, 192, 255])
def test_a_mask_stands_out_from_any_grey(grey):
    photo = np.full((60, 80, 3), grey, np.uint8)
    assert contrasts(photo, square(60, 80)).max() > PLAIN


def test_only_what_lies_under_the_mask_and_near_it_counts():
    yellow = np.frombuffer(bytes.fromhex(DEFAULT_COLOUR.removeprefix("#")), np.uint8)
    photo = np.zeros((100, 100, 3), np.uint8)
    photo[:, 60:] = yellow
    left, right = np.zeros((2, 100, 100), bool)
    left[40:60, 10:30] = True
    right[40:60, 75:95] = True
    assert mask_colour(photo, Bitmap.from_mask(left)) == DEFAULT_COLOUR
    assert mask_colour(photo, Bitmap.from_mask(right)) != DEFAULT_COLOUR


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))),
    st.booleans(),
)
def test_any_photo_and_mask_have_a_colour(photo, empty):
    mask = np.zeros(photo.shape[:2], bool)
    mask[-1, -1] = not empty
    assert mask_colour(photo, Bitmap.from_mask(mask)) in PALETTE
    assert mask_colour(photo, None) in PALETTE


def test_masks_stand_out_on_real_photos(shared):
    """As good as every object's best; a single colour would be lost on some."""
    folder = shared / "data" / "coco-mini"
    content = json.loads((folder / "instances.json").read_text())
    names = {photo["id"]: photo["file_name"] for photo in content["images"][:12]}
    best, default = [], []
    for annotation in content["annotations"]:
        if annotation["image_id"] not in names or annotation["area"] < 200:
            continue
        photo = Image.open(folder / "images" / names[annotation["image_id"]]).convert("RGB")
        pixels = np.asarray(photo)
        x, y, width, height = (round(side) for side in annotation["bbox"])
        mask = np.zeros(pixels.shape[:2], bool)
        mask[y : y + height, x : x + width] = True
        found = contrasts(pixels, Bitmap.from_mask(mask))
        best.append(found.max())
        default.append(found[0])
    assert len(best) > 20
    assert min(best) > PLAIN
    assert min(default) < PLAIN

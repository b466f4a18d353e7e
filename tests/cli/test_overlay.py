"""The overlay shows the mask wherever it lies, on photos of any size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_zsris.cli.overlay import TINT, draw_overlay


def draw(photo, mask, caption="the cat", note="lite"):
    return np.array(draw_overlay(photo, mask, caption, note, "1"))


@settings(max_examples=30)
@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    seed=st.integers(0, 99),
    caption=st.text(max_size=200),
)
def test_any_photo_and_mask_can_be_drawn(height, width, seed, caption):
    rng = np.random.default_rng(seed)
    photo = rng.integers(0, 255, (height, width, 3), np.uint8)
    picture = draw(photo, rng.random((height, width)) > 0.5, caption)
    assert picture.shape[1] >= 480
    assert picture.shape[0] > 10


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), TINT, (128, 128, 128)])
def test_the_mask_stands_out_on_any_colour(colour):
    photo = np.full((400, 600, 3), colour, np.uint8)
    mask = np.zeros((400, 600), bool)
    mask[100:300, 200:400] = True
    row = draw(photo, mask)[200].astype(int)
    steps = np.abs(np.diff(row, axis=0)).max(axis=1)
    assert steps[190:205].max() > 80
    assert steps[395:410].max() > 80
    assert steps[:150].max() == 0


def test_the_photo_keeps_its_colours_inside_the_mask_alone():
    photo = np.full((400, 600, 3), (200, 40, 40), np.uint8)
    mask = np.zeros((400, 600), bool)
    mask[100:300, 200:400] = True
    picture = draw(photo, mask).astype(int)
    inside, outside = picture[200, 300], picture[350, 500]
    assert inside[0] - inside[1] > 120
    assert outside[0] - outside[1] < 50


def test_an_empty_mask_has_no_badge():
    photo = np.full((400, 600, 3), 90, np.uint8)
    picture = draw(photo, np.zeros((400, 600), bool))
    assert len(np.unique(picture[:400].reshape(-1, 3), axis=0)) == 1


def test_large_photos_are_shown_smaller_and_wide_ones_as_a_line():
    assert draw(np.zeros((30, 20_000, 3), np.uint8), np.ones((30, 20_000), bool)).shape[1] == 1600


def test_a_long_caption_leaves_room_for_the_note():
    photo, mask = np.zeros((400, 600, 3), np.uint8), np.ones((400, 600), bool)
    short, long = draw(photo, mask, ""), draw(photo, mask, "the cat " * 100)
    assert (short[-25:, 570:] == long[-25:, 570:]).all()
    assert (short[-25:, :400] != long[-25:, :400]).any()

"""Small holes and specks go, everything else stays."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from napari_zsris.proposals.cleaning import cleaned
from napari_zsris.proposals.upsampling import Upsampling


def scores(*rows):
    return np.array([[1.0 if cell == "#" else -1.0 for cell in row] for row in rows], np.float32)


def drawn(values, threshold=0.0):
    return ["".join("#" if cell else "." for cell in row) for row in values > threshold]


def test_small_holes_close_and_small_specks_go():
    before = scores(
        "......#",
        ".####..",
        ".#.##..",
        ".####..",
        ".......",
    )
    assert drawn(cleaned(before, 0.0, 2)) == [
        ".......",
        ".####..",
        ".####..",
        ".####..",
        ".......",
    ]


def test_large_holes_and_pieces_stay():
    before = scores("##.###", "#..#.#", "##.###")
    assert cleaned(before, 0.0, 1) is before
    assert drawn(cleaned(before, 0.0, 2)) == ["##.###", "#..###", "##.###"]


def test_bays_at_the_border_are_no_holes():
    before = scores("#.#", "###", "#.#")
    assert cleaned(before, 0.0, 5) is before


def test_the_largest_piece_stays_however_small():
    before = scores("#....", ".....", "...##")
    assert drawn(cleaned(before, 0.0, 100)) == [".....", ".....", "...##"]


def test_an_empty_mask_is_left_alone():
    before = scores("...", "...")
    assert cleaned(before, 0.0, 100) is before


def test_corners_connect_a_mask():
    before = scores("#..", ".#.", "..#")
    assert cleaned(before, 0.0, 3) is before


def test_enlarged_masks_have_no_seams():
    before = scores("......", ".####.", ".#.##.", ".####.", "......")
    values = torch.from_numpy(cleaned(before, 0.0, 2))
    mask = Upsampling.through((5, 6), [((50, 60), (50, 60))]).bitmap(values, 0.0).unpack()
    assert ndimage.label(mask)[1] == 1
    assert ndimage.label(~np.pad(mask, 1))[1] == 1


@given(
    arrays(np.float32, (9, 11), elements=st.floats(-4, 4, width=32)),
    st.integers(0, 20),
    st.floats(-1, 1, width=32),
)
def test_no_small_region_survives(values, smallest, threshold):
    result = cleaned(values, threshold, smallest)
    mask = result > threshold
    if smallest <= 1 or not (values > threshold).any():
        assert result is values
        return
    pieces, count = ndimage.label(mask, structure=np.ones((3, 3)))
    areas = np.bincount(pieces.ravel())[1:]
    assert count == 1 or (areas >= smallest).sum() >= count - 1

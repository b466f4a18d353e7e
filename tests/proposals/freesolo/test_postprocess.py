"""Each numbered step of the published selection, on numbers small enough to check by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from torch.nn import functional

from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.freesolo import postprocess
from napari_zsris.proposals.freesolo.candidates import Candidates, Cells
from napari_zsris.proposals.freesolo.heads import GRIDS, even_levels, with_coordinates
from napari_zsris.proposals.freesolo.network import NetworkOutput, pad_to_stride

from ..strategies import stacks

HIGH, LOW = 5.0, -5.0


def output(classes=None, kernels=None, side=8):
    """A network's output in which no cell holds an object but where told: (level, class, y, x)."""
    logits = [torch.full((2, size, size), LOW) for size in GRIDS]
    for level, label, y, x in classes or []:
        logits[level][label, y, x] = HIGH
    weights = [torch.zeros(256, size, size) for size in GRIDS]
    for (level, y, x), kernel in (kernels or {}).items():
        weights[level][:, y, x] = kernel
    features = torch.rand(256, side, side, generator=torch.Generator().manual_seed(0))
    return NetworkOutput(tuple(logits), tuple(weights), features)


def candidates(masks, scores, classes=None):
    count = len(masks)
    scores = torch.tensor(scores)
    labels = torch.tensor(classes if classes is not None else [0] * count)
    ones = torch.ones(count)
    return Candidates(torch.zeros(count, 256), labels, ones, ones, scores, masks)


def bars(*spans, length=12):
    masks = torch.zeros((len(spans), 1, length), dtype=torch.bool)
    for mask, (start, stop) in zip(masks, spans, strict=True):
        mask[0, start:stop] = True
    return masks


def test_a_cell_survives_its_left_upper_and_upper_left_neighbours():
    grid = torch.tensor([[[0.5, 0.4, 0.3], [0.2, 0.6, 0.6], [0.7, 0.1, 0.65]]])
    expected = torch.tensor([[[0.5, 0.0, 0.0], [0.0, 0.6, 0.6], [0.7, 0.0, 0.65]]])
    assert torch.equal(postprocess.suppress_neighbours(grid), expected)


def test_suppression_is_the_publisheds(shared):
    fixture = np.load(shared / "parity" / "freesolo_tiny.npz")
    sizes = [side * side for side in GRIDS]
    logits = torch.from_numpy(fixture["cate_logits"]).split(sizes)
    levels = tuple(
        level.T.reshape(2, side, side) for level, side in zip(logits, GRIDS, strict=True)
    )
    kernels = tuple(torch.zeros(256, side, side) for side in GRIDS)
    scores, _, strides = postprocess.flatten(NetworkOutput(levels, kernels, torch.zeros(256, 1, 1)))
    np.testing.assert_allclose(scores.numpy(), fixture["cate_scores_nms"], atol=1e-6)
    assert torch.bincount(strides).nonzero().flatten().tolist() == [8, 16, 32]
    assert scores.shape == (3872, 2)


def test_candidates_come_by_cell_then_class_and_a_cell_may_come_twice():
    cells = postprocess.candidate_cells(output([(1, 1, 0, 2), (0, 0, 3, 4), (0, 1, 3, 4)]))
    assert cells.classes.tolist() == [0, 1, 1]
    assert cells.strides.tolist() == [8, 8, 8]
    assert len(postprocess.candidate_cells(output([(3, 0, 0, 0)]))) == 1
    assert postprocess.candidate_cells(output([(4, 0, 5, 5)])).strides.tolist() == [32]


def test_no_cell_above_the_threshold_is_no_candidate():
    assert len(postprocess.candidate_cells(output())) == 0


def test_a_mask_must_have_more_pixels_than_its_levels_stride():
    features = torch.zeros(256, 1, 20)
    features[0, 0, :9] = 1.0
    features[1, 0, :8] = 1.0
    kernels = torch.zeros(2, 256)
    kernels[0, 0] = kernels[1, 1] = 20.0
    kernels[:, 2] = -10.0
    features[2] = 1.0
    cells = Cells(kernels, torch.tensor([0, 1]), torch.tensor([0.5, 0.9]), torch.tensor([8, 8]))
    kept = postprocess.measure(cells, features)
    assert kept.classes.tolist() == [0]
    assert kept.masks.sum().item() == 9
    probability = torch.tensor(10.0).sigmoid()
    torch.testing.assert_close(kept.maskness, probability[None])
    torch.testing.assert_close(kept.scores, 0.5 * probability[None])


def test_chunks_give_what_all_at_once_gives():
    generator = torch.Generator().manual_seed(1)
    kernels = torch.randn(40, 256, generator=generator)
    features = torch.randn(256, 8, 8, generator=generator)
    scores = torch.rand(40, generator=generator)
    cells = Cells(kernels, torch.zeros(40, dtype=torch.int64), scores, torch.full((40,), 8))
    whole = postprocess.best(postprocess.measure(cells, features), 10)
    kept = postprocess.measure(cells[:0], features)
    for start in range(0, 40, 7):
        found = postprocess.measure(cells[start : start + 7], features)
        kept = postprocess.best(kept.joined(found), 10)
    torch.testing.assert_close(kept.scores, whole.scores)
    assert torch.equal(kept.masks, whole.masks)


def test_equal_scores_keep_their_order_at_the_cut():
    found = candidates(bars((0, 1), (1, 2), (2, 3)), [0.5, 0.7, 0.5])
    assert torch.equal(postprocess.best(found, 2).masks, bars((1, 2), (0, 1)))


def test_matrix_nms_by_hand():
    found = candidates(bars((0, 4), (0, 8), (8, 12)), [0.9, 0.8, 0.7])
    kept = postprocess.matrix_nms(found)
    decay = np.exp(-2 * 0.5**2)
    np.testing.assert_allclose(kept.scores.numpy(), [0.9, 0.8 * decay, 0.7], rtol=1e-6)


def test_matrix_nms_compensates_for_what_the_better_mask_has_lost_itself():
    found = candidates(bars((0, 6), (0, 5), (0, 4)), [0.9, 0.8, 0.7])
    kept = postprocess.matrix_nms(found)
    second = np.exp(-2 * (5 / 6) ** 2)
    third = min(np.exp(-2 * (4 / 6) ** 2), np.exp(-2 * (4 / 5) ** 2) / second)
    np.testing.assert_allclose(kept.scores.numpy(), [0.9, 0.8 * second, 0.7 * third], rtol=1e-5)


def test_matrix_nms_compares_masks_of_one_class_only():
    found = candidates(bars((0, 4), (0, 4)), [0.9, 0.8], classes=[0, 1])
    np.testing.assert_allclose(postprocess.matrix_nms(found).scores.numpy(), [0.9, 0.8])


def test_matrix_nms_drops_what_falls_below_the_update_threshold():
    found = candidates(bars((0, 4), (0, 4)), [0.9, 0.3])
    assert 0.3 * np.exp(-2) < 0.05
    assert len(postprocess.matrix_nms(found)) == 1


def test_overlaps_are_counted_in_blocks_of_columns(monkeypatch):
    found = candidates(bars((0, 4), (0, 8), (3, 12)), [0.9, 0.8, 0.7])
    whole = postprocess.matrix_nms(found)
    monkeypatch.setattr(postprocess, "COLUMNS_AT_ONCE", 5)
    assert torch.equal(postprocess.matrix_nms(found).scores, whole.scores)


def test_masks_go_through_the_padded_input_to_the_photo():
    upsampling = postprocess.upsampling((24, 32), (96, 120), (147, 184))
    assert upsampling.size == (147, 184)
    values = torch.rand(24, 32, generator=torch.Generator().manual_seed(3))
    whole = functional.interpolate(values[None, None], (96, 128), mode="bilinear")[..., :120]
    whole = functional.interpolate(whole, (147, 184), mode="bilinear")[0, 0]
    top, left, part = upsampling.window(values, 0.0)
    assert (top, left) == (0, 0)
    torch.testing.assert_close(part, whole, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (range(12), (-0.5, 11.5)),
        (range(3, 7), (2.5, 6.5)),
        ([0], (-0.5, 0.5)),
        ([0, 10], (4.0, 6.0)),
    ],
    ids=["whole", "gap-free", "first column", "gap"],
)
def test_published_boxes_are_not_tight(columns, expected):
    mask = np.zeros((5, 12), bool)
    mask[2, list(columns)] = True
    box = postprocess.published_box(Bitmap.from_mask(mask))
    assert box == (expected[0], 1.5, expected[1], 2.5)


@given(stacks())
def test_published_box_is_the_centre_and_count_of_occupied_lines(stack):
    for mask in stack:
        if mask.any():
            x0, y0, x1, y1 = postprocess.published_box(Bitmap.from_mask(mask))
            columns, rows = (np.flatnonzero(mask.any(axis=axis)) for axis in (0, 1))
            np.testing.assert_allclose([x1 - x0, y1 - y0], [len(columns), len(rows)])
            np.testing.assert_allclose([x0 + x1, y0 + y1], [2 * columns.mean(), 2 * rows.mean()])


def test_padding_is_on_the_right_and_bottom_with_zeros():
    padded = pad_to_stride(torch.ones(3, 33, 64))
    assert padded.shape == (3, 64, 64)
    assert padded[:, :33].all()
    assert not padded[:, 33:].any()


def test_coordinates_run_from_minus_one_to_one():
    features = with_coordinates(torch.zeros(1, 2, 3, 5))
    assert features.shape == (1, 4, 3, 5)
    np.testing.assert_allclose(features[0, 2, 1], np.linspace(-1, 1, 5), atol=1e-6)
    np.testing.assert_allclose(features[0, 3, :, 2], np.linspace(-1, 1, 3), atol=1e-6)


def test_the_finest_and_coarsest_levels_are_resized():
    pyramid = [torch.zeros(1, 1, side, side) for side in (32, 16, 8, 4, 2)]
    assert [level.shape[-1] for level in even_levels(pyramid)] == [16, 16, 8, 4, 4]

"""The mask that others agree with comes before the one that is likeliest alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_zsris.method.consensus import consensus_term, copy_term, coverage_term
from napari_zsris.method.fusion import softmax
from napari_zsris.proposals import Proposals

SCORES = arrays(np.float32, st.integers(1, 12), elements=st.floats(-40, 40, width=32))


@given(SCORES, st.integers(0, 2**32 - 1))
def test_scores_become_the_logarithm_of_the_expected_overlap(scores, seed):
    random = np.random.default_rng(seed)
    masks = random.random((len(scores), 6, 7)) < 0.4
    masks[:, 0, 0] = True
    iou = Proposals.from_masks(masks).iou_matrix()
    total = scores + consensus_term(scores, iou)
    expected = np.log(iou.astype(float) @ softmax(scores).astype(float) + 1e-300)
    order = np.abs(total - total.max()) < 30  # Beyond that, float32's softmax is 0.
    differences = (total - expected)[order]
    np.testing.assert_allclose(differences, differences[0], atol=1e-3)


@given(SCORES)
def test_masks_that_do_not_overlap_keep_their_scores(scores):
    term = consensus_term(scores, np.eye(len(scores), dtype=np.float32))
    np.testing.assert_array_equal(term, 0)


def test_half_right_masks_together_outvote_a_likelier_one():
    # The object is 0; 1 and 2 are parts of it; 3 lies elsewhere and looks a little likelier.
    iou = np.eye(4, dtype=np.float32)
    iou[0, 1:3] = iou[1:3, 0] = 0.6
    iou[1, 2] = iou[2, 1] = 0.2
    scores = np.log(np.array([0.25, 0.2, 0.2, 0.35], np.float32))
    total = scores + consensus_term(scores, iou)
    assert total.argmax() == 0
    np.testing.assert_allclose(np.exp(total), [0.49, 0.39, 0.39, 0.35], rtol=1e-5)


def test_no_masks_have_no_terms():
    assert consensus_term(np.empty(0, np.float32), np.empty((0, 0), np.float32)).shape == (0,)
    assert copy_term(np.empty(0, np.float32), np.empty((0, 0), np.float32)).shape == (0,)


@given(SCORES, st.integers(0, 2**32 - 1))
def test_copies_come_behind_what_shows_something_else(scores, seed):
    random = np.random.default_rng(seed)
    masks = random.random((len(scores), 3, 3)) < 0.7
    masks[:, 0, 0] = True
    iou = Proposals.from_masks(masks).iou_matrix()
    total = scores + copy_term(scores, iou)
    order, placed = np.argsort(-scores, kind="stable"), np.argsort(-total, kind="stable")
    copies = total < scores
    assert placed[0] == order[0]
    assert np.isfinite(total).all()
    for mask in range(len(scores)):
        better = [other for other in order if scores[other] >= scores[mask] and other != mask]
        if copies[mask]:
            assert any(iou[mask, other] > 0.7 and not copies[other] for other in better)
        else:
            strictly = [other for other in better if scores[other] > scores[mask]]
            assert not any(iou[mask, other] > 0.7 and not copies[other] for other in strictly)
    if copies.any():
        assert total[copies].max() < total[~copies].min()


@given(SCORES, st.integers(0, 2**32 - 1), st.sampled_from([1.0, 8.0, 30.0]))
def test_behind_the_best_each_next_mask_adds_most(scores, seed, sharpness):
    random = np.random.default_rng(seed)
    masks = random.random((len(scores), 3, 3)) < 0.7
    masks[:, 0, 0] = True
    iou = Proposals.from_masks(masks).iou_matrix()
    term = coverage_term(scores, iou, sharpness)
    assert term.max() <= 0
    order = np.argsort(-(scores + term), kind="stable")
    chances = np.exp(sharpness * (np.exp((scores - scores.max()).astype(float)) - 1))
    covered = np.zeros(len(scores))
    assert scores[order[0]] == scores.max()
    for place, mask in enumerate(order):
        gains = np.maximum(iou[order[place:]] - covered, 0) @ chances
        assert place == 0 or gains[0] >= gains.max() - 1e-4 * chances.sum()
        covered = np.maximum(covered, iou[mask])


def test_a_list_by_coverage_shows_the_other_object_second():
    # 0 and 1 are almost one mask; 2 lies elsewhere and is less likely than both.
    iou = np.array([[1, 0.95, 0], [0.95, 1, 0], [0, 0, 1]], np.float32)
    scores = np.log(np.array([0.4, 0.38, 0.2], np.float32))
    total = scores + coverage_term(scores, iou, 4.0)
    assert np.argsort(-total).tolist() == [0, 2, 1]


def test_no_masks_are_covered_by_none():
    empty = coverage_term(np.empty(0, np.float32), np.empty((0, 0), np.float32), 8.0)
    assert empty.shape == (0,)

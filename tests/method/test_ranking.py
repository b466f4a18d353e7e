import numpy as np
import pytest

from napari_zsris.method.method import Method
from napari_zsris.method.ranking import Ranking
from napari_zsris.proposals import Proposals


@pytest.fixture
def ranking() -> Ranking:
    masks = np.zeros((4, 10, 12), bool)
    for index, mask in enumerate(masks):
        mask[index : index + 3, 2 * index : 2 * index + 4] = True
    terms = {
        "appearance": np.array([0.5, 2.5, 1.5, 1.0], np.float32),
        "left": np.array([0, -0.5, -1, 0], np.float32),
    }
    proposals = Proposals.from_masks(masks)
    return Ranking.by_terms("left cat", Method(), np.ones(3), terms, proposals)


def test_candidates_come_best_first(ranking):
    assert [candidate.index for candidate in ranking] == [1, 3, 0, 2]
    assert [candidate.rank for candidate in ranking] == [0, 1, 2, 3]
    assert [candidate.score for candidate in ranking] == [2.0, 1.0, 0.5, 0.5]


def test_a_candidate_carries_its_mask_and_box(ranking):
    best = ranking[0]
    assert np.array_equal(best.mask, ranking.proposals.mask(1))
    assert best.box.tolist() == [2, 1, 6, 4]


def test_a_mask_may_be_painted_on_without_harm(ranking):
    ranking[0].mask[:] = True
    assert ranking[0].mask.sum() == 12


def test_rankings_are_sequences(ranking):
    assert len(ranking) == 4
    assert ranking[-1].index == 2
    assert [candidate.index for candidate in ranking[:2]] == [1, 3]
    with pytest.raises(IndexError):
        ranking[4]


def test_scores_are_the_sum_of_their_terms(ranking):
    assert ranking.scores.tolist() == [0.5, 2.0, 0.5, 1.0]
    assert ranking[0].terms == {"appearance": 2.5, "left": -0.5}


def test_the_top_can_be_cut_off(ranking):
    top = Ranking.by_terms(
        ranking.expression,
        ranking.method,
        ranking.text_features,
        ranking.terms,
        ranking.proposals,
        top=2,
    )
    assert [candidate.index for candidate in top] == [1, 3]

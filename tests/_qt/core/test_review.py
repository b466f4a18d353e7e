"""Choosing and deciding."""

import numpy as np

from napari_zsris._qt.core.annotation import Site
from napari_zsris._qt.core.outcome import Card, Outcome
from napari_zsris._qt.core.request import Request, Settings, Weights
from napari_zsris._qt.core.review import Question, Review, Status
from napari_zsris.proposals import Bitmap

SITE = Site("photo.png", "1", (4, 4))
WEIGHTS = Weights(0.5, 0.5, 3, spatial=True)
BITMAP = Bitmap.from_mask(np.ones((4, 4), bool))
THUMBNAIL = np.zeros((8, 8, 3), np.uint8)


def review_of(*proposals, decided=None):
    cards = tuple(
        Card(proposal, rank, 1.0 - rank / 10, 0.5, BITMAP, THUMBNAIL)
        for rank, proposal in enumerate(proposals)
    )
    request = Request(None, "a thing", Settings())
    outcome = Outcome(request, (4, 4), cards, "regions", "thing", WEIGHTS, WEIGHTS)
    review = Review(Question(SITE, "a thing"))
    review.rank(outcome, decided or {})
    return review


def keys(review):
    return [entry.key for entry in review]


def test_the_best_candidate_is_chosen_first():
    assert review_of(7, 3, 5).chosen.key == 7


def test_decided_candidates_are_not_chosen_again():
    review = review_of(7, 3, 5, decided={7: Status.REJECTED})
    assert review.chosen.key == 3
    assert review.entry(7).status is Status.REJECTED


def test_stepping_goes_round():
    review = review_of(7, 3)
    review.step(1)
    assert review.chosen.key == 3
    review.step(1)
    assert review.chosen.key == 7
    review.step(-1)
    assert review.chosen.key == 3


def test_stepping_with_nothing_chosen_begins_at_the_ends():
    review = review_of(7, 3, 5)
    review.choose(None)
    review.step(1)
    assert review.chosen.key == 7
    review.choose(None)
    review.step(-1)
    assert review.chosen.key == 5


def test_stepping_through_nothing_does_nothing():
    review = review_of()
    review.step(1)
    assert review.chosen is None


def test_a_rejected_candidate_gives_way_to_the_next_open_one():
    review = review_of(7, 3, 5)
    review.decide(7, Status.ACCEPTED)
    review.choose(5)
    review.decide(5, Status.REJECTED)
    assert review.chosen.key == 3
    review.decide(3, Status.REJECTED)
    assert review.chosen is None


def test_a_decision_taken_back_chooses_its_candidate():
    review = review_of(7, 3)
    review.decide(7, Status.REJECTED)
    review.decide(7, Status.OPEN)
    assert review.chosen.key == 7
    assert review.chosen.status is Status.OPEN


def test_drawn_masks_survive_a_new_order():
    review = review_of(7, 3)
    drawn = review.draw()
    assert review.chosen is drawn
    review.rank(review_of(3, 7).outcome, {})
    assert keys(review) == [3, 7, drawn.key]


def test_every_drawn_mask_has_its_own_key():
    review = review_of()
    assert [review.draw().key, review.draw().key] == [-1, -2]


def test_choosing_what_is_not_there_chooses_nothing():
    review = review_of(7)
    review.choose(99)
    assert review.chosen is None

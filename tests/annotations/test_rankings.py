import math

import numpy as np
import pytest

from napari_zsris.annotations import Failure, Project, Run, ScoredMask, decode_rle, encode_rle
from napari_zsris.errors import AnnotationError

RUN = Run("regions", "lite")


@pytest.fixture
def rle(hard_masks):
    return encode_rle(hard_masks["disc"])


def test_pending_goes_through_photos_once(project, photos, rle):
    assert project.rankings.pending_counts() == (4, 8)
    pending = project.rankings.pending()
    first = next(pending)
    assert (first.id, first.photo, first.size) == (1, "a.png", (60, 80))
    assert first.image_path == photos / "a.png"
    assert [(phrase.id, phrase.text) for phrase in first.phrases] == [
        (1, "the cat a"),
        (2, "the dog a"),
    ]
    project.rankings.save(1, {1: [ScoredMask(rle, 1.0)], 2: []}, RUN)
    assert [photo.id for photo in pending] == [2, 3, 4]
    assert [photo.id for photo in project.rankings.pending()] == [2, 3, 4]
    assert project.rankings.pending_counts() == (3, 6)
    item = project.queue.item(2)
    assert (item.ranked, item.candidates) == (True, ())


def test_a_photo_ranked_in_part_is_pending_for_the_rest(project, rle):
    project.rankings.save(1, {1: [ScoredMask(rle, 1.0)]}, RUN)
    assert [phrase.id for phrase in next(project.rankings.pending()).phrases] == [2]


def test_decided_phrases_are_not_pending(project):
    project.decide(1, "rejected")
    project.decide(2, "rejected")
    assert [photo.id for photo in project.rankings.pending()] == [2, 3, 4]


def test_shards_divide_the_photos(project):
    shards = [
        {photo.id for photo in project.rankings.pending(shard=(index, 3))} for index in range(3)
    ]
    assert set.union(*shards) == {1, 2, 3, 4}
    assert sum(map(len, shards)) == 4
    assert sum(project.rankings.pending_counts(shard=(i, 3))[0] for i in range(3)) == 4


@pytest.mark.parametrize("shard", [(1, 1), (-1, 2), (0, 0)])
def test_an_impossible_shard(project, shard):
    with pytest.raises(AnnotationError, match=r"there is no shard .* of .*: count them from 0"):
        next(project.rankings.pending(shard=shard))


def test_human_decisions_are_never_touched(ranked, hard_masks):
    ranked.decide(1, "accepted", candidate=1)
    ranked.decide(2, "rejected")
    before = [ranked.queue.item(number) for number in (1, 2)]
    other = [ScoredMask(encode_rle(hard_masks["in the corner"]), 5.0)]
    assert ranked.rankings.save(1, {1: other, 2: other}, Run("sam", "big")) == 0
    assert [ranked.queue.item(number) for number in (1, 2)] == before


def test_ranking_again_replaces_candidates(ranked, hard_masks):
    corner = hard_masks["in the corner"]
    assert ranked.rankings.save(1, {1: [ScoredMask(encode_rle(corner), 5.0)]}, Run("sam", "b")) == 1
    (candidate,) = ranked.queue.item(1).candidates
    assert np.array_equal(candidate.mask, corner)
    assert len(ranked.queue.item(2).candidates) == 3


def test_an_undone_decision_can_be_ranked_again(ranked, rle):
    ranked.decide(1, "rejected")
    ranked.undo()
    assert ranked.rankings.save(1, {1: [ScoredMask(rle, 0.5)]}, RUN) == 1


def test_phrases_of_other_photos_are_left_alone(project, rle):
    assert project.rankings.save(1, {3: [ScoredMask(rle, 0.5)]}, RUN) == 0
    assert not project.queue.item(3).ranked


def test_numpy_numbers_are_taken(project, rle):
    project.rankings.save(1, {np.int64(1): [ScoredMask(rle, np.float32(0.5))]}, RUN)
    project.decide(np.int64(2), "rejected")
    assert project.queue.item(np.int64(2)).status == "rejected"
    assert project.queue.item(1).candidates[0].score == 0.5


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([math.nan], "score is NaN or infinite: give finite scores"),
        ([math.inf], "score is NaN or infinite"),
        ([0.1, 0.2], "candidates are not in order: give the best first"),
    ],
)
def test_scores_that_make_no_ranking(project, rle, scores, message):
    with pytest.raises(AnnotationError, match=message):
        project.rankings.save(1, {1: [ScoredMask(rle, score) for score in scores]}, RUN)
    assert not project.queue.item(1).ranked


def test_a_mask_of_another_size_writes_nothing(project, rle):
    small = ScoredMask(encode_rle(np.ones((4, 5))), 1.0)
    with pytest.raises(
        AnnotationError, match=r"is of \[4, 5\] pixels, but the photo of \[60, 80\]"
    ):
        project.rankings.save(1, {1: [ScoredMask(rle, 1.0)], 2: [small]}, RUN)
    assert project.rankings.pending_counts() == (4, 8)


def test_an_unknown_photo(project):
    with pytest.raises(AnnotationError, match="there is no photo 9 in this project: add it first"):
        project.rankings.save(9, {}, RUN)


def test_failures_are_kept_until_it_works(project, rle):
    project.rankings.fail(1, "the file is damaged")
    project.rankings.fail(2, "no words", item_id=3)
    path = project.path
    project.close()
    with Project.open(path) as again:
        rankings = again.rankings
        assert rankings.failures() == [
            Failure("a.png", None, "the file is damaged"),
            Failure("b.png", "the cat b", "no words"),
        ]
        assert again.queue.item(1).failure == "the file is damaged"
        assert [photo.id for photo in rankings.pending()] == [1, 2, 3, 4]
        untried = list(rankings.pending(retry=False))
        assert [[phrase.id for phrase in photo.phrases] for photo in untried] == [
            [4],
            [5, 6],
            [7, 8],
        ]
        assert rankings.pending_counts(retry=False) == (3, 5)
        rankings.save(1, {1: [ScoredMask(rle, 1.0)]}, RUN)
        rankings.save(2, {3: []}, RUN)
        assert rankings.failures() == []


def test_given_proposals(project, hard_masks):
    assert project.rankings.proposals(1) == []
    with project._database.writing() as writer:
        for name, mask in hard_masks.items():
            writer.run(
                "INSERT INTO proposal (photo_id, origin, counts) VALUES (1, ?, ?)",
                (name, encode_rle(mask)["counts"]),
            )
    for given, mask in zip(project.rankings.proposals(1), hard_masks.values(), strict=True):
        assert np.array_equal(decode_rle(given), mask)

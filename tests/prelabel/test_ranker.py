import json
import logging
import warnings

import numpy as np
import pytest
from PIL import Image

from napari_zsris.annotations import ScoredMask, encode_rle
from napari_zsris.errors import ImageError, ModelUnavailableError, ZsrisWarning
from napari_zsris.images import read_image
from napari_zsris.prelabel import Outcome, Ranker, record, task_of
from napari_zsris.progress import Progress


@pytest.fixture
def task(project):
    return task_of(project, next(project.rankings.pending()))


@pytest.fixture
def masks():
    masks = np.zeros((2, 96, 128), bool)
    masks[0, 30:70, 20:60] = True
    masks[1, :20] = True
    return masks


def with_masks(project, photo_id, masks):
    with project.library.batch() as batch:
        for number, mask in enumerate(masks):
            batch.proposal(photo_id, f"annotation {number}", encode_rle(mask))
    return task_of(project, project.rankings.waiting(photo_id))


def test_all_phrases_of_a_photo_are_ranked_and_written(project, ranker, task):
    assert record(project, ranker(task)) == 2
    items = [item for item in project.items() if item.photo_id == task.photo_id]
    assert [item.head for item in items] == ["square", "square"]
    assert all(len(item.candidates) == 3 and not item.failure for item in items)
    assert project.rankings.waiting(task.photo_id) is None


def test_candidates_are_those_of_the_public_face(project, ranker, task):
    scene = ranker.segmenter.encode(read_image(task.path))
    outcome = ranker(task)
    for phrase in task.phrases:
        expected = scene.rank(phrase.text, top=3)
        assert outcome.candidates[phrase.id] == tuple(
            ScoredMask(encode_rle(each.mask), pytest.approx(each.score, abs=1e-4))
            for each in expected
        )


def test_imported_masks_are_what_is_ranked(project, ranker, masks, task):
    outcome = ranker(with_masks(project, task.photo_id, masks))
    proposed = [encode_rle(mask) for mask in masks]
    for candidates in outcome.candidates.values():
        assert len(candidates) == 2
        assert all(candidate.rle in proposed for candidate in candidates)
    assert outcome.run.proposals == "given"


def test_the_run_says_how_candidates_were_made(ranker, task):
    run = ranker(task).run
    assert (run.proposals, run.model) == ("objects", "lite")
    assert json.loads(run.method)["alpha"] == ranker.segmenter.method.alpha


def test_work_is_done_in_steps_that_can_be_given_up(ranker, task):
    steps = ranker.steps(task)
    assert isinstance(next(steps), Progress)
    assert isinstance(next(steps), Progress)
    steps.close()


def test_a_photo_that_cannot_be_read_is_a_failure(project, ranker, task, photos):
    (photos / "red.png").write_bytes(b"no photo")
    outcome = ranker(task)
    assert "red.png is not a picture that can be read" in outcome.failure
    assert record(project, outcome) == 0
    (failure,) = project.rankings.failures()
    assert (failure.photo, failure.phrase) == ("red.png", None)
    with pytest.raises(ImageError):
        next(step for step in ranker.encoding(task) if step.stage != "reading the photo")


def test_a_photo_that_was_replaced_is_a_failure(project, ranker, task, photos):
    Image.new("RGB", (50, 40)).save(photos / "red.png")
    assert record(project, ranker(task)) == 0
    (failure,) = project.rankings.failures()
    assert "has changed since it was imported" in failure.reason


def test_a_phrase_that_cannot_be_ranked_spoils_no_other(project, ranker):
    photo = project.rankings.waiting(1)
    project.library.add_phrase(photo.id, "...")
    outcome = ranker(task_of(project, project.rankings.waiting(1)))
    assert record(project, outcome) == 2
    (failure,) = project.rankings.failures()
    assert failure.phrase == "..."
    assert "no words" in failure.reason


def test_a_failure_goes_when_the_photo_is_ranked(project, ranker, task):
    record(project, Outcome(task.photo_id, failure="the disk was away"))
    record(project, ranker(task))
    assert project.rankings.failures() == []


def test_decisions_made_meanwhile_are_left_alone(project, ranker, task):
    outcome = ranker(task)
    first, second = task.phrases
    project.decide(first.id, "rejected")
    assert record(project, outcome) == 1
    assert project.queue.item(first.id).candidates == ()
    assert len(project.queue.item(second.id).candidates) == 3


def test_no_error_in_one_photo_ends_the_work(segmenter, task, monkeypatch, caplog):
    def fail(photo):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(segmenter.proposals, "steps", fail)
    with caplog.at_level(logging.ERROR):
        outcome = Ranker(segmenter)(task)
    assert outcome.failure == "ZeroDivisionError: division by zero; try the photo alone"
    assert "could not be ranked" in caplog.text


def test_a_model_that_is_missing_ends_the_work(segmenter, task, monkeypatch):
    def fail(photo):
        raise ModelUnavailableError("no weights")

    monkeypatch.setattr(segmenter.proposals, "steps", fail)
    with pytest.raises(ModelUnavailableError, match="no weights"):
        Ranker(segmenter)(task)


def crowded(segmenter, room, raising):
    """Let the tower's network run out of memory above so many pictures at a time."""

    def hook(_, arguments):
        if len(arguments[0]) > room:
            raising()

    return segmenter.clip.image.trunk.conv_stem.register_forward_pre_hook(hook)


def test_out_of_memory_the_batches_shrink_and_the_ranking_is_the_same(
    segmenter, task, ranker, run_out
):
    expected = ranker(task)
    with (
        crowded(segmenter, 2, run_out["cpu"]),
        pytest.warns(ZsrisWarning, match="memory ran out on the CPU: going on in smaller") as told,
    ):
        outcome = ranker(task)
    assert len(told) == 1
    for item_id, candidates in expected.candidates.items():
        found = outcome.candidates[item_id]
        assert [each.score for each in found] == pytest.approx(
            [each.score for each in candidates], abs=1e-3
        )


def test_too_little_memory_for_one_picture_is_a_failure_of_the_photo(
    segmenter, task, ranker, run_out
):
    with crowded(segmenter, 0, run_out["oneDNN"]), warnings.catch_warnings():
        warnings.simplefilter("ignore", ZsrisWarning)
        failure = ranker(task).failure
    assert failure.startswith("photo of 128 x 96 pixels with lite and ")
    assert "lite: memory ran out on the CPU for one of the masks; close other" in failure


def test_no_memory_to_read_the_photo_is_told_in_a_sentence(task, ranker, monkeypatch, run_out):
    monkeypatch.setattr("napari_zsris.prelabel.ranker.read_image", lambda _: run_out["numpy"]())
    assert ranker(task).failure.startswith("memory ran out; close other programs")

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from napari_zsris.annotations import MergeReport, Project, Run, ScoredMask, encode_rle
from napari_zsris.errors import AnnotationError
from napari_zsris.progress import finish

RUN = Run("regions", "lite", "{}")


def mask(x=0):
    pixels = np.zeros((60, 80), bool)
    pixels[10:20, x : x + 10] = True
    return pixels


def rank(project, item, x=0, score=1.0):
    masks = [ScoredMask(encode_rle(mask(x)), score), ScoredMask(encode_rle(mask(x + 5)), 0.1)]
    project.rankings.save(item.photo_id, {item.id: masks}, RUN, {item.id: "cat"})


def only(project, name, phrase):
    (item,) = [
        item for item in project.items() if (item.photo, item.phrase) == (name, f"the {phrase}")
    ]
    return item


@pytest.fixture
def other(project, tmp_path):
    """A copy of the project, as a second job or person would have it."""
    project.close()
    shutil.copy(tmp_path / "work.zsris", tmp_path / "other.zsris")
    with Project.open(tmp_path / "other.zsris", who="berta") as copied:
        yield copied


@pytest.fixture
def work(project, other, tmp_path):
    with Project.open(tmp_path / "work.zsris", who="anna") as opened:
        yield opened


@pytest.fixture
def empty(project, tmp_path):
    with Project.open(tmp_path / "joined.zsris", create=True) as opened:
        yield opened


def content(project):
    return [
        (
            item.photo,
            item.phrase,
            item.category,
            item.split,
            item.head,
            item.status,
            item.ranked,
            item.failure,
            item.candidates,
            item.decision and (item.decision.who, item.decision.at, item.decision.rle),
        )
        for item in project.items()
    ]


def test_an_empty_project_becomes_the_other_one(empty, ranked):
    ranked.decide(1, "accepted", candidate=1, seconds=2.5)
    ranked.decide(2, "corrected", mask=mask())
    ranked.rankings.fail(4, "the disk was away")
    with ranked.library.batch() as batch:
        batch.proposal(3, "annotation 7", encode_rle(mask()))
    report = finish(empty.merging(ranked.path))
    assert report == MergeReport(photos=4, phrases=8, ranked=8, decided=2, kept=0, strangers=())
    assert content(empty) == content(ranked)
    assert empty.library.root.samefile(ranked.library.root)
    assert empty.rankings.proposals(3) == ranked.rankings.proposals(3)
    assert empty.statistics() == ranked.statistics()


def test_merging_again_does_nothing(empty, ranked):
    ranked.decide(1, "accepted")
    finish(empty.merging(ranked.path))
    before = content(empty)
    assert finish(empty.merging(ranked.path)) == MergeReport(0, 0, 0, 0, 1, ())
    assert content(empty) == before


def test_two_jobs_fill_one_project(work, other):
    rank(work, only(work, "a.png", "cat a"))
    rank(other, only(other, "b.png", "cat b"), x=30)
    assert finish(work.merging(other.path)).ranked == 1
    assert only(work, "a.png", "cat a").candidates[0].mask[12, 3]
    assert only(work, "b.png", "cat b").candidates[0].mask[12, 33]
    assert work.rankings.pending_counts() == (4, 6)


def test_what_the_project_has_stays(work, other):
    item = only(work, "a.png", "cat a")
    rank(work, item)
    work.decide(item.id, "accepted")
    rank(other, item, x=40)
    other.decide(item.id, "rejected")
    report = finish(work.merging(other.path))
    assert (report.ranked, report.decided, report.kept) == (0, 0, 1)
    kept = work.queue.item(item.id)
    assert (kept.status, kept.decision.who) == ("accepted", "anna")
    assert kept.candidates[0].mask[12, 3]


def test_a_history_comes_with_its_undos(work, other):
    item = only(other, "a.png", "cat a")
    rank(other, item)
    other.decide(item.id, "accepted")
    other.decide(item.id, "rejected")
    other.undo()
    undone = only(other, "a.png", "dog a")
    other.decide(undone.id, "skipped")
    other.undo()
    finish(work.merging(other.path))
    assert work.queue.item(item.id).status == "accepted"
    assert work.queue.item(undone.id).status == "todo"
    assert [each.undone for each in work.history(item.id)] == [False, True]
    assert work.undo() is None


def test_a_phrase_decided_before_it_was_ranked_elsewhere_keeps_its_decision(work, other):
    item = only(work, "a.png", "cat a")
    work.decide(item.id, "rejected")
    rank(other, item)
    finish(work.merging(other.path))
    assert work.queue.item(item.id).status == "rejected"


def test_failures_come_along_and_go(work, other):
    other.library.add_phrase(1, "the bird")
    other.rankings.fail(1, "too dark", other.library.add_phrase(1, "the bird"))
    finish(work.merging(other.path))
    assert [failure.reason for failure in work.rankings.failures()] == ["too dark"]
    work.rankings.fail(2, "the disk was away")
    rank(other, only(other, "b.png", "cat b"))
    finish(work.merging(other.path))
    assert [failure.reason for failure in work.rankings.failures()] == ["too dark"]


def test_chosen_photos_alone(empty, ranked):
    assert finish(empty.merging(ranked.path, photos=[2, 4])).photos == 2
    assert {item.photo for item in empty.items()} == {"b.png", "d.png"}


def test_another_file_of_the_same_name_is_left_out(empty, ranked, photos, tmp_path):
    Image.new("RGB", (80, 60)).save(photos / "a.png")
    empty.library.move_root(photos)
    empty.library.add_photo("a.png")
    report = finish(empty.merging(ranked.path))
    assert report.strangers == ("a.png",)
    assert report.photos == 3


def test_a_folder_below_the_root(empty, ranked, photos):
    empty.library.move_root(photos.parent)
    empty.library.add_phrase(empty.library.add_photo("photos/b.png"), "the cat b")
    finish(empty.merging(ranked.path))
    assert {item.photo for item in empty.items()} == {f"photos/{name}.png" for name in "abcd"}
    assert only(empty, "photos/b.png", "cat b").ranked


def test_giving_up_keeps_what_is_merged(empty, ranked, monkeypatch):
    monkeypatch.setattr("napari_zsris.annotations.merging._BATCH", 1)
    steps = empty.merging(ranked.path)
    next(steps)
    steps.close()
    assert empty.queue.counts()["todo"] == 2
    assert finish(empty.merging(ranked.path)).photos == 3


def test_a_project_that_is_being_written_can_be_read_from(empty, ranked):
    assert not ranked.readonly
    assert finish(empty.merging(ranked.path)).photos == 4


def test_impossible_merges(project, tmp_path):
    with pytest.raises(AnnotationError, match="cannot be merged into itself"):
        finish(project.merging(project.path))
    with pytest.raises(AnnotationError, match="there is no project file"):
        finish(project.merging(tmp_path / "none.zsris"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Image.new("RGB", (8, 8)).save(elsewhere / "x.png")
    with Project.open(tmp_path / "far.zsris", create=True) as far:
        far.library.move_root(elsewhere)
        far.library.add_photo("x.png")
    with pytest.raises(AnnotationError, match="lies outside"):
        finish(project.merging(tmp_path / "far.zsris"))


def test_a_later_decision_arrives_at_the_next_merge(empty, ranked, tmp_path):
    ranked.decide(1, "accepted")
    finish(empty.merging(ranked.path))
    ranked.decide(1, "rejected")
    ranked.decide(2, "skipped")
    ranked.undo()
    report = finish(empty.merging(ranked.path))
    assert (report.decided, report.kept, report.conflicts) == (1, 0, 0)
    assert content(empty) == content(ranked)
    with Project.open(tmp_path / "joined.zsris", readonly=True) as joined:
        assert [each.undone for each in joined.history(2)] == [True]


def test_undo_after_a_merge_takes_back_nobody_else_s_decision(work, other):
    work.decide(1, "rejected")
    other.decide(2, "rejected")
    finish(work.merging(other.path))
    assert work.undo().id == 1
    assert work.undo() is None
    assert [item.status for item in work.items()][:2] == ["todo", "rejected"]


def test_conflicts_are_counted(work, other):
    for project, status in ((work, "rejected"), (other, "skipped")):
        project.decide(1, status)
        project.decide(2, "rejected")
    report = finish(work.merging(other.path))
    assert (report.decided, report.kept, report.conflicts) == (0, 2, 1)
    assert [each.who for each in work.history(1)] == ["anna", "berta"]
    assert work.queue.item(1).status == "rejected"


def test_categories_come_with_their_numbers_unless_they_are_taken(empty, work, other):
    with other.library.batch() as batch:
        assert batch.category("bird", 17, "animals") is None
        assert batch.category("plane", 90, "vehicles") is None
        assert batch.category("bird", 16) == 'category 16 "bird" is number 17 in this project'
    assert finish(empty.merging(other.path)).categories == ()
    assert _categories(empty) == {"bird": (17, "animals"), "plane": (90, "vehicles")}
    with work.library.batch() as batch:
        batch.category("ship", 17)
        batch.category("plane", None, "")
    assert finish(work.merging(other.path)).categories == (
        'category 17 "bird" is number 19 in this project, where 17 is "ship"',
        'category 90 "plane" is number 18 in this project',
    )
    assert _categories(work) == {
        "ship": (17, ""),
        "plane": (18, "vehicles"),
        "bird": (19, "animals"),
    }


@pytest.mark.parametrize("number", [-1, 1 << 31, 1 << 70])
def test_a_number_that_no_file_can_have_is_replaced(project, number):
    with project.library.batch() as batch:
        assert batch.category("bird", number) == (
            f'category {number} "bird" is number 2 in this project'
        )
        assert batch.category("dog", 0) is None
        assert batch.category("dog", 0, "animals") is None
        assert batch.category("dog", 0, "pets") == (
            'category "dog" is of "animals" in this project, not of "pets"'
        )
    assert _categories(project) == {"dog": (0, "animals"), "bird": (2, "")}


def _categories(project):
    path = project.path.with_suffix(".json")
    project.export_coco(path)
    rows = json.loads(path.read_bytes())["categories"]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    return {row["name"]: (row["id"], row["supercategory"]) for row in rows}

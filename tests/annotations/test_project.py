import threading

import numpy as np
import pytest

from napari_zsris.annotations import Project, decode_rle
from napari_zsris.errors import AnnotationError
from napari_zsris.progress import finish


def _reopened(project):
    path = project.path
    project.close()
    return Project.open(path, who="anna")


def test_items_come_by_photo_with_candidates_best_first(ranked, photos):
    items = list(ranked.items())
    assert [item.phrase for item in items[:3]] == ["the cat a", "the dog a", "the cat b"]
    item = items[0]
    assert item.image_path == photos / "a.png"
    assert item.size == (60, 80)
    assert (item.status, item.final_mask, item.ranked) == ("todo", None, True)
    assert [candidate.rank for candidate in item.candidates] == [0, 1, 2]
    assert item.candidates[0].score > item.candidates[1].score > item.candidates[2].score
    assert item.candidates[0].mask.shape == (60, 80)
    assert (items[1].category, items[0].category, items[0].head) == ("animal", None, "cat")


def test_a_project_stays_open_while_anything_reads_it(ranked):
    path = ranked.path
    ranked.close()
    assert len([item.id for item in Project.open(path).items()]) == 8
    assert len(list(Project.open(path).rankings.pending())) == 0
    assert Project.open(path).queue.item(1).phrase == "the cat a"
    assert Project.open(path).library.root.is_dir()
    assert finish(Project.open(path).exporting_coco(path.with_name("out.json"))) == 0
    items = Project.open(path).items()
    next(items)
    with pytest.raises(AnnotationError, match="this very process"):
        Project.open(path)
    del items
    Project.open(path).close()


def test_deciding_while_iterating(ranked):
    for item in ranked.items(status="todo"):
        ranked.decide(item.id, "accepted", candidate=0)
    assert not list(ranked.items(status="todo"))
    assert ranked.queue.counts()["accepted"] == 8


def test_items_show_what_was_decided_meanwhile(ranked):
    seen = []
    for item in ranked.items():
        if item.id == 1:
            ranked.decide(2, "rejected")
        seen.append((item.id, item.status))
    assert seen[1] == (2, "rejected")


def test_items_leave_out_what_was_decided_meanwhile(ranked):
    seen = []
    for item in ranked.items(status="todo"):
        ranked.decide(2, "rejected")
        seen.append(item.id)
    assert seen == [1, 3, 4, 5, 6, 7, 8]


def test_accepting_keeps_the_candidate_s_mask(ranked):
    ranked.decide(1, "accepted", candidate=2)
    item = ranked.queue.item(1)
    assert item.status == "accepted"
    assert np.array_equal(item.final_mask, item.candidates[2].mask)
    assert (item.decision.rank, item.decision.score, item.decision.iou) == (2, 0.1, 1.0)
    assert (item.decision.who, item.decision.imported) == ("anna", False)


def test_accepting_means_the_best_candidate(ranked):
    ranked.decide(1, "accepted")
    item = ranked.queue.item(1)
    assert np.array_equal(item.final_mask, item.candidates[0].mask)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_correcting_keeps_the_person_s_mask(ranked, hard_mask, dtype):
    ranked.decide(1, "corrected", mask=(hard_mask * 3).astype(dtype), candidate=1, seconds=2.5)
    item = ranked.queue.item(1)
    assert np.array_equal(item.final_mask, hard_mask)
    proposed = item.candidates[1].mask
    iou = (proposed & hard_mask).sum() / (proposed | hard_mask).sum()
    assert item.decision.iou == pytest.approx(iou)
    assert item.decision.seconds == 2.5


def test_correcting_without_candidates_is_drawing(project, hard_masks):
    project.decide(1, "corrected", mask=hard_masks["disc"])
    decision = project.queue.item(1).decision
    assert (decision.rank, decision.score, decision.iou) == (None, None, None)
    assert np.array_equal(decode_rle(decision.rle), hard_masks["disc"])


def test_none_fits_with_and_without_a_mask(ranked, hard_masks):
    ranked.decide(1, "none-fits")
    ranked.decide(2, "none-fits", mask=hard_masks["disc"])
    assert ranked.queue.item(1).final_mask is None
    assert np.array_equal(ranked.queue.item(2).final_mask, hard_masks["disc"])


@pytest.mark.parametrize("status", ["rejected", "skipped"])
def test_decisions_without_a_mask(ranked, status):
    ranked.decide(1, status)
    item = ranked.queue.item(1)
    assert (item.status, item.final_mask) == (status, None)


@pytest.mark.parametrize(
    ("status", "arguments", "message"),
    [
        ("maybe", {}, "'maybe' is no decision: choose one of accepted, corrected, rejected"),
        ("todo", {}, "'todo' is no decision"),
        ("corrected", {}, 'a "corrected" item needs its mask: pass mask='),
        ("accepted", {"mask": np.ones((60, 80))}, '"accepted" takes no mask: decide "corrected"'),
        ("rejected", {"mask": np.ones((60, 80))}, '"rejected" takes no mask'),
        ("skipped", {"candidate": 0}, '"skipped" takes no candidate: leave candidate= out'),
        ("accepted", {"candidate": 3}, "item 1 has no candidate 3: rank the photo first"),
        ("accepted", {"candidate": -1}, "item 1 has no candidate -1"),
        ("corrected", {"mask": np.zeros((60, 80))}, 'the mask is empty: draw one, or decide "none'),
        ("corrected", {"mask": np.ones((80, 60))}, "of 80 x 60 pixels, but the photo of 60 x 80"),
        ("corrected", {"mask": np.ones(60)}, "pass one mask of one photo"),
        ("rejected", {"seconds": -1.0}, "cannot take -1.0 seconds: pass a time from 0 on"),
        ("rejected", {"seconds": float("nan")}, "cannot take nan seconds"),
    ],
)
def test_a_decision_that_does_not_fit_is_refused(ranked, status, arguments, message):
    with pytest.raises(AnnotationError, match=message):
        ranked.decide(1, status, **arguments)
    assert ranked.queue.item(1).status == "todo"
    assert ranked.history(1) == []


@pytest.mark.parametrize("use", ["decide", "item", "history", "next"])
def test_an_item_that_is_not_there(ranked, use):
    with pytest.raises(AnnotationError, match="there is no item 99 in this project: use an item's"):
        {
            "decide": lambda: ranked.decide(99, "rejected"),
            "item": lambda: ranked.queue.item(99),
            "history": lambda: ranked.history(99),
            "next": lambda: ranked.queue.next(after=99),
        }[use]()


def test_undo_walks_back_across_restarts(ranked, hard_masks):
    ranked.decide(1, "accepted", candidate=1)
    ranked.decide(2, "rejected")
    again = _reopened(ranked)
    again.decide(1, "corrected", mask=hard_masks["disc"])
    again = _reopened(again)

    item = again.undo()
    assert (item.id, item.status, item.decision.rank) == (1, "accepted", 1)
    assert np.array_equal(item.final_mask, item.candidates[1].mask)
    item = again.undo()
    assert (item.id, item.status, item.final_mask) == (2, "todo", None)
    again = _reopened(again)
    item = again.undo()
    assert (item.id, item.status) == (1, "todo")
    assert again.undo() is None
    again.close()


def test_a_new_decision_after_an_undo_is_undone_first(ranked):
    ranked.decide(1, "rejected")
    ranked.decide(2, "rejected")
    ranked.undo()
    ranked.decide(3, "skipped")
    assert [ranked.undo().id for _ in range(2)] == [3, 1]
    assert ranked.undo() is None


def test_the_history_keeps_everything(ranked):
    ranked.decide(1, "skipped")
    ranked.decide(1, "accepted")
    ranked.undo()
    ranked.decide(1, "rejected")
    history = ranked.history(1)
    assert [decision.status for decision in history] == ["skipped", "accepted", "rejected"]
    assert [decision.undone for decision in history] == [False, True, False]
    assert all(decision.at.endswith("+00:00") for decision in history)


def test_a_mask_is_what_it_was_after_reopening(ranked, hard_mask):
    ranked.decide(3, "corrected", mask=hard_mask)
    again = _reopened(ranked)
    assert np.array_equal(again.queue.item(3).final_mask, hard_mask)
    again.close()


def test_paths_that_leave_the_folder_are_refused_even_when_the_file_says_so(ranked):
    with ranked._database.writing() as writer:
        writer.run("UPDATE photo SET path = '../work.zsris' WHERE id = 1")
    items = list(ranked.items())
    assert len(items) == 8
    with pytest.raises(AnnotationError, match="is not a path inside the folder of photos"):
        _ = items[0].image_path


def test_the_root_moves_with_the_project(tmp_path, ranked):
    ranked.close()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("work.zsris", "photos"):
        (tmp_path / name).rename(moved / name)
    with Project.open(moved / "work.zsris") as project:
        assert project.queue.item(1).image_path == moved / "photos" / "a.png"
        assert project.queue.item(1).image_path.is_file()


def test_a_root_elsewhere_is_told_anew(tmp_path, ranked, photos):
    new = tmp_path / "new" / "place"
    new.parent.mkdir()
    photos.rename(new)
    ranked.library.move_root(new)
    assert ranked.queue.item(1).image_path.is_file()
    with pytest.raises(AnnotationError, match=r"there is no folder .*gone: check the name"):
        ranked.library.move_root(tmp_path / "gone")


def test_adding_a_photo_or_phrase_again_changes_nothing(project):
    assert project.library.add_photo("./a.png") == 1
    assert project.library.add_phrase(1, " the  cat a ") == 1
    assert project.library.add_phrase(1, "the cat a", origin="another cat") == 9


@pytest.mark.parametrize("text", ["", " \n", "a\0b", "\ud800"])
def test_a_phrase_that_is_no_text_is_refused(project, text):
    with pytest.raises(AnnotationError, match=r"has no words: write|is not text in UTF-8: save"):
        project.library.add_phrase(1, text)


def test_a_phrase_of_an_unknown_photo_is_refused(project):
    with pytest.raises(AnnotationError, match="there is no photo 77 in this project: add it first"):
        project.library.add_phrase(77, "a cat")


def test_sql_in_phrases_is_inert(project):
    evil = "'); DROP TABLE phrase; -- \" ; DELETE FROM photo"
    item = project.library.add_phrase(1, evil, category=evil, split=evil, origin=evil)
    project.decide(item, "rejected")
    assert project.queue.item(item).phrase == evil
    assert [found.id for found in project.items(split=evil)] == [item]
    assert len(list(project.items())) == 9


def test_several_threads_take_turns(ranked):
    failures = []

    def work(numbers):
        try:
            for number in numbers:
                ranked.decide(number, "accepted")
                assert ranked.queue.item(number).status == "accepted"
        except Exception as error:  # noqa: BLE001 - told to the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(range(n, 9, 2),)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ranked.queue.counts()["accepted"] == 8


def test_what_is_done_together_is_written_wholly_or_not_at_all(ranked):
    first, second = list(ranked.items())[:2]
    with pytest.raises(AnnotationError, match="no candidate 99"), ranked.together():
        ranked.decide(first.id, "accepted")
        ranked.decide(second.id, "accepted", candidate=99)
    assert {item.status for item in ranked.items()} == {"todo"}
    with ranked.together():
        ranked.decide(first.id, "accepted")
        with pytest.raises(AnnotationError), ranked.together():
            ranked.decide(second.id, "accepted")
            ranked.decide(second.id, "accepted", candidate=99)
    assert [item.status for item in ranked.items()][:2] == ["accepted", "todo"]


def test_after_a_full_disk_nothing_more_of_the_same_change_is_written(ranked):
    items = list(ranked.items())
    noise = np.random.default_rng(0).random((*items[0].size, 2)) < 0.5
    ranked._database._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(AnnotationError, match="earlier part"), ranked.together():
        ranked.decide(items[0].id, "accepted")
        with pytest.raises(AnnotationError, match="disk is full"):
            for item in items * 50:
                ranked.decide(item.id, "corrected", mask=noise[..., 0])
        ranked.decide(items[1].id, "accepted")
    assert {item.status for item in ranked.items()} == {"todo"}

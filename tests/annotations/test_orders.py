"""Whatever people decide, take back and merge, in whichever order: the same, and nothing lost."""

import itertools
import shutil

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from napari_zsris.annotations import Project, Run, ScoredMask, encode_rle
from napari_zsris.progress import finish

ITEMS = (1, 2, 3)
STATUSES = ("accepted", "corrected", "rejected", "skipped", "none-fits")

decide = st.tuples(
    st.just("decide"), st.sampled_from(ITEMS), st.sampled_from(STATUSES), st.integers(0, 3)
)
undo = st.tuples(st.just("undo"))
rank = st.tuples(st.just("rank"), st.sampled_from(ITEMS), st.integers(0, 3), st.sampled_from("xy"))
works = st.lists(st.one_of(decide, undo, rank), max_size=8)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A project of two photos and three phrases, closed; tests copy it."""
    folder = tmp_path_factory.mktemp("orders")
    with Project.open(folder / "start.zsris", create=True) as project:
        for name, phrases in {"a.png": ("the cat", "the dog"), "b.png": ("the cat",)}.items():
            Image.new("RGB", (12, 8)).save(folder / name)
            photo = project.library.add_photo(name)
            for phrase in phrases:
                project.library.add_phrase(photo, phrase)
    return folder / "start.zsris"


@pytest.fixture(scope="module")
def fresh(start):
    """Gives a new path beside the photos at every call."""
    numbers = itertools.count()
    return lambda: start.with_name(f"{next(numbers)}.zsris")


def mask(x):
    pixels = np.zeros((8, 12), bool)
    pixels[2:5, x : x + 3] = True
    return pixels


def do(project, work):
    for what, *options in work:
        if what == "undo":
            project.undo()
        elif what == "rank":
            item, x, model = options
            masks = [ScoredMask(encode_rle(mask(x)), 1.0), ScoredMask(encode_rle(mask(9)), 0.5)]
            photo = project.queue.item(item).photo_id
            project.rankings.save(photo, {item: masks}, Run("regions", model), {item: f"h{model}"})
        else:
            item, status, x = options
            if status == "accepted" and not project.queue.item(item).candidates:
                status = "skipped"
            project.decide(item, status, mask=mask(x) if status == "corrected" else None)


def written(path, work, who):
    with Project.open(path, who=who) as project:
        do(project, work)
    return path


def merged(path, *parts, who="carla"):
    with Project.open(path, create=True, who=who) as project:
        for part in parts:
            finish(project.merging(part))
        return content(project)


def content(project):
    return {
        (item.photo, item.phrase): (
            item.status,
            item.head,
            item.candidates,
            item.decision and told(item.decision),
            sorted(map(repr, map(told, project.history(item.id)))),
        )
        for item in project.items()
    }


def told(decision):
    return (
        decision.who,
        decision.at,
        decision.status,
        decision.rle,
        decision.rank,
        decision.iou,
        decision.undone,
    )


def histories(path):
    with Project.open(path, readonly=True) as project:
        return {key: value[-1] for key, value in content(project).items()}


@settings(max_examples=8)
@given(first=works, second=works, third=works)
@example(first=[("rank", 2, 0, "y")], second=[("rank", 2, 1, "y")], third=[])
def test_merging_twice_and_in_any_order_gives_the_same(start, fresh, first, second, third):
    parts = [
        written(shutil.copy(start, fresh()), work, who)
        for work, who in ((first, "anna"), (second, "bert"))
    ]
    one = merged(fresh(), *parts)
    assert merged(fresh(), *reversed(parts)) == one
    assert merged(fresh(), *parts, *parts, *reversed(parts)) == one
    # No decision of anybody is lost.
    for part in parts:
        for key, log in histories(part).items():
            assert set(log) <= set(one[key][-1])
    # Work goes on in a part that was merged before; the rest arrives, in any order again.
    early = fresh()
    merged(early, *parts)
    written(parts[0], third, "anna")
    assert merged(early, parts[0])[("a.png", "the cat")][-1] is not None
    late = merged(early, *parts)
    afresh = merged(fresh(), *reversed(parts))
    assert [value[0::3] for value in late.values()] == [value[0::3] for value in afresh.values()]
    assert [value[-1] for value in late.values()] == [value[-1] for value in afresh.values()]


@settings(max_examples=8)
@given(mine=works, theirs=works)
def test_what_was_done_here_stays_in_force(start, fresh, mine, theirs):
    here = written(shutil.copy(start, fresh()), mine, "anna")
    there = written(shutil.copy(start, fresh()), theirs, "bert")
    with Project.open(here, readonly=True) as project:
        before = {item.id: item for item in project.items()}
    with Project.open(here, who="anna") as project:
        finish(project.merging(there))
        for item in project.items():
            if before[item.id].status != "todo":
                assert (item.status, item.decision) == (
                    before[item.id].status,
                    before[item.id].decision,
                )
            if before[item.id].ranked:
                assert item.candidates == before[item.id].candidates


@settings(max_examples=8)
@given(mine=works, theirs=works)
def test_undo_takes_back_all_of_one_s_own_and_nothing_else(start, fresh, mine, theirs):
    parts = [
        written(shutil.copy(start, fresh()), work, who)
        for work, who in ((mine, "anna"), (theirs, "bert"))
    ]
    path = fresh()
    merged(path, *parts)
    with Project.open(path, who="anna") as project:
        while project.undo() is not None:
            pass
        log = [each for item in project.items() for each in project.history(item.id)]
        assert all(each.undone for each in log if each.who == "anna")
        left = {key: value[0::3] for key, value in content(project).items()}
    # What is in force now is what bert alone had said.
    alone = merged(fresh(), parts[1])
    assert left == {key: value[0::3] for key, value in alone.items()}


@settings(max_examples=8)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["anna", "bert"]), st.one_of(decide, undo)), max_size=8
    )
)
def test_undo_walks_back_through_one_s_own_decisions(start, fresh, steps):
    path = shutil.copy(start, fresh())
    log, standing = [], {}
    for who, step in steps:
        with Project.open(path, who=who) as project:
            if step[0] == "decide":
                do(project, [step])
                log.append((who, step[1], project.queue.item(step[1]).status))
            else:
                own = [entry for entry in log if entry[0] == who]
                item = project.undo()
                assert (item is None) == (not own)
                if own:
                    last = max(place for place, entry in enumerate(log) if entry[0] == who)
                    assert item.id == log.pop(last)[1]
            standing = {item: status for _, item, status in log}
            states = {item.id: item.status for item in project.items()}
        assert states == {item: standing.get(item, "todo") for item in ITEMS}

"""A disk that is full at any statement: the call fails in one line, and nothing is half-done.

SQLite itself says that the disk is full here, once a project's file has as many pages as it may.
"""

import contextlib
import itertools
import json
import shutil
import sqlite3

import numpy as np
import pytest
from PIL import Image

from napari_zsris.annotations import Project, Run, ScoredMask, encode_rle
from napari_zsris.annotations.history import Choice
from napari_zsris.annotations.imports import import_coco, import_table
from napari_zsris.errors import AnnotationError

RUN = Run("regions", "lite", "{}")
HEIGHT, WIDTH = 200, 240


def noise(seed):
    """A mask that takes several pages of a project's file."""
    return np.random.default_rng(seed).random((HEIGHT, WIDTH)) > 0.5


def ranking(seed, score=0.9):
    return [ScoredMask(encode_rle(noise(seed + step)), score - step / 10) for step in range(2)]


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "abc":
        Image.new("RGB", (WIDTH, HEIGHT), "grey").save(folder / f"{name}.png")
    return folder


@pytest.fixture
def path(tmp_path, photos):
    """A project, closed: phrase 1 is ranked and decided on, 2 is ranked, 3 is not."""
    path = tmp_path / "work.zsris"
    with Project.open(path, create=True, who="anna") as project:
        project.library.move_root(photos)
        for name in "ab":
            photo = project.library.add_photo(f"{name}.png")
            for phrase in ("the ball", "the box"):
                project.library.add_phrase(photo, phrase)
        project.rankings.save(1, {1: ranking(1), 2: ranking(2)}, RUN)
        project.decide(1, "accepted")
        project.brush_work.keep(2, "", encode_rle(np.ones((HEIGHT, WIDTH), bool)))
    return path


@pytest.fixture
def other(path, tmp_path):
    """A colleague's project, with one more photo and other categories, closed."""
    copy = tmp_path / "other.zsris"
    shutil.copy(path, copy)
    with Project.open(copy, who="berta") as project:
        with project.library.batch() as batch:
            batch.category("animal", 7, "being")
        photo = project.library.add_photo("c.png")
        item = project.library.add_phrase(photo, "the cat", category="animal")
        project.rankings.save(photo, {item: ranking(20)}, RUN)
        project.rankings.save(2, {3: ranking(30)}, RUN)
        project.decide(item, "corrected", mask=noise(40))
        project.decide(3, "corrected", mask=noise(41))
    return copy


@pytest.fixture
def coco(tmp_path):
    """A COCO file with finished work on a photo of the project, and on one that it lacks."""
    images = [
        {"id": number, "file_name": f"{name}.png", "height": HEIGHT, "width": WIDTH}
        for number, name in enumerate("ac", 1)
    ]
    rows = [
        {
            "id": number,
            "image_id": number,
            "category_id": number,
            "phrase": f"the thing {number}",
            "segmentation": encode_rle(noise(number)),
        }
        for number in (1, 2)
    ]
    categories = [{"id": 1, "name": "ball"}, {"id": 2, "name": "box", "supercategory": "thing"}]
    path = tmp_path / "coco.json"
    content = {"images": images, "annotations": rows, "categories": categories}
    path.write_text(json.dumps(content))
    return path


def held(path):
    """Everything in a project's file, read by SQLite alone."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall()
        query = "SELECT * FROM {}"
        return {name: connection.execute(query.format(name)).fetchall() for (name,) in tables}


def room(project, pages):
    """Leave a project's file room for so many more pages; None for all that it wants."""
    connection = project._database._connection
    ((count,),) = connection.execute("PRAGMA page_count").fetchall()
    most = 2**30 if pages is None else count + pages
    connection.execute(f"PRAGMA max_page_count = {most}")


def sweep(path, work):
    """Do some work with ever more room, until it fits; give how often it did not."""
    before = held(path)
    for pages in itertools.count():
        with Project.open(path, who="anna") as project:
            room(project, pages)
            try:
                work(project)
            except AnnotationError as error:
                assert "the disk is full; free some space" in str(error)
                assert "\n" not in str(error)
                assert held(path) == before
                assert len(list(project.items())) == len(before["phrase"])
            else:
                break
        with Project.open(path, who="anna") as project:
            assert len(list(project.items())) == len(before["phrase"])
        assert held(path) == before
    assert held(path) != before
    return pages


def drain(steps, reached=None, path=None):
    """Go through work step by step, keeping what the project holds after each."""
    for _ in steps:
        if reached is not None:
            reached[:] = [held(path)]


def add_phrases(project):
    with project.library.batch() as batch:
        for number in range(300):
            batch.phrase(1 + number % 2, f"the thing {number} of these", category=f"kind {number}")


WORK = {
    "correcting": lambda project: project.decide(2, "corrected", mask=noise(50)),
    "drawing": lambda project: project.decide(3, "none-fits", mask=noise(51)),
    "accepting": lambda project: project.decide(2, "accepted", candidate=1),
    "a further object": lambda project: project.objects.add(
        1, Choice("corrected", mask=noise(60)), 1, ranking(60)
    ),
    "brush work": lambda project: project.brush_work.keep(3, "x", encode_rle(noise(52))),
    "brush work anew": lambda project: project.brush_work.keep(2, "", encode_rle(noise(53))),
    "ranking": lambda project: project.rankings.save(2, {3: ranking(5), 4: ranking(7)}, RUN),
    "ranking anew": lambda project: project.rankings.save(
        1, {2: ranking(8)}, Run("sam", "lite", "{}" * 3000)
    ),
    "a failure": lambda project: project.rankings.fail(2, "the disk was away " * 500),
    "adding phrases": add_phrases,
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_nothing_is_half_done(path, work):
    assert sweep(path, work) > 1


@pytest.mark.parametrize("masks", ["finished", "proposals"])
def test_an_import_is_not_begun_where_there_is_no_room(path, coco, photos, masks):
    failures = sweep(path, lambda project: drain(import_coco(project, coco, photos, masks=masks)))
    assert failures > 3


def test_a_first_import_leaves_an_empty_project_as_it_was(tmp_path, coco, photos):
    path = tmp_path / "new.zsris"
    Project.open(path, create=True).close()
    work = lambda project: drain(import_coco(project, coco, photos, masks="finished"))  # noqa: E731
    assert sweep(path, work) > 3


def test_a_merge_is_not_begun_where_there_is_no_room(path, other):
    assert sweep(path, lambda project: drain(project.merging(other))) > 3


def test_a_first_merge_leaves_an_empty_project_as_it_was(tmp_path, other):
    path = tmp_path / "new.zsris"
    Project.open(path, create=True).close()
    assert sweep(path, lambda project: drain(project.merging(other))) > 3


@pytest.fixture
def long_table(tmp_path):
    """Phrases for three steps of an import."""
    path = tmp_path / "t.csv"
    rows = [f"{'abc'[n % 3]}.png,the {n} thing {'of many ' * 30}" for n in range(250)]
    path.write_text("\n".join(["image,phrase", *rows]))
    return path


def test_long_work_keeps_what_it_said_was_done(path, long_table, photos):
    for pages in itertools.count():
        copy = path.with_name(f"copy-{pages}.zsris")
        shutil.copy(path, copy)
        reached = [held(copy)]
        with Project.open(copy) as project:
            room(project, pages)
            try:
                drain(import_table(project, long_table, photos), reached, copy)
            except AnnotationError as error:
                assert "the disk is full" in str(error)
                assert held(copy) == reached[0]
            else:
                break
        # With room again, importing goes on.
        with Project.open(copy) as project:
            drain(import_table(project, long_table, photos))
            assert len(list(project.items())) == 4 + 250
    assert pages > 20


def test_undoing(path):
    """An undo is small: the log is filled until the next one needs a page."""
    failures = 0
    with Project.open(path, who="anna") as project:
        for _ in range(400):
            project.decide(2, "rejected")
        room(project, 0)
        for _ in range(400):
            before = held(path)
            try:
                assert project.undo().id == 2
            except AnnotationError as error:
                assert "the disk is full" in str(error)
                assert held(path) == before
                failures += 1
                room(project, 3)
                assert project.undo().id == 2
                if failures > 2:
                    break
    assert failures > 2
    with Project.open(path) as project:
        assert len(project.history(2)) == 400


def test_the_same_project_goes_on_once_there_is_room(path):
    with Project.open(path, who="anna") as project:
        room(project, 0)
        with pytest.raises(AnnotationError, match="the disk is full"):
            project.decide(2, "corrected", mask=noise(50))
        room(project, None)
        project.decide(2, "corrected", mask=noise(50))
        assert np.array_equal(project.queue.item(2).final_mask, noise(50))
        assert project.undo().id == 2

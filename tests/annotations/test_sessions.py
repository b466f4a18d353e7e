"""Projects for work that nobody has named yet, and copies of projects."""

import os
import subprocess
import sys

import pytest

from napari_zsris.annotations import Project
from napari_zsris.annotations.sessions import is_session, open_session, sessions_folder
from napari_zsris.errors import AnnotationError


@pytest.fixture
def data_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if not sessions_folder().is_relative_to(tmp_path):
        pytest.skip("the user's data folder cannot be moved on this system")
    return tmp_path / "data"


def test_a_session_is_begun_and_continued(data_home):
    first = open_session()
    assert not first.continued
    assert first.project.path.is_relative_to(data_home)
    assert is_session(first.project.path)
    first.project.close()
    again = open_session()
    assert again.continued
    assert again.project.path == first.project.path
    again.project.close()


def test_the_session_worked_on_last_is_continued(data_home):
    with open_session().project as first, open_session().project as second:
        assert first.path != second.path
    os.utime(second.path, (1, 1))
    with open_session().project as latest:
        assert latest.path == first.path


def test_a_session_that_another_process_writes_is_left_to_it(data_home):
    with open_session().project as mine:
        code = (
            "from napari_zsris.annotations.sessions import open_session\n"
            "s = open_session()\nprint(s.project.path, s.continued, s.obstacle)"
        )
        told = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
    assert str(mine.path) in told
    assert "is being written by" in told
    assert "False" in told


def test_a_damaged_session_is_left_as_it_is(data_home):
    with open_session().project as project:
        path = project.path
    path.write_bytes(b"no project")
    other = open_session()
    with other.project as project:
        assert project.path != path
        assert "not a project file" in other.obstacle
    assert path.read_bytes() == b"no project"


def test_a_folder_that_cannot_be_made_is_told(data_home):
    data_home.write_text("a file is in the way")
    with pytest.raises(AnnotationError, match="cannot make"):
        open_session()


def test_a_copy_has_all_and_finds_the_same_photos(ranked, tmp_path):
    item = next(ranked.items())
    ranked.decide(item.id, "accepted", candidate=1)
    copy = tmp_path / "elsewhere" / "copy.zsris"
    ranked.copy_to(copy)
    assert [path.name for path in copy.parent.iterdir()] == ["copy.zsris"]
    with Project.open(copy) as project:
        assert project.statistics() == ranked.statistics()
        assert project.queue.item(item.id).image_path.samefile(item.image_path)
    ranked.copy_to(copy)


def test_a_copy_replaces_only_projects_that_nobody_has_open(ranked, tmp_path):
    with pytest.raises(AnnotationError, match="this very project"):
        ranked.copy_to(ranked.path)
    (tmp_path / "letter.txt").write_text("Dear")
    with pytest.raises(AnnotationError, match="not a project file"):
        ranked.copy_to(tmp_path / "letter.txt")
    assert (tmp_path / "letter.txt").read_text() == "Dear"
    with (
        Project.open(tmp_path / "open.zsris", create=True),
        pytest.raises(AnnotationError, match="is being written"),
    ):
        ranked.copy_to(tmp_path / "open.zsris")

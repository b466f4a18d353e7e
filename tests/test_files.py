import errno
import os
import subprocess
import sys

import pytest

from napari_zsris.files import OutputError, atomic_write


def test_a_file_appears_whole_with_the_rights_of_any_new_file(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with atomic_write(path) as partial:
        partial.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_open_for_writing_when_it_is_flushed(tmp_path, monkeypatch):
    """As Windows demands it."""
    flushed = []
    monkeypatch.setattr("os.fsync", lambda handle: flushed.append(os.write(handle, b"")))
    with atomic_write(tmp_path / "file.txt"):
        pass
    assert flushed == [0]


def test_an_input_that_cannot_be_read_is_not_blamed_on_the_output(tmp_path):
    path = tmp_path / "file.txt"
    with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"), atomic_write(path) as partial:
        partial.write_bytes((tmp_path / "nowhere.txt").read_bytes())
    with pytest.raises(ConnectionResetError), atomic_write(path):
        raise ConnectionResetError(errno.ECONNRESET, "connection reset by peer")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        (errno.ENOSPC, "No space left on device; make room on the disk and try again"),
        (errno.EROFS, "Read-only file system; choose a folder that is not read-only"),
    ],
)
def test_a_full_disk_is_told_in_one_line(tmp_path, reason, advice):
    path = tmp_path / "file.txt"
    with pytest.raises(OutputError) as raised, atomic_write(path):
        raise OSError(reason, os.strerror(reason))
    assert str(raised.value) == f"cannot write {path}: {advice}"
    with pytest.raises(OutputError) as raised, atomic_write(path) as partial:
        raise OSError(reason, os.strerror(reason), str(partial))
    assert str(raised.value) == f"cannot write {path}: {advice}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows names the reasons otherwise")
def test_what_stands_in_the_way_is_named(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for path, advice in (
        (tmp_path / "file" / "a", "; choose another folder: a part of this path is a file"),
        (tmp_path / "folder", "Is a directory; choose a name that is not a folder's"),
        (tmp_path / ("x" * 300), "File name too long; choose a shorter name"),
    ):
        with pytest.raises(OutputError, match=advice), atomic_write(path):
            pass
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(ValueError, match="broken"), atomic_write(path) as partial:
        partial.write_text("half")
        raise ValueError("broken")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import os, signal, sys
from pathlib import Path
from napari_zsris.files import atomic_write
with atomic_write(Path(sys.argv[1])) as partial:
    partial.write_text("half")
    Path(f"{partial}-journal").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there age alone tells what is abandoned")
def test_what_a_killed_writer_left_goes_with_the_next(tmp_path):
    path = tmp_path / "work [1].json"
    ended = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert ended.returncode != 0
    assert len(list(tmp_path.glob(".*.part*"))) == 2
    with atomic_write(tmp_path / "other.json"):
        pass
    assert len(list(tmp_path.glob(".*.part*"))) == 2, "other files' leftovers are not ours"
    with atomic_write(path) as partial:
        partial.write_text("whole")
    assert list(tmp_path.glob(".*.part*")) == []
    assert path.read_text() == "whole"


def test_the_file_of_a_writer_at_work_stays(tmp_path):
    path = tmp_path / "out.json"
    with atomic_write(path) as first:
        with atomic_write(path) as second:
            second.write_text("second")
        assert first.exists()


def test_what_other_machines_left_goes_after_a_day(tmp_path):
    path = tmp_path / "out.json"
    fresh, old = (tmp_path / f".out-00000000-{number}-abc.part.json" for number in (1, 2))
    fresh.touch()
    old.touch()
    os.utime(old, (0, 0))
    with atomic_write(path):
        pass
    assert fresh.exists()
    assert not old.exists()


def test_the_rights_of_other_threads_files_are_never_touched(tmp_path, monkeypatch):
    """Asking for the umask means setting it, for all threads."""
    before = os.umask(0o027)
    try:
        monkeypatch.setattr("os.umask", lambda _: pytest.fail("the umask was set"))
        with atomic_write(tmp_path / "file.txt"):
            pass
    finally:
        monkeypatch.undo()
        os.umask(before)
    if os.name == "posix":
        assert (tmp_path / "file.txt").stat().st_mode & 0o777 == 0o640

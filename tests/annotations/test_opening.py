"""Which files open, and that no other is ever changed."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import textwrap

import pytest

from napari_zsris.annotations import Project
from napari_zsris.annotations.database import Database
from napari_zsris.annotations.schema import MIGRATIONS, migrate, schema_version
from napari_zsris.errors import AnnotationError, ZsrisError


@pytest.fixture
def path(ranked):
    """A project's file, closed."""
    ranked.decide(1, "accepted")
    ranked.close()
    return ranked.path


def _names(folder):
    return {entry.name for entry in folder.iterdir()}


def _unchanged(path, message, **options):
    before = path.read_bytes()
    with pytest.raises(AnnotationError, match=message) as caught:
        Project.open(path, **options)
    assert path.read_bytes() == before
    assert "\n" not in str(caught.value)
    assert not _names(path.parent) & {f"{path.name}-lock", f"{path.name}-wal"}


def test_a_closed_project_is_one_file(path):
    assert _names(path.parent) == {"photos", "work.zsris"}


def test_there_is_no_file(tmp_path):
    with pytest.raises(AnnotationError, match=r"no project file .*: check the name, or make one"):
        Project.open(tmp_path / "none.zsris")
    with pytest.raises(AnnotationError, match="no project file"):
        Project.open(tmp_path / "none.zsris", create=True, readonly=True)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_project(tmp_path):
    with pytest.raises(AnnotationError, match="is a folder: name the project file in it"):
        Project.open(tmp_path, create=True)


def test_missing_folders_are_made(tmp_path):
    Project.open(tmp_path / "new" / "work.zsris", create=True).close()
    assert (tmp_path / "new" / "work.zsris").is_file()


def test_create_opens_what_is_there(path):
    with Project.open(path, create=True) as project:
        assert project.queue.item(1).status == "accepted"


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("content", [b"", b"{}", b"notes " * 100])
def test_a_foreign_file_is_left_alone(tmp_path, content, create):
    path = tmp_path / "notes.zsris"
    path.write_bytes(content)
    _unchanged(
        path, "is not a project file, or its beginning is damaged; it was left", create=create
    )


@pytest.mark.parametrize("create", [False, True])
def test_another_program_s_database_is_left_alone(tmp_path, create):
    path = tmp_path / "browser.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE history (url)")
    connection.commit()
    connection.close()
    _unchanged(path, "belongs to another program; it was left as it is: choose", create=create)


def test_a_newer_project_is_left_alone(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    _unchanged(path, r"newer napari-zsris \(file version 99, this program knows \d+\): update")


def test_a_damaged_beginning(path):
    content = bytearray(path.read_bytes())
    content[:8] = b"\xff" * 8
    path.write_bytes(content)
    _unchanged(path, "or its beginning is damaged")


def test_a_file_cut_short(path):
    path.write_bytes(path.read_bytes()[:5000])
    _unchanged(path, "is damaged: it was cut short; it was left as it is: restore")


def test_damage_in_the_middle_is_told_when_it_is_met(path):
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(AnnotationError, match="is damaged: "):
        list(Project.open(path, readonly=True).items())


def test_tables_that_are_missing(path):
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE setting")
    connection.close()
    with pytest.raises(AnnotationError, match="is damaged: no such table"):
        Project.open(path)


def test_text_that_is_no_text(path):
    connection = sqlite3.connect(path)
    connection.execute("UPDATE phrase SET text = CAST(x'ff' AS TEXT) WHERE id = 1")
    connection.commit()
    connection.close()
    with Project.open(path) as project, pytest.raises(AnnotationError, match="is damaged: "):
        list(project.items())


def test_damaged_masks_are_told_when_they_are_met(path):
    connection = sqlite3.connect(path)
    connection.execute("UPDATE candidate SET counts = 'ooooooo' || counts")
    connection.commit()
    connection.close()
    with Project.open(path) as project:
        item = project.queue.item(2)
        with pytest.raises(AnnotationError, match="a run-length mask is damaged"):
            _ = item.candidates[0].mask
        with pytest.raises(AnnotationError, match="a run-length mask is damaged"):
            project.export_coco(path.parent / "out.json", status="todo")
        assert not (path.parent / "out.json").exists()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AnnotationError, match=r"cannot make .*file: .*; choose a folder you may"):
        Project.open(tmp_path / "file" / "work.zsris", create=True)


def test_a_closed_project_says_so(ranked):
    ranked.close()
    ranked.close()
    with pytest.raises(AnnotationError, match="has been closed: open the project again"):
        list(ranked.items())
    with pytest.raises(AnnotationError, match="has been closed"):
        ranked.decide(1, "rejected")
    with pytest.raises(AnnotationError, match="has been closed"):
        ranked.export_coco("nowhere.json")


def test_reading_beside_the_writer(ranked):
    with Project.open(ranked.path, readonly=True) as reader:
        ranked.decide(1, "rejected")
        assert reader.queue.item(1).status == "rejected"
        assert reader.readonly
        with pytest.raises(AnnotationError, match="is open for reading only: open it for writing"):
            reader.decide(1, "skipped")
        assert reader.export_coco(ranked.path.parent / "out.json", status="todo") == 7


def test_a_second_writer_in_one_process_is_refused(ranked):
    with pytest.raises(AnnotationError, match=r"written by this very process \(since .*\): close"):
        Project.open(ranked.path)
    ranked.decide(1, "rejected")


def test_a_forgotten_project_frees_its_file(path):
    project = Project.open(path)
    del project
    Project.open(path).close()


_HOLDER = """
    import sys, time
    from napari_zsris.annotations import Project
    project = Project.open(sys.argv[1])
    print("open", flush=True)
    sys.stdin.read()
"""


def _hold(path):
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_HOLDER), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout.readline() == b"open\n"
    return holder


@pytest.mark.slow
def test_two_processes_on_one_project(path):
    holder = _hold(path)
    message = rf"is being written by .* on .* \(process {holder.pid}, since .*\): close it there"
    with pytest.raises(AnnotationError, match=message):
        Project.open(path)
    with Project.open(path, readonly=True) as reader:
        assert reader.queue.item(1).status == "accepted"
    holder.kill()
    holder.communicate()
    assert path.with_name("work.zsris-lock").exists()
    with Project.open(path) as project:
        project.decide(1, "rejected")
    assert not path.with_name("work.zsris-lock").exists()


def test_a_lock_file_left_by_a_crash_locks_nothing(path):
    path.with_name("work.zsris-lock").write_text(json.dumps({"who": "ghost", "pid": 1}))
    Project.open(path).close()


def test_a_lock_that_cannot_be_signed_is_given_back(path):
    resource = pytest.importorskip("resource", reason="limits files on POSIX only")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(AnnotationError, match=r"cannot lock .*: File too large; choose a"):
            Project.open(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert _names(path.parent) == {"photos", "work.zsris"}
    Project.open(path).close()


@pytest.mark.parametrize("most", [0, 1, 4096, 9000, 40_000])
def test_a_project_that_cannot_be_made_leaves_nothing(tmp_path, most):
    resource = pytest.importorskip("resource", reason="limits files on POSIX only")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        with pytest.raises(ZsrisError, match=r"^cannot (lock|write) .*work\.zsris") as caught:
            Project.open(tmp_path / "work.zsris", create=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
    Project.open(tmp_path / "work.zsris", create=True).close()


def test_migrating_is_all_or_nothing(tmp_path):
    connection = sqlite3.connect(tmp_path / "work.zsris", isolation_level=None)
    migrate(connection, MIGRATIONS)
    assert schema_version(connection) == len(MIGRATIONS)
    broken = [*MIGRATIONS, ("CREATE TABLE note (text)", "CREATE TABLE photo (id)")]
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection, broken)
    assert schema_version(connection) == len(MIGRATIONS)
    assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'note'").fetchall()
    migrate(connection, [*MIGRATIONS, ("CREATE TABLE note (text)",)])
    assert schema_version(connection) == len(MIGRATIONS) + 1
    connection.close()


def test_an_older_project_is_brought_up_to_date_by_a_writer_only(path, monkeypatch):
    newer = (*MIGRATIONS, ("CREATE TABLE note (text)",))
    monkeypatch.setattr("napari_zsris.annotations.database.MIGRATIONS", newer)
    with pytest.raises(AnnotationError, match="older napari-zsris: open it for writing once"):
        Database(path, readonly=True)
    with Database(path) as database:
        assert database.rows("SELECT * FROM note") == []
        assert database.row("SELECT status FROM phrase WHERE id = 1") == ("accepted",)


def test_the_log_of_decisions_cannot_be_rewritten(ranked):
    ranked.decide(1, "accepted")
    for statement in ("UPDATE decision SET status = 'rejected'", "DELETE FROM decision"):
        with (
            pytest.raises(sqlite3.IntegrityError, match="the history of decisions is never"),
            ranked._database.writing() as writer,
        ):
            writer.run(statement)
    assert ranked.queue.item(1).status == "accepted"


def test_a_failed_write_changes_nothing(ranked):
    with pytest.raises(RuntimeError), ranked._database.writing() as writer:
        writer.run("UPDATE phrase SET text = 'gone' WHERE id = 1")
        raise RuntimeError
    assert ranked.queue.item(1).phrase == "the cat a"


def test_a_project_of_the_first_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "old.zsris"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, MIGRATIONS[:1])
        connection.execute("INSERT INTO photo VALUES (1, 'a.png', 60, 80, 9, x'00', NULL)")
        for number, (category, head) in enumerate(
            [(None, "dog"), ("cat", "animal"), (None, None), ("dog", None)], start=1
        ):
            connection.execute(
                "INSERT INTO phrase (photo_id, text, category, head) VALUES (1, ?, ?, ?)",
                (f"phrase {number}", category, head),
            )
    with pytest.raises(AnnotationError, match="older napari-zsris: open it for writing once"):
        Project.open(path, readonly=True)
    with Database(path) as database:
        numbered = database.rows("SELECT number, name FROM category ORDER BY number")
        assert numbered == [(1, "dog"), (2, "cat")]
    with Project.open(path) as project:
        project.decide(1, "rejected")
        assert [item.status for item in project.items()] == ["rejected", "todo", "todo", "todo"]

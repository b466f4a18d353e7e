"""Exports that the system stops at any byte: one line, no partial file, the older export untouched.

A limit on the size of files does that, set in a process of its own.
"""

import json
import subprocess
import sys

import numpy as np
import pytest

from napari_zsris.annotations import Project

pytest.importorskip("resource", reason="limits files on POSIX only")

CHILD = """
import contextlib, json, resource, sqlite3, sys
from pathlib import Path
from napari_zsris.annotations import Project
from napari_zsris.errors import ZsrisError

project_file, folder, sizes = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
none = resource.getrlimit(resource.RLIMIT_FSIZE)
exports = {
    "coco": lambda project, place: project.export_coco(place / "out.json"),
    "polygons": lambda project, place: project.export_coco(place / "out.json", masks="polygons"),
    "refcoco": lambda project, place: project.export_refcoco(place),
    "copy": lambda project, place: project.copy_to(place / "copy.zsris"),
}
def held(folder):
    # A copy is opened before it is replaced, which leaves SQLite's files beside it when it fails.
    return {
        str(path.relative_to(folder)): content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith((".zsris-wal", ".zsris-shm"))
    }


def content(path):
    if path.suffix != ".zsris":
        return path.read_bytes().hex()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


told = [(None, None, None, held(folder))]
with Project.open(project_file, readonly=True) as project:
    for name, export in exports.items():
        for size in sizes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, none[1]))
            try:
                export(project, folder / name)
                error = None
            except ZsrisError as caught:
                error = str(caught)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, none)
            told.append((name, size, error, held(folder)))
print(json.dumps(told))
"""


@pytest.fixture
def decided(ranked):
    """The project's file: some items decided on, closed."""
    ranked.decide(1, "accepted")
    ranked.decide(2, "corrected", mask=np.random.default_rng(0).random((60, 80)) > 0.5)
    ranked.decide(3, "rejected")
    ranked.decide(6, "none-fits", mask=np.random.default_rng(1).random((60, 80)) > 0.5)
    ranked.close()
    return ranked.path


def tried(project, folder, sizes):
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, str(project), str(folder), json.dumps(sizes)],
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return json.loads(ended.stdout)


def largest(folder):
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
@pytest.mark.parametrize("older", [False, True], ids=["new", "again"])
def test_exports_are_whole_or_not_at_all(decided, tmp_path, older):
    folder, whole = tmp_path / "out", tmp_path / "whole"
    for name in ("coco", "polygons", "refcoco", "copy"):
        (folder / name).mkdir(parents=True)
    with Project.open(decided) as project:
        project.export_refcoco(whole)
        project.copy_to(whole / "copy.zsris")
        if older:
            project.export_coco(folder / "coco" / "out.json")
            project.export_coco(folder / "polygons" / "out.json", masks="polygons")
            project.export_refcoco(folder / "refcoco")
            project.copy_to(folder / "copy" / "copy.zsris")
            project.decide(8, "accepted")
    most = largest(whole)
    sizes = sorted({0, 1, 500, 3000, *range(0, most, max(most // 16, 1))})
    failures = 0
    (_, _, _, before), *attempts = tried(decided, folder, sizes)
    for name, size, error, files in attempts:
        if error is None:
            before = files
            continue
        failures += 1
        assert "\n" not in error
        place = f"{folder / name}/"
        verbs = [f"cannot {verb} {place}" for verb in ("write", "lock", "use")]
        assert error.startswith(tuple(verbs)), (size, error)
        # SQLite tells no more than that writing failed.
        assert "File too large; choose " in error or (name == "copy" and "disk I/O error" in error)
        assert files == before, (name, size)
    assert failures > 4 * 4
    # With room enough each of them is there in the end.
    ended = {name: error for name, _, error, _ in tried(decided, folder, [2**30])[1:]}
    assert ended == dict.fromkeys(("coco", "polygons", "refcoco", "copy"))

"""Names and phrases with umlauts, where the locale has no letters for them."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from napari_zsris.annotations import Project
from napari_zsris.formats.names import as_system_name

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no locale C")

PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
RUN = "import sys; from napari_zsris.cli import main; sys.exit(main())"


@pytest.fixture
def folder(tmp_path):
    """A folder with a photo, masks and a project, all of whose names have umlauts."""
    folder = tmp_path / "Öde Straße"
    folder.mkdir()
    pixels = np.full((48, 64, 3), 40, np.uint8)
    pixels[12:36, 20:44] = (220, 180, 60)
    Image.fromarray(pixels).save(folder / "Größe.png")
    Image.fromarray(np.uint8(pixels[..., 0] > 100)).save(folder / "Flächen.png")
    with Project.open(folder / "Prüfung.zsris", create=True) as project:
        project.library.add_phrase(project.library.add_photo("Größe.png"), "die größte Fläche")
    return folder


def child(folder, *arguments, code=RUN):
    """Run Python in the locale C, as on a bare server; what goes in and out is UTF-8."""
    # Subprocesses get the arguments as bytes, whatever the locale of these tests.
    words = [os.fsencode(word) for word in (sys.executable, "-c", code)]
    words += [word.encode() for word in arguments]
    return subprocess.run(
        words, env=os.environ | PLAIN, cwd=folder, capture_output=True, check=False, timeout=250
    )


def assert_no_traceback(ended):
    assert b"Traceback" not in ended.stderr, ended.stderr.decode(errors="replace")
    assert ended.stderr.count(b"\n") <= 1


@pytest.mark.slow
def test_segment_reads_the_phrase_that_was_typed(folder):
    arguments = ["segment", "Größe.png", "die größte Fläche", "--masks", "Flächen.png"]
    ended = child(folder, *arguments, "--json", "--out", "Ergebnis-für-mich")
    assert_no_traceback(ended)
    assert ended.returncode == 0
    document = json.loads(ended.stdout)
    assert document["image"] == "Größe.png"
    assert document["phrase"] == "die größte Fläche"
    assert "gr\ufffd" not in document["noun_phrase"]
    assert document["folder"] == "Ergebnis-für-mich"
    written = json.loads((folder / "Ergebnis-für-mich" / "annotations.json").read_text())
    assert written["images"][0]["file_name"] == "Größe.png"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("Prüfung.zsris", 0, b""),
        ("nichts-für-ungut.zsris", 2, b"zsris: error: there is no project"),
    ],
)
def test_stats_of_a_project(folder, name, code, told):
    ended = child(folder, "stats", name, "--json")
    assert_no_traceback(ended)
    assert ended.returncode == code
    assert ended.stderr.startswith(told)
    assert bool(ended.stdout) == (code == 0)


IMPORT = """
import sys
from pathlib import Path
from napari_zsris.annotations import Project
from napari_zsris.annotations.imports import import_table
from napari_zsris.formats.names import as_text
from napari_zsris.progress import finish

assert sys.getfilesystemencoding() == "ascii"
place, photos, table = map(Path, sys.argv[1:])
with Project.open(place, create=True) as project:
    report = finish(import_table(project, table, photos), lambda step: None)
    assert not report.bad, report.bad
    (item,) = project.items()
    assert item.image_path.is_file()
    assert item.photo == "Gr\\xf6\\xdfe.png", ascii(item.photo)
    project.copy_to(place.parent.parent / "copy.zsris")
"""


@pytest.mark.slow
def test_a_project_is_the_same_in_either_locale(folder, tmp_path):
    table = tmp_path / "Sätze.csv"
    table.write_text("image,phrase\nGröße.png,die größte Fläche\n", encoding="utf-8")
    place = folder / "außen" / "neu.zsris"
    ended = child(folder, str(place), str(folder), str(table), code=IMPORT)
    assert ended.returncode == 0, ended.stderr.decode(errors="replace")
    for path in (place, folder / "copy.zsris"):
        with Project.open(path) as project:
            assert project.library.root.resolve() == folder.resolve()
            (item,) = project.items()
            assert (item.photo, item.phrase) == ("Größe.png", "die größte Fläche")
            assert item.image_path.is_file()


@pytest.fixture
def latin(tmp_path):
    """A folder whose name is in Latin-1, as in old archives."""
    folder = tmp_path / os.fsdecode(b"gr\xf6sse")
    try:
        folder.mkdir()
    except (OSError, UnicodeError):
        pytest.skip("this file system takes names in UTF-8 only")
    return folder


def test_a_folder_whose_name_is_no_utf_8_is_refused_in_one_line(latin, tmp_path, refused):
    Image.new("RGB", (64, 48)).save(latin / "a.png")
    (tmp_path / "t.csv").write_text("image,phrase\na.png,the box\n")
    arguments = ["--project", tmp_path / "new" / "a.zsris", "--images", latin]
    line = refused("prelabel", *arguments, "--phrases", tmp_path / "t.csv")
    assert "gr\\udcf6sse' is no text in UTF-8" in line
    assert not (tmp_path / "new" / "a.zsris").exists()


def test_a_photo_whose_name_is_no_utf_8_is_segmented(latin, zsris):
    Image.new("RGB", (64, 48)).save(latin / "a.png")
    Image.new("L", (64, 48), 1).save(latin / "m.png")
    options = ["--masks", latin / "m.png", "--json", "--out", latin / "out"]
    ended = zsris("segment", latin / "a.png", "the box", *options)
    assert ended.code == 0
    assert ended.err.startswith("zsris: warning: This does not look like a photo: it is almost")
    assert as_system_name(json.loads(ended.out)["image"]) == str(latin / "a.png")

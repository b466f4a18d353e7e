"""Results come whole or not at all, and never in place of what is somebody else's."""

import dataclasses
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO

from napari_zsris.cli.results import check_folder, default_folder, write_results
from napari_zsris.files import OutputError

NAMES = ["overlay.png", "mask-1.png", "mask-2.png", "mask-3.png", "annotations.json"]


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def test_everything_is_written(tmp_path, finding):
    folder = tmp_path / "new" / "results"
    assert write_results(folder, finding) == NAMES
    assert listing(folder) == sorted(NAMES)
    assert listing(folder.parent) == ["results"]
    with Image.open(folder / "overlay.png") as overlay:
        assert overlay.mode == "RGB"


def test_masks_are_black_and_white_pictures_of_the_photo_s_size(tmp_path, finding):
    write_results(tmp_path / "out", finding)
    for candidate in finding.ranking:
        with Image.open(tmp_path / "out" / f"mask-{candidate.rank + 1}.png") as mask:
            np.testing.assert_array_equal(np.array(mask), candidate.mask * np.uint8(255))


def test_coco_readers_read_the_annotations(tmp_path, finding, capsys):
    write_results(tmp_path / "out", finding)
    coco = COCO(tmp_path / "out" / "annotations.json")
    capsys.readouterr()
    assert coco.imgs[1]["file_name"] == "box.jpg"
    assert coco.cats[1]["name"] == "box"
    for candidate, annotation in zip(finding.ranking, coco.anns.values(), strict=True):
        np.testing.assert_array_equal(coco.annToMask(annotation), candidate.mask)
        assert annotation["phrase"] == "the [big] box"
        assert annotation["rank"] == candidate.rank + 1
        assert annotation["score"] == pytest.approx(candidate.score)
        assert annotation["mask_file"] == f"mask-{candidate.rank + 1}.png"


def test_an_earlier_run_is_replaced_and_leaves_no_mask_behind(tmp_path, finding):
    folder = tmp_path / "out"
    write_results(folder, finding)
    (folder / "notes.txt").write_text("mine")
    ranking = dataclasses.replace(finding.ranking, order=finding.ranking.order[:1])
    write_results(folder, dataclasses.replace(finding, ranking=ranking))
    assert listing(folder) == ["annotations.json", "mask-1.png", "notes.txt", "overlay.png"]


def test_a_folder_of_other_things_is_joined(tmp_path, finding):
    (tmp_path / "photo.jpg").write_text("mine")
    write_results(tmp_path, finding)
    assert listing(tmp_path) == sorted([*NAMES, "photo.jpg"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", ["mine", '{"annotations": [{"id": 1}]}', "[]"])
def test_a_foreign_file_is_never_replaced(tmp_path, finding, name, content):
    (tmp_path / name).write_text(content)
    for attempt in (lambda: check_folder(tmp_path, 3), lambda: write_results(tmp_path, finding)):
        with pytest.raises(OutputError, match="is there already and not from an earlier run"):
            attempt()
    assert listing(tmp_path) == [name]
    assert (tmp_path / name).read_text() == content


def test_a_crafted_annotations_file_does_not_get_other_files_deleted(tmp_path, finding):
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "precious.png").write_text("mine")
    (folder / "own.png").write_text("mine")
    crafted = [{"mask_file": "../precious.png"}, {"mask_file": "own.png"}]
    (folder / "annotations.json").write_text(json.dumps({"annotations": crafted}))
    write_results(folder, finding)
    assert (tmp_path / "precious.png").exists()
    assert (folder / "own.png").exists()


def test_the_folder_is_a_file(tmp_path, finding):
    path = tmp_path / "out"
    path.touch()
    with pytest.raises(OutputError, match=f"{re.escape(str(path))} is a file; choose"):
        check_folder(path, 3)
    with pytest.raises(OutputError, match="may not be written to"):
        check_folder(path / "below", 3)


@pytest.fixture
def locked(tmp_path):
    """A folder that may not be written to, with the rights of an ordinary user."""
    folder = tmp_path / "locked"
    folder.mkdir()
    for parent in (folder, *folder.parents[:4]):
        parent.chmod(0o755)
    folder.chmod(0o555)
    user = os.getuid()
    os.setresuid(65534, 65534, user) if user == 0 else None
    yield folder
    os.setresuid(user, user, user) if user == 0 else None
    folder.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="rights work differently here")
@pytest.mark.parametrize("below", ["", "new", "new/deeper"])
def test_a_folder_that_may_not_be_written_to(locked, finding, below):
    folder = locked / below
    with pytest.raises(OutputError, match=f"cannot write {re.escape(str(folder))}: .*--out"):
        check_folder(folder, 3)
    with pytest.raises(OutputError, match=f"cannot write {re.escape(str(folder))}: .*--out"):
        write_results(folder, finding)


def test_nothing_is_left_when_writing_fails_half_way(tmp_path, finding, monkeypatch):
    saved = Image.Image.save

    def fill_the_disk(picture, path, *arguments, **options):
        if Path(path).name == "mask-2.png":
            raise OSError(28, "No space left on device")
        saved(picture, path, *arguments, **options)

    monkeypatch.setattr(Image.Image, "save", fill_the_disk)
    old = tmp_path / "old"
    old.mkdir()
    for folder in (tmp_path / "new", old):
        wanted = f"cannot write {re.escape(str(folder))}: No space left on device;"
        with pytest.raises(OutputError, match=wanted):
            write_results(folder, finding)
    assert listing(tmp_path) == ["old"]
    assert not listing(old)


def test_the_current_folder_and_links_will_do(tmp_path, finding, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_results(Path(), finding)
    assert listing(tmp_path) == sorted(NAMES)


@given(stem=st.text(min_size=1), phrase=st.text(max_size=300))
def test_the_default_folder_is_one_plain_name(stem, phrase):
    photo = Path("photos") / f"{stem.replace('/', '_')}.jpg"
    folder = default_folder(photo, phrase)
    assert len(folder.parts) == 1
    assert len(folder.name) <= 101


def test_the_default_folder_is_readable():
    folder = default_folder(Path("in/Cats 1.jpg"), "The cat, on the LEFT!")
    assert folder == Path("Cats 1-the-cat-on-the-left")
    assert default_folder(Path("cats.jpg"), "🐈") == Path("cats-phrase")

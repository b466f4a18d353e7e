import shutil

import pytest
from PIL import Image

from napari_zsris.annotations.imports import import_table
from napari_zsris.annotations.imports.coco_names import name_on_disk
from napari_zsris.progress import finish

NEW, OLD = "000000581857.jpg", "COCO_train2014_000000581857.jpg"
VAL = "COCO_val2014_000000581857.jpg"


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (OLD, NEW),
        (OLD, f"train2017/{NEW}"),
        (OLD, f"val2017/{NEW}"),
        (OLD, f"train2014/{OLD}"),
        (NEW, OLD),
        (NEW, VAL),
        (NEW, f"val2014/{VAL}"),
        (f"train2014/{OLD}", f"train2017/{NEW}"),
        (f"train2014/{OLD}", OLD),
        (f"mscoco/{OLD}", f"mscoco/train2017/{NEW}"),
    ],
)
def test_a_photo_is_found_under_its_other_names(tmp_path, asked, there):
    (tmp_path / there).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / there).write_bytes(b"")
    assert name_on_disk(tmp_path, asked) == there


def test_a_photo_keeps_the_name_it_is_there_under(tmp_path):
    for name in (OLD, NEW):
        (tmp_path / name).write_bytes(b"")
    assert name_on_disk(tmp_path, OLD) == OLD


@pytest.mark.parametrize("name", [OLD, "cat.jpg", "12.jpg", f"../{OLD}", f"../../{NEW}"])
def test_a_photo_that_is_nowhere_keeps_its_name(tmp_path, name):
    (tmp_path / "inner").mkdir()
    (tmp_path / NEW).write_bytes(b"")
    assert name_on_disk(tmp_path / "inner", name) == name


def test_phrases_of_both_names_are_of_one_photo(target, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (8, 6)).save(folder / NEW)
    table = tmp_path / "phrases.csv"
    table.write_text(f"image,phrase\n{OLD},the cat\n{NEW},the dog\n")
    report = finish(import_table(target, table, folder))
    assert (report.photos, report.phrases, report.bad) == (1, 2, ())
    assert {item.photo for item in target.items()} == {NEW}
    again = finish(import_table(target, table, folder))
    assert (again.photos, again.known) == (0, 2)


def test_the_message_has_the_name_that_was_asked_for(target, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    shutil.copy(__file__, folder / "000000000001.jpg")
    table = tmp_path / "phrases.csv"
    table.write_text(f"image,phrase\n{OLD},the cat\n")
    (bad,) = finish(import_table(target, table, folder)).bad
    assert OLD in bad.reason

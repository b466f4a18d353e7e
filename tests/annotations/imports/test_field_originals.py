"""The field's own files, where they lie beside the checkout."""

import shutil

import numpy as np
import pytest

from napari_zsris.annotations.imports import import_coco, import_table

from .test_field import mask_of

# What each file holds: finished masks, and rows left out.
FILES = {
    "ids-all-zero.json": (4, 0),
    "ids-begin-again.json": (4, 0),
    "two-files-balls.json": (1, 0),
    "two-files-boxes.json": (1, 0),
    "brush-iscrowd-1.json": (2, 0),
    "masks-bom.json": (2, 0),
    "no-width-height.json": (2, 0),
    "exif-stored-size.json": (2, 0),
    "polygon-with-2-point-part.json": (1, 0),
    "polygon-flat-list.json": (1, 0),
    "ids-as-text.json": (2, 0),
    "one-row-without-id.json": (1, 1),
    "absolute-windows-names.json": (2, 0),
    "lvis-coco-url.json": (2, 0),
}


@pytest.mark.parametrize("name", FILES)
def test_coco(shared, tmp_path, target, run, name):
    folder = tmp_path / "photos"
    shutil.copytree(shared / "field" / "photos", folder)
    folder.chmod(0o755)
    shutil.copy(folder / "a.png", folder / "000000391895.jpg")
    report = run(import_coco(target, shared / "field" / name, folder, masks="finished"))
    assert (report.finished, len(report.bad)) == FILES[name]
    for item in target.items():
        np.testing.assert_array_equal(item.final_mask, mask_of(item.phrase))
        on_b = item.phrase in ("the green box", "the yellow ball")
        assert (item.photo == "b.png") == on_b


@pytest.mark.parametrize(
    ("name", "phrases"),
    [
        ("unquoted-comma.csv", ["the box"]),
        ("utf16-excel.txt", ["the red ball", "the “green” box \u2013 café"]),
        ("sep-line.csv", ["the red ball", "the box, green and big"]),
        ("quoted-newline.csv", ["the ball that is red", "the box"]),
    ],
)
def test_tables(shared, target, run, name, phrases):
    report = run(import_table(target, shared / "field" / name, shared / "field" / "photos"))
    assert [item.phrase for item in target.items()] == phrases
    assert [bad.where for bad in report.bad] == (["line 2"] if name.startswith("un") else [])

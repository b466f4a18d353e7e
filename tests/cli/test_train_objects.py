"""`zsris train-objects`: from a folder of annotated photos to masks of one's own model."""

import json

import numpy as np
import pytest
from PIL import Image

from napari_zsris.proposals.objects import load_model


@pytest.fixture
def squares(tmp_path):
    """Five small photos of one square each, as COCO with polygons."""
    folder = tmp_path / "squares"
    folder.mkdir()
    images, annotations = [], []
    for number in range(5):
        pixels = np.full((30, 40, 3), 60 + 10 * number, np.uint8)
        pixels[8:22, 10 + number : 26 + number] = (220, 40 * number, 30)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "height": 30, "width": 40})
        left, right = 10 + number, 26 + number
        outline = [left, 8, right, 8, right, 22, left, 22]
        annotations.append({"id": number, "image_id": number, "segmentation": [outline]})
    content = {"images": images, "annotations": annotations}
    (folder / "instances.json").write_text(json.dumps(content))
    return folder


@pytest.mark.slow
def test_it_learns_and_its_file_proposes(zsris, squares, tmp_path):
    out, folds = tmp_path / "new" / "mine.safetensors", tmp_path / "folds"
    ended = zsris("train-objects", squares, "--out", out, "--folds", folds)
    assert (ended.code, ended.err) == (0, "")
    assert "5 objects in 5 photos" in ended.out
    assert f"--proposals objects:{out}" in ended.out
    load_model(out)
    assert len(list(folds.glob("*.safetensors"))) == 5
    arguments = ["segment", squares / "0.png", "red square", "--proposals", f"objects:{out}"]
    ended = zsris(*arguments, "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["proposals"] == "objects"


def test_what_cannot_be_learnt_from_is_told_in_one_line(refused, squares, tmp_path):
    out = tmp_path / "out.safetensors"
    assert "holds 0 files" in refused("train-objects", tmp_path, "--out", out)
    assert "cannot read" in refused("train-objects", tmp_path / "no.json", "--out", out)
    (squares / "3.png").unlink()
    assert "'3.png'" in refused("train-objects", squares, "--out", out)
    (squares / "3.png").write_bytes(b"no photo")
    assert "3.png" in refused("train-objects", squares, "--out", out)
    Image.new("RGB", (9, 9)).save(squares / "3.png")
    assert "usable mask" in refused("train-objects", squares, "--out", out)
    assert not out.exists()


def test_where_the_file_cannot_go_is_told_before_anything_is_learnt(refused, squares, tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out.safetensors"
    assert "cannot write" in refused("train-objects", squares, "--out", out)

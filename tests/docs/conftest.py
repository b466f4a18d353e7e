"""The folder that the documentation's reader is in."""

import shutil

import numpy as np
import pytest
from PIL import Image

from napari_zsris.samples import find_photo


@pytest.fixture
def desk(referring, tmp_path, monkeypatch):
    """A folder with what the snippets name: a photo, a table, RefCOCO's files, masks."""
    folder = tmp_path / "desk"
    folder.mkdir()
    coffee = find_photo("coffee").load()
    Image.fromarray(coffee).save(folder / "photo.jpg")
    masks = np.zeros((2, *coffee.shape[:2]), bool)
    masks[0, 80:340, 180:460] = masks[1, :, 500:] = True
    np.save(folder / "masks.npy", masks)
    for photos in ("photos", "train2014"):
        shutil.copytree(referring / "images", folder / photos)
    shutil.copytree(referring, folder / "refcoco")
    shutil.copy(referring / "instances.json", folder / "instances.json")
    (folder / "phrases.csv").write_text(
        "image,phrase,category,split\n"
        "1.png,the red ball,ball,train\n"
        "2.png,the box on the left,,val\n"
    )
    monkeypatch.chdir(folder)
    return folder

"""The bundled model, loaded once, and small photos of coloured squares."""

import numpy as np
import pytest
from PIL import Image

from napari_zsris.annotations import Project
from napari_zsris.method import Segmenter
from napari_zsris.prelabel import Ranker

HEIGHT, WIDTH = 96, 128
COLOURS = {"red": (200, 30, 30), "blue": (30, 40, 200), "green": (30, 160, 50)}


def square(name, at=(30, 20)):
    """A photo of two squares on grey ground, plain so that only few regions are proposed."""
    pixels = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    y, x = at
    pixels[y : y + 40, x : x + 40] = COLOURS[name]
    pixels[40:60, 90:110] = 240
    return Image.fromarray(pixels)


@pytest.fixture
def draw_square():
    """Gives :func:`square` to tests that draw photos of their own."""
    return square


@pytest.fixture(scope="session")
def segmenter():
    return Segmenter(device="cpu")


@pytest.fixture
def ranker(segmenter):
    return Ranker(segmenter, top=3)


@pytest.fixture
def photos(tmp_path):
    """A folder with a red, a blue and a green square."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in COLOURS:
        square(name).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def project(tmp_path, photos):
    """A project of the three photos with two phrases each, nothing ranked."""
    with Project.open(tmp_path / "work.zsris", create=True) as made:
        made.library.move_root(photos)
        for name in COLOURS:
            photo = made.library.add_photo(f"{name}.png")
            made.library.add_phrase(photo, f"the {name} square")
            made.library.add_phrase(photo, "the square on the left")
        yield made

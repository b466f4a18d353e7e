"""The sample photos are there without a network, and what the menus say of them is complete."""

import socket

import numpy as np
import pytest
from skimage import data

from napari_zsris.errors import ImageError
from napari_zsris.samples import find_photo, photos


@pytest.mark.parametrize("sample", photos(), ids=lambda sample: sample.name)
def test_a_sample_is_a_photo_with_phrases_and_a_licence(sample, monkeypatch):
    def refuse(*_):
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    photo = sample.load()
    assert photo.dtype == np.uint8
    assert photo.ndim == 3
    assert photo.shape[2] == 3
    assert min(photo.shape[:2]) >= 300
    assert 2 <= len(set(sample.phrases)) <= 4
    assert sample.title
    assert sample.credit
    assert sample.licence in ("CC0", "public domain")


def test_loading_twice_gives_two_arrays():
    sample = photos()[0]
    sample.load()[:] = 0
    assert sample.load().any()


def test_samples_are_found_by_name():
    for sample in photos():
        assert find_photo(sample.name) == sample
    with pytest.raises(ImageError, match=r"no sample photo 'mona'; choose one of astronaut, "):
        find_photo("mona")


@pytest.mark.parametrize("error", [OSError("no such\nfile"), ModuleNotFoundError("No pooch")])
def test_a_scikit_image_without_photos(monkeypatch, error):
    def fail():
        raise error

    monkeypatch.setattr(data, "coffee", fail)
    with pytest.raises(ImageError, match="install scikit-image from PyPI") as raised:
        find_photo("coffee").load()
    assert "\n" not in str(raised.value)

"""Pictures and phrases that candidates are not to be trusted for, and those that they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage as ndi

from napari_zsris import Segmenter
from napari_zsris.images import read_image
from napari_zsris.method.doubt import doubt_about_photo, doubt_about_phrase
from napari_zsris.proposals import Proposals
from napari_zsris.samples import find_photo, photos


def cells(background=5.0, noise=2.0):
    """Bright blurred nuclei on black ground, as a fluorescence microscope shows them."""
    rng = np.random.default_rng(0)
    seeds = np.zeros((256, 256))
    seeds[tuple(rng.integers(0, 256, (2, 40)))] = 1.0
    glow = ndi.gaussian_filter(seeds, 4)
    bright = background + 220 * np.minimum(1, glow / 0.01) + rng.normal(0, noise, glow.shape)
    return np.repeat(np.clip(bright, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize("channels", [(0, 1, 2), (1,), (2,)])
def test_fluorescence_is_told_from_photos(channels):
    pixels = np.zeros_like(cells())
    pixels[..., channels] = cells()[..., channels]
    assert "mostly black" in doubt_about_photo(pixels)


@pytest.mark.parametrize("level", [0, 90, 255])
@pytest.mark.parametrize("noise", [0, 3])
def test_a_constant_plane_is_told_from_photos(level, noise):
    rng = np.random.default_rng(0)
    plane = level + rng.integers(-noise, noise + 1, (80, 120, 3))
    assert "one plain colour" in doubt_about_photo(np.clip(plane, 0, 255).astype(np.uint8))


def test_noise_and_label_images_are_told_from_photos():
    rng = np.random.default_rng(0)
    assert "in noise" in doubt_about_photo(rng.integers(0, 256, (90, 90, 3), np.uint8))
    labels = np.kron(rng.integers(0, 6, (6, 6, 1)) * 40, np.ones((20, 20, 3))).astype(np.uint8)
    assert "few colours" in doubt_about_photo(labels)


@pytest.mark.parametrize("sample", photos(), ids=lambda sample: sample.name)
def test_sample_photos_are_not_doubted(sample):
    pixels = sample.load()
    assert doubt_about_photo(pixels) == ""
    grey = pixels.mean(axis=2).astype(np.uint8)
    assert doubt_about_photo(np.repeat(grey[..., None], 3, axis=2)) == ""
    assert doubt_about_photo(np.tile(pixels, (3, 4, 1))) == ""


def test_photos_of_coco_are_not_doubted(shared):
    files = sorted((shared / "data" / "coco-mini" / "images").iterdir())
    assert [file.name for file in files if doubt_about_photo(read_image(file))] == []


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_no_picture_is_too_small_or_too_odd(pixels):
    assert isinstance(doubt_about_photo(pixels), str)


@pytest.fixture(scope="module")
def scene():
    """Half the coffee photo, with quarters of it as masks."""
    pixels = find_photo("coffee").load()[::2, ::2]
    height, width = pixels.shape[:2]
    masks = np.zeros((4, height, width), bool)
    for number, mask in enumerate(masks):
        row, column = divmod(number, 2)
        mask[row * height // 2 :, column * width // 2 :] = True
    return Segmenter("lite").encode(pixels, Proposals.from_masks(masks, source="test"))


def test_a_phrase_that_fits_nothing_is_told_from_one_that_does(scene):
    doubt = doubt_about_phrase(scene.rank("a theorem about prime numbers"), "lite")
    assert doubt.startswith("Nothing in this photo looks much like")
    assert doubt_about_phrase(scene.rank("the cup of coffee"), "lite") == ""


def test_nothing_is_said_for_models_that_were_not_measured(scene):
    assert doubt_about_phrase(scene.rank("a theorem about prime numbers"), "ViT-B-32/mine") == ""

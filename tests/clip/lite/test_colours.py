import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import rgb2lab

from napari_zsris.clip.lite.colours import COLOURS, _lab, colour_shares

# Colours as the CSS standard names them, and the basic term that people use for them.
CSS = {
    "#ff0000": "red",
    "#dc143c": "red",
    "#008000": "green",
    "#0000ff": "blue",
    "#ffff00": "yellow",
    "#ffa500": "orange",
    "#ffc0cb": "pink",
    "#800080": "purple",
    "#8b4513": "brown",
    "#000000": "black",
    "#808080": "gray",
    "#ffffff": "white",
    "#4682b4": "blue",
    "#228b22": "green",
}


def pixels(code):
    values = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return torch.tensor(values).view(3, 1, 1)


@pytest.mark.parametrize(("code", "name"), CSS.items())
def test_colours_have_the_names_that_people_use(code, name):
    shares = colour_shares(pixels(code))[:, 0, 0]
    assert COLOURS[int(shares.argmax())] == name


@settings(max_examples=50)
@given(st.tuples(*[st.floats(0, 1, width=32)] * 3))
def test_shares_sum_to_one(rgb):
    shares = colour_shares(torch.tensor(rgb).view(3, 1, 1))
    assert shares.min() >= 0
    torch.testing.assert_close(shares.sum(), torch.tensor(1.0))


def test_lab_is_that_of_scikit_image():
    picture = torch.rand(5, 7, 3, generator=torch.Generator().manual_seed(0))
    ours = _lab(picture.permute(2, 0, 1)).permute(1, 2, 0)
    theirs = torch.from_numpy(rgb2lab(picture.numpy())).float()
    torch.testing.assert_close(ours, theirs, atol=0.02, rtol=1e-3)


def test_batches_and_single_pictures_agree():
    batch = torch.rand(4, 3, 6, 5, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(colour_shares(batch)[2], colour_shares(batch[2]))

"""Masks of one's own come from arrays and from pictures of labels."""

import numpy as np
import pytest
from PIL import Image

from napari_zsris.cli.masks import read_masks
from napari_zsris.errors import ProposalError

LABELS = np.array([[0, 3, 3], [7, 7, 0], [7, 0, 0]], np.uint8)
STACK = np.array([LABELS == 3, LABELS == 7])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_a_stack(tmp_path, dtype):
    np.save(tmp_path / "a.npy", STACK.astype(dtype))
    np.testing.assert_array_equal(read_masks(tmp_path / "a.npy").masks, STACK)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint16])
def test_an_array_of_labels(tmp_path, dtype):
    np.save(tmp_path / "a.npy", LABELS.astype(dtype))
    np.testing.assert_array_equal(read_masks(tmp_path / "a.npy").masks, STACK)


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_picture_of_labels(tmp_path, mode, suffix):
    if mode == "I;16":
        picture = Image.fromarray(LABELS.astype(np.uint16))
    else:
        picture = Image.fromarray(LABELS)
    if mode == "P":
        picture = Image.fromarray(LABELS, "L")
        picture.putpalette(range(30))
    picture.save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_masks(tmp_path / f"a.{suffix}").masks, STACK)


def test_black_and_white(tmp_path):
    Image.fromarray(STACK[1]).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_masks(tmp_path / "a.png").masks, STACK[1:])


def test_without_background_every_value_is_a_mask(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[1, 2], [2, 2]]))
    masks = read_masks(tmp_path / "a.npy").masks
    assert masks.tolist() == [[[True, False], [False, False]], [[False, True], [True, True]]]


def test_background_alone_gives_no_mask(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((4, 5), np.uint8))
    assert len(read_masks(tmp_path / "a.npy")) == 0


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((2, 3)), r"float64 of shape \(2, 3\), which are no masks"),
        (np.zeros(3, bool), r"bool of shape \(3,\), which are no masks"),
        (np.zeros((1, 2, 3, 4), bool), "which are no masks"),
        (np.zeros((0, 3, 3), bool), "which are no masks"),
        (np.arange(40_000).reshape(200, 200), "40000 different values, which looks like a photo"),
        (np.array([{"a": 1}], object), "cannot read masks from .*Python objects"),
    ],
)
def test_arrays_that_are_no_masks(tmp_path, array, reason):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(ProposalError, match=reason) as raised:
        read_masks(tmp_path / "a.npy")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["a.npy", "a.png"])
@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_files_that_are_no_masks(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ProposalError, match=r"cannot read masks from .*; give an \.npy file"):
        read_masks(tmp_path / name)


def test_a_colour_photo_is_no_picture_of_labels(tmp_path, photo):
    with pytest.raises(ProposalError, match="its pixels are RGB colours, not labels"):
        read_masks(photo)

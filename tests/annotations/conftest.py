"""Masks that have broken annotation formats before."""

import numpy as np
import pytest


def _disc(height=60, width=80, y=30, x=40, radius=20):
    rows, columns = np.mgrid[:height, :width]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def _cases():
    holes = _disc(radius=25) & ~_disc(radius=12) | _disc(radius=5)
    holes[20, 35] = False
    many = np.zeros((60, 80), bool)
    many[::7, ::5] = True
    many[30:40, 60:75] = True
    diagonal = np.zeros((60, 80), bool)
    diagonal[np.arange(60), np.arange(60)] = True
    one_pixel = np.zeros((60, 80), bool)
    one_pixel[17, 23] = True
    border = np.zeros((60, 80), bool)
    border[0, :] = border[-1, :] = border[:, 0] = border[:, -1] = True
    corner = np.zeros((60, 80), bool)
    corner[-9:, -9:] = True
    return {
        "disc": _disc(),
        "holes": holes,
        "many components": many,
        "touching by corners": diagonal,
        "one pixel": one_pixel,
        "full frame": np.ones((60, 80), bool),
        "along the border": border,
        "in the corner": corner,
    }


_CASES = _cases()


@pytest.fixture(params=sorted(_CASES))
def hard_mask(request):
    """(60, 80) bool masks, one test each."""
    return _CASES[request.param].copy()


@pytest.fixture
def hard_masks():
    """All of them, by name."""
    return {name: mask.copy() for name, mask in _CASES.items()}

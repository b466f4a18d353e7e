"""How likely a contour runs through each pixel: colour and texture on its two sides, compared.

A light form of the probability of boundary of Martin, Fowlkes and Malik (PAMI 2004): local
histograms of lightness, two colour axes and texture on the two sides of a pixel, at several
orientations and radii. Smoothed soft histograms, shifted against each other, stand for their
half-discs, so that the cost does not depend on the radius.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import ndimage

__all__ = ["CUES", "RADII", "contour_strength", "cue_histograms"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

RADII = (1, 2, 4, 8)
"""Distances from a pixel to what is compared on its two sides, in pixels."""
BINS = 10
CUES = (slice(0, BINS), slice(BINS, 2 * BINS), slice(2 * BINS, 3 * BINS), slice(3 * BINS, None))
"""Bins of lightness, green-red, blue-yellow and texture."""
LAB_RANGES = ((0, 100), (-40, 40), (-40, 50))
EDGE_ORIENTATIONS = 4
#: The slope, in units of L* per pixel, from which on a pixel is wholly an edge.
FULL_EDGE = 10.0
ORIENTATIONS = 8
#: Width of the smoothing as a share of the radius: the two sides just do not overlap.
SMOOTHING = 0.6


def cue_histograms(photo: npt.NDArray[np.uint8]) -> FloatArray:
    """Sort each pixel softly into bins of colour and texture.

    Parameters
    ----------
    photo : (h, w, 3) uint8 array
        RGB.

    Returns
    -------
    (B, h, w) float32 array
        Membership in each bin; the bins of each of `CUES` sum to 1 at every pixel.
    """
    from skimage.color import rgb2lab

    lab = rgb2lab(photo.astype(np.float32) / 255).astype(np.float32)
    colours = [
        _soft_bins((lab[..., axis] - low) / (high - low))
        for axis, (low, high) in enumerate(LAB_RANGES)
    ]
    return np.concatenate([*colours, _texture(lab[..., 0])])


def contour_strength(cues: FloatArray) -> FloatArray:
    """Compare the two sides of each pixel by the Hellinger distance of their histograms.

    Parameters
    ----------
    cues : (B, h, w) float32 array
        From `cue_histograms`.

    Returns
    -------
    (R, h, w) float32 array
        For each of `RADII` the sum of the cues' distances at the strongest orientation, 0 to 4.
    """
    return np.stack([_strength(cues, radius) for radius in RADII])


def _soft_bins(values: FloatArray) -> FloatArray:
    places = np.clip(values, 0, 1) * (BINS - 1)
    bins = np.arange(BINS, dtype=np.float32)[:, None, None]
    return np.asarray(np.maximum(0, 1 - np.abs(places - bins)), np.float32)


def _texture(lightness: FloatArray) -> FloatArray:
    """Edge energy in each of four orientations, and the lack of it."""
    smooth = ndimage.gaussian_filter(lightness, 1.0)
    across, down = (ndimage.sobel(smooth, axis) / 8 for axis in (1, 0))
    edge = np.minimum(np.hypot(across, down) / FULL_EDGE, 1)
    angle = (np.arctan2(down, across) % np.pi) * (EDGE_ORIENTATIONS / np.pi)
    bins = np.arange(EDGE_ORIENTATIONS, dtype=np.float32)[:, None, None]
    apart = np.abs(angle - bins)
    shares = np.maximum(0, 1 - np.minimum(apart, EDGE_ORIENTATIONS - apart))
    return np.concatenate([shares * edge, (1 - edge)[None]]).astype(np.float32)


def _strength(cues: FloatArray, radius: int) -> FloatArray:
    blur = (0.0, SMOOTHING * radius, SMOOTHING * radius)
    local = ndimage.gaussian_filter(cues, blur, mode="nearest", truncate=2.5)
    roots = np.sqrt(np.maximum(local, 0))
    roots = np.pad(roots, ((0, 0), (radius, radius), (radius, radius)), mode="edge")
    sides = [_distance(roots, *offset) for offset in _offsets(radius)]
    return np.asarray(np.max(sides, axis=0), np.float32)


def _offsets(radius: int) -> list[tuple[int, int, int]]:
    angles = np.arange(ORIENTATIONS) * (np.pi / ORIENTATIONS)
    steps = np.rint(radius * np.stack([np.sin(angles), np.cos(angles)], axis=1)).astype(int)
    return sorted({(int(down), int(across), radius) for down, across in steps})


def _distance(roots: FloatArray, down: int, across: int, pad: int) -> FloatArray:
    height, width = roots.shape[1] - 2 * pad, roots.shape[2] - 2 * pad

    def side(y: int, x: int) -> FloatArray:
        return roots[:, pad + y : pad + y + height, pad + x : pad + x + width]

    first, second = side(down, across), side(-down, -across)
    distance = np.zeros((height, width), np.float32)
    for cue in CUES:
        alike = np.einsum("bhw,bhw->hw", first[cue], second[cue])
        distance += np.sqrt(np.maximum(1 - alike, 0))
    return distance

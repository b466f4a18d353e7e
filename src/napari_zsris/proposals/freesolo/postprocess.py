"""From FreeSOLO's predictions to ranked masks, as the published code selects them."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.freesolo.candidates import Candidates, Cells
from napari_zsris.proposals.freesolo.network import NetworkOutput
from napari_zsris.proposals.upsampling import Size, Upsampling

__all__ = [
    "BEFORE_NMS",
    "MASK_THRESHOLD",
    "MAX_COUNT",
    "best",
    "candidate_cells",
    "flatten",
    "matrix_nms",
    "measure",
    "probabilities",
    "published_box",
    "suppress_neighbours",
    "upsampling",
]

SCORE_THRESHOLD = 0.1
MASK_THRESHOLD = 0.5
UPDATE_THRESHOLD = 0.05
SIGMA = 2.0
BEFORE_NMS = 500
MAX_COUNT = 100
STRIDES = (8, 8, 16, 32, 32)
COLUMNS_AT_ONCE = 1 << 15


def suppress_neighbours(scores: Tensor) -> Tensor:
    """Keep a cell's score only where its left, upper and upper left neighbours' are no higher.

    Parameters
    ----------
    scores : (C, S, S) tensor
        Class probabilities on one level's grid.

    Returns
    -------
    (C, S, S) tensor
        The same with zeros elsewhere; ties are kept.
    """
    highest = functional.max_pool2d(scores, kernel_size=2, stride=1, padding=1)[:, :-1, :-1]
    return scores * (highest == scores)


def flatten(output: NetworkOutput) -> tuple[Tensor, Tensor, Tensor]:
    """Line up the cells of all levels, row by row.

    Parameters
    ----------
    output : NetworkOutput
        What the network predicted.

    Returns
    -------
    scores : (cells, 2) tensor
        Class probabilities after the suppression of neighbours; 3,872 cells.
    kernels : (cells, 256) tensor
        Dynamic kernels.
    strides : (cells,) int64 tensor
        The level's stride in pixels.
    """
    levels = [suppress_neighbours(logits.float().sigmoid()) for logits in output.classes]
    scores = torch.cat([level.flatten(1).T for level in levels])
    kernels = torch.cat([level.float().flatten(1).T for level in output.kernels])
    counts = torch.tensor([level[0].numel() for level in levels], device=scores.device)
    strides = torch.tensor(STRIDES, device=scores.device).repeat_interleave(counts)
    return scores, kernels, strides


def candidate_cells(output: NetworkOutput) -> Cells:
    """Take the cells whose class probability exceeds 0.1, in (cell, class) order.

    Parameters
    ----------
    output : NetworkOutput
        What the network predicted.

    Returns
    -------
    Cells
        None to 7,744 of them.
    """
    scores, kernels, strides = flatten(output)
    cells, classes = (scores > SCORE_THRESHOLD).nonzero(as_tuple=True)
    return Cells(kernels[cells], classes, scores[cells, classes], strides[cells])


def probabilities(kernels: Tensor, features: Tensor) -> Tensor:
    """Convolve the mask features with dynamic kernels: sigmoid(kernel . feature), no bias.

    Parameters
    ----------
    kernels : (N, 256) tensor
        One kernel a mask.
    features : (256, h, w) tensor
        The mask features.

    Returns
    -------
    (N, h, w) float32 tensor
        Each pixel's probability of being in the mask.
    """
    return torch.einsum("nc,chw->nhw", kernels, features.float()).sigmoid()


def measure(cells: Cells, features: Tensor) -> Candidates:
    """Predict the cells' masks, drop the tiny ones, and score the others by their maskness.

    A mask is kept when it has more pixels than its level's stride.

    Parameters
    ----------
    cells : Cells
        The cells; a few at a time bound the memory, N x h x w floats.
    features : (256, h, w) tensor
        The mask features.

    Returns
    -------
    Candidates
        In the cells' order, with score = class score x mean probability inside the mask.
    """
    probability = probabilities(cells.kernels, features)
    masks = probability > MASK_THRESHOLD
    areas = masks.sum(dim=(1, 2))
    kept = areas > cells.strides
    cells, masks = cells[kept], masks[kept]
    maskness = (probability[kept] * masks).sum(dim=(1, 2)) / areas[kept]
    return Candidates(
        cells.kernels, cells.classes, cells.scores, maskness, cells.scores * maskness, masks
    )


def best(candidates: Candidates, count: int) -> Candidates:
    """Rank candidates by score and keep the first.

    Parameters
    ----------
    candidates : Candidates
        In any order; among equals the earlier one wins.
    count : int
        How many to keep at most.

    Returns
    -------
    Candidates
        Best first.
    """
    order = candidates.scores.sort(descending=True, stable=True).indices
    return candidates[order[:count]]


def matrix_nms(candidates: Candidates) -> Candidates:
    """Decay the scores of masks that better ones of their class overlap; drop those below 0.05.

    SOLOv2's matrix NMS with a Gaussian kernel, sigma = 2: with c_i = max_{k<i} IoU_ki,
    score_j <- score_j min_i exp(-sigma IoU_ij^2) / exp(-sigma c_i^2).

    Parameters
    ----------
    candidates : Candidates
        Best first.

    Returns
    -------
    Candidates
        The survivors with their decayed scores, in the same order.
    """
    overlap = _overlaps(candidates.masks)
    same = candidates.classes[:, None] == candidates.classes[None, :]
    overlap = (overlap * same).triu(diagonal=1)
    compensation = overlap.amax(dim=0)[:, None]
    decay = (SIGMA * (compensation**2 - overlap**2)).exp().amin(dim=0)
    scores = candidates.scores * decay
    return replace(candidates, scores=scores)[scores >= UPDATE_THRESHOLD]


def upsampling(features: Size, padded_from: Size, photo: Size) -> Upsampling:
    """Chain the published resizes: to the padded input, cropped of its padding, to the photo.

    Parameters
    ----------
    features : tuple of int
        The mask features' (h, w).
    padded_from : tuple of int
        The network input's (height, width) before its padding.
    photo : tuple of int
        The photo's (height, width).

    Returns
    -------
    Upsampling
        To be applied to probabilities, not to logits.
    """
    ratio = max(ceil(size / cells) for size, cells in zip(padded_from, features, strict=True))
    enlarged = (features[0] * ratio, features[1] * ratio)
    return Upsampling.through(features, [(enlarged, padded_from), (photo, photo)])


def published_box(bitmap: Bitmap) -> tuple[float, float, float, float]:
    """Give the box that FreeSOLO reports: mean occupied column and row +- half their count.

    It is not tight: a gap-free mask over columns a to b gets (a - 0.5, b + 0.5), and one with
    empty columns between gets a narrower box than its own.

    Parameters
    ----------
    bitmap : Bitmap
        A mask with at least one pixel.

    Returns
    -------
    tuple of float
        x0, y0, x1, y1 in pixels; it may leave the photo by half a pixel.
    """
    pixels = bitmap.unpack()
    x0, x1 = _published_extent(bitmap.left + np.flatnonzero(pixels.any(axis=0)))
    y0, y1 = _published_extent(bitmap.top + np.flatnonzero(pixels.any(axis=1)))
    return x0, y0, x1, y1


def _published_extent(places: npt.NDArray[np.intp]) -> tuple[float, float]:
    centre, half = float(places.mean()), len(places) / 2
    return centre - half, centre + half


def _overlaps(masks: Tensor) -> Tensor:
    flat = masks.flatten(1)
    shared = torch.zeros((len(flat), len(flat)), device=flat.device)
    for start in range(0, flat.shape[1], COLUMNS_AT_ONCE):
        part = flat[:, start : start + COLUMNS_AT_ONCE].float()
        shared += part @ part.T
    areas = shared.diagonal()
    return shared / (areas[:, None] + areas[None, :] - shared)

"""Choosing among masks that overlap: the one that is right most of all, not the likeliest one.

Proposals of one object come in many shapes, and what the model takes for likely is spread over all
of them, parts and wholes and half-right outlines. With p = softmax(score) for the chance that mask
j is the object, proposing mask i is expected to reach

    E(i) = sum_j p_j IoU(i, j)

and the mask that the others agree with most comes first: the choice of least expected loss (Bayes
risk), whose loss is 1 - IoU. Masks that do not overlap keep their order, since then E(i) = p_i.

For the same reason the best mask's near copies do almost as well. A list of them helps nobody who
found the first one wrong, so a second term takes them behind all masks that show something else.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.proposals.geometry import distinct

__all__ = ["consensus_term", "copy_term"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

# The usual threshold of non-maximum suppression.
COPY = 0.7


def consensus_term(scores: FloatArray, iou: FloatArray) -> FloatArray:
    """Say how much the other masks of the same object add to a mask.

    Parameters
    ----------
    scores : (N,) float32 array
        Sum of the other terms, the logarithms of chances but for a constant.
    iou : (N, N) float32 array
        Intersection over union of every two masks, 1 for each with itself.

    Returns
    -------
    (N,) float32 array
        log E(i) - log p_i, to be added to the scores; 0 for a mask that no other overlaps.
    """
    chances = np.exp(scores - scores.max(initial=-np.inf)).astype(np.float64)
    others = iou.astype(np.float64)
    np.fill_diagonal(others, 0)
    own = np.maximum(chances, np.finfo(np.float64).tiny)
    term: FloatArray = np.log1p(others @ chances / own).astype(np.float32)
    return term


def copy_term(scores: FloatArray, iou: FloatArray) -> FloatArray:
    """Take masks that repeat a better one behind all others.

    Parameters
    ----------
    scores : (N,) float32 array
        Sum of the other terms.
    iou : (N, N) float32 array
        Intersection over union of every two masks.

    Returns
    -------
    (N,) float32 array
        To be added to the scores: 0 for masks whose IoU with every better one that is no copy is at
        most 0.7, and for the rest -1 less the range of the scores.
    """
    order = np.argsort(-scores, kind="stable")
    copies = np.ones(len(scores), bool)
    copies[order[distinct(iou[np.ix_(order, order)] > COPY)]] = False
    span = np.ptp(scores) if len(scores) else np.float32(0)
    term: FloatArray = np.where(copies, np.float32(-1) - span, np.float32(0))
    return term

"""Choosing among masks that overlap: the one that is right most of all, not the likeliest one.

Proposals of one object come in many shapes, and what the model takes for likely is spread over all
of them, parts and wholes and half-right outlines. With p = softmax(score) for the chance that mask
j is the object, proposing mask i is expected to reach

    E(i) = sum_j p_j IoU(i, j)

and the mask that the others agree with most comes first: the choice of least expected loss (Bayes
risk), whose loss is 1 - IoU. Masks that do not overlap keep their order, since then E(i) = p_i.

For the same reason the best mask's near copies do almost as well. A list of them helps nobody who
found the first one wrong. Two terms help, of which one is used: the first takes copies behind all
masks that show something else. The second chooses the list so that whatever is the object, an early
mask lies close to it: behind the best, masks come in the order in which each adds most to

    C(S) = sum_j q_j max_{i in S} IoU(i, j),    q = softmax(sharpness * E / max E)

the coverage of likely objects by the masks S before it (a submodular sum, for which taking the best
next is within 1 - 1/e of the best list).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.proposals.geometry import distinct
from napari_zsris.proposals.objectness import cover

__all__ = ["consensus_term", "copy_term", "coverage_term"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

# The usual threshold of non-maximum suppression.
COPY = 0.7
# Keeps masks of one score in order.
STEP = np.float32(1e-3)


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


def coverage_term(scores: FloatArray, iou: FloatArray, sharpness: float) -> FloatArray:
    """Put masks behind the best in the order in which each adds most to what is covered.

    Parameters
    ----------
    scores : (N,) float32 array
        Sum of the other terms: the logarithms of expected overlaps, log E(i), but for a constant.
    iou : (N, N) float32 array
        Intersection over union of every two masks.
    sharpness : float
        How much likelier than others the best masks are taken for.

    Returns
    -------
    (N,) float32 array
        To be added to the scores, at most 0: a mask is brought down to the score of the one that
        adds most before it, where its own is higher.
    """
    if not len(scores):
        return scores
    expected = np.exp(scores - scores.max()).astype(np.float64)
    chances = np.exp(sharpness * (expected - 1))
    order, _ = cover(iou, chances / chances.sum(), len(scores), first=int(scores.argmax()))
    total = scores.copy()
    for before, mask in pairwise(order):
        if total[mask] >= total[before]:
            total[mask] = total[before] - STEP
    return total - scores

"""Mixing global and local features, and comparing masks with a phrase."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["mix", "similarities", "softmax", "unit"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

# Below this, squares underflow and a direction means nothing.
SHORTEST = 1e-12


def unit(features: FloatArray) -> FloatArray:
    """Scale features to length one.

    Parameters
    ----------
    features : (..., D) float32 array
        Features of any length; zero vectors stay zero.

    Returns
    -------
    (..., D) float32 array
        The same directions.
    """
    lengths = np.linalg.norm(features, axis=-1, keepdims=True)
    directions: FloatArray = features / np.maximum(lengths, np.float32(SHORTEST))
    return directions


def mix(global_: FloatArray, local: FloatArray, weight: float) -> FloatArray:
    """Mix a global and a local context: ``weight * global_ + (1 - weight) * local``.

    The paper's f = alpha f^G + (1 - alpha) f^L and t = beta t^G + (1 - beta) t^L. Whether the
    parts are of length one before they are mixed depends on the kind of tower, as it does in the
    published code, and is settled where they are encoded.

    Parameters
    ----------
    global_, local : (..., D) float32 array
        The two contexts.
    weight : float
        Share of the global context, in [0, 1].

    Returns
    -------
    (..., D) float32 array
        The mixture, not normalised.
    """
    return np.float32(weight) * global_ + np.float32(1.0 - weight) * local


def similarities(
    visual: FloatArray, textual: FloatArray, logit_scale: float, *, cosine: bool = True
) -> FloatArray:
    """Compare masks with a phrase: ``logit_scale * cos(f_m, t)``.

    Parameters
    ----------
    visual : (N, D) float32 array
        Fused features of the masks, f_m.
    textual : (D,) float32 array
        Fused features of the phrase, t.
    logit_scale : float
        The model's learnt inverse temperature, exponentiated.
    cosine : bool
        False compares the features as they are, ``logit_scale * (f_m . t)``, which the published
        code does with ResNet towers: its mixtures are of length one only before they are mixed.

    Returns
    -------
    (N,) float32 array
        A score per mask, higher is better.
    """
    if cosine:
        visual, textual = unit(visual), unit(textual)
    scores: FloatArray = np.float32(logit_scale) * (visual @ textual)
    return scores


def softmax(scores: FloatArray) -> FloatArray:
    """Turn scores into probabilities: ``exp(s_i) / sum_j exp(s_j)``.

    Parameters
    ----------
    scores : (N,) float32 array
        Scores of any size.

    Returns
    -------
    (N,) float32 array
        Probabilities that sum to one; empty for no scores.
    """
    if not scores.size:
        return scores
    exponentials = np.exp(scores - scores.max())
    probabilities: FloatArray = exponentials / exponentials.sum()
    return probabilities

"""What tells an object from any other group of regions: a row of features for every group."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from napari_zsris.proposals.objects.photo import PhotoRegions

__all__ = ["GROUP_FEATURES", "group_features"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]


GROUP_FEATURES = 58
"""How many features there are beside the appearance."""


def group_features(
    photo: PhotoRegions,
    members: BoolArray,
    figure: FloatArray,
    affinity: FloatArray,
    appearance: FloatArray,
) -> FloatArray:
    """Measure groups of regions.

    Parameters
    ----------
    photo : PhotoRegions
        A photo's n regions.
    members : (M, n) bool array
        The groups, each with at least one region.
    figure : (n,) float32 array
        How likely each region lies on an object.
    affinity : (n, n) float32 array
        How surely each two regions are of one object.
    appearance : (n, D) float32 array
        What the network sees in each region, reduced.

    Returns
    -------
    (M, F) float32 array
        One row per group.
    """
    inside = members.astype(np.float32)
    area = inside @ photo.shares
    blocks = (
        _shape(photo, members, inside, area),
        _outline(photo, members, inside, figure, affinity),
        _agreement(photo, members, inside, area, affinity),
        _surroundings(photo, members, inside, area, figure, appearance),
    )
    return np.concatenate(blocks, axis=1).astype(np.float32)


def _shape(
    photo: PhotoRegions, members: BoolArray, inside: FloatArray, area: FloatArray
) -> FloatArray:
    graph = photo.graph
    height, width = graph.labels.shape
    boxes = (graph.boxes / [width, height, width, height]).astype(np.float32)
    low = [np.where(members, boxes[:, side], np.inf).min(axis=1) for side in (0, 1)]
    high = [np.where(members, boxes[:, side], -np.inf).max(axis=1) for side in (2, 3)]
    wide, tall = high[0] - low[0], high[1] - low[1]
    contacts = inside @ graph.contacts.astype(np.float32)
    touched = contacts > 0
    elongation = np.log(wide * width / (tall * height))
    columns = (
        *(np.log(area), np.log(members.sum(axis=1)), elongation, np.abs(elongation)),
        *(np.log(area / (wide * tall)), np.log(wide), np.log(tall)),
        *((low[0] + high[0]) / 2, np.abs((low[0] + high[0]) / 2 - 0.5), (low[1] + high[1]) / 2),
        *(low[1], high[1], touched.sum(axis=1), touched[:, 0], touched[:, 1]),
        contacts.sum(axis=1) / np.sqrt(area * height * width),
    )
    return np.stack(columns, axis=1)


def _outline(
    photo: PhotoRegions,
    members: BoolArray,
    inside: FloatArray,
    figure: FloatArray,
    affinity: FloatArray,
) -> FloatArray:
    """Compare what runs along the outline with what runs inside."""
    graph = photo.graph
    first, second = graph.edges.T
    lengths = graph.lengths.astype(np.float32)[:, None]
    fine = graph.strengths[:, :3].sum(axis=1) / graph.lengths
    near = affinity[first, second]
    strong = fine > (np.median(fine) if len(fine) else 0.0)
    step = np.abs(figure[first] - figure[second])
    values = np.stack([strong, near, near > 0.5, step], axis=1) * lengths
    values = np.concatenate([lengths, graph.strengths, values], axis=1).astype(np.float32)
    across = (members[:, first] ^ members[:, second]).astype(np.float32) @ values
    # Each region's borders are counted once per side: what is not across is within, twice.
    around = np.stack(
        [
            np.bincount(first, column, len(graph)) + np.bincount(second, column, len(graph))
            for column in values.T
        ],
        axis=1,
    )
    within = (inside @ around.astype(np.float32) - across) / 2
    outline, inner = np.maximum(across[:, :1], 1), np.maximum(within[:, :1], 1)
    root = np.sqrt(inside @ graph.sizes.astype(np.float32))[:, None]
    contacts = (inside @ graph.contacts.sum(axis=1).astype(np.float32))[:, None]
    frame = np.sqrt(graph.labels.size)
    columns = [
        across[:, 1:] / outline,
        within[:, 1:] / inner,
        within[:, 5:6] / outline,
        np.log((across[:, :1] + 1) / frame),
        np.log((across[:, :1] + contacts) / root),
    ]
    return np.concatenate(columns, axis=1)


def _agreement(
    photo: PhotoRegions,
    members: BoolArray,
    inside: FloatArray,
    area: FloatArray,
    affinity: FloatArray,
) -> FloatArray:
    """Ask each region how near it is to the group: those inside should be, no other should."""
    weights = inside * photo.shares
    near = weights @ affinity / area[:, None]
    total = near @ photo.shares
    own = (weights * near).sum(axis=1)
    columns = [own / area, own / total, np.log((total - own) / area + 1e-3)]
    for threshold in (0.3, 0.5, 0.7):
        hard = (near > threshold).astype(np.float32)
        kept = (weights * hard).sum(axis=1)
        missed = hard @ photo.shares - kept
        columns += [kept / area, np.log(missed / area + 1e-3), kept / (area + missed)]
    columns += [
        np.where(members, near, 1).min(axis=1),
        np.where(members, 0, near).max(axis=1),
    ]
    return np.stack(columns, axis=1)


def _surroundings(
    photo: PhotoRegions,
    members: BoolArray,
    inside: FloatArray,
    area: FloatArray,
    figure: FloatArray,
    appearance: FloatArray,
) -> FloatArray:
    """Compare a group with its neighbours."""
    first, second = photo.graph.edges.T
    ones = np.ones(2 * len(first), np.float32)
    pairs = np.concatenate([first, second]), np.concatenate([second, first])
    touching = csr_array((ones, pairs), shape=(len(photo), len(photo)))
    rim = (((touching @ inside.T).T > 0) & ~members) * photo.shares
    rims = np.maximum(rim.sum(axis=1), 1e-6)[:, None]
    weights = inside * photo.shares
    described = np.stack([figure, figure**2], axis=1)
    own = weights @ np.concatenate([described, appearance], axis=1) / area[:, None]
    others = rim @ np.concatenate([described, appearance], axis=1) / rims
    lengths = np.linalg.norm(own[:, 2:], axis=1), np.linalg.norm(others[:, 2:], axis=1)
    cosine = (own[:, 2:] * others[:, 2:]).sum(axis=1) / np.maximum(lengths[0] * lengths[1], 1e-6)
    columns = (
        *(own[:, 0], others[:, 0], own[:, 0] - others[:, 0], own[:, 1] - own[:, 0] ** 2),
        *(np.where(members, figure, 1).min(axis=1), rims[:, 0] / area, cosine),
        *(lengths[0], np.linalg.norm(own[:, 2:] - others[:, 2:], axis=1)),
    )
    return np.concatenate([np.stack(columns, axis=1), own[:, 2:]], axis=1)

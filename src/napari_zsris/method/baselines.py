"""The baselines that the paper compares itself with, as other ways to make a mask's features.

All of them come from one CLIP and the same masks. Cropping is the method's own local features;
the others stand in for its global ones. Score Map and Grad-CAM are maps over the photo, one per
phrase, and a mask's score is their mean over the mask after they are resized to the photo. Both the
mean and the resizing are linear, and so are both maps in the phrase's features: the mean is the
product of the phrase with one feature per mask, which is made once per photo like all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from napari_zsris.method.geometry import shares

if TYPE_CHECKING:
    from torch import Tensor

    from napari_zsris.clip.towers import ImageTower
    from napari_zsris.proposals import Proposals

__all__ = ["BaselineFeatures", "baseline_grids", "encode_baseline", "nearest_grids"]

BaselineFeatures: TypeAlias = Literal["region-token", "score-map", "grad-cam"]


def baseline_grids(
    features: BaselineFeatures, proposals: Proposals, size: tuple[int, int]
) -> Tensor:
    """Bring masks to a tower's grid in the way that a baseline wants them.

    Parameters
    ----------
    features : {"region-token", "score-map", "grad-cam"}
        The baseline.
    proposals : Proposals
        The N masks.
    size : tuple of int
        The grid's (height, width).

    Returns
    -------
    (N, height, width) tensor
        Bool for region tokens, else float32 shares.
    """
    make = nearest_grids if features == "region-token" else shares
    return torch.from_numpy(make(proposals, size))


def encode_baseline(
    features: BaselineFeatures, tower: ImageTower, whole: Tensor, grids: Tensor
) -> Tensor:
    """Encode one photo under many masks as a baseline does.

    Parameters
    ----------
    features : {"region-token", "score-map", "grad-cam"}
        The baseline.
    tower : ImageTower
        Encodes.
    whole : (1, 3, h, w) float32 tensor
        The photo, normalised and resized to the tower's `frame`.
    grids : (N, gh, gw) tensor
        The masks from :func:`baseline_grids`.

    Returns
    -------
    (N, D) float32 tensor
        One feature per mask on the tower's device, not normalised.

    Raises
    ------
    MethodError
        The tower has no such features.
    """
    match features:
        case "region-token":
            return tower.encode_region_tokens(_slid(whole, tower.grid), grids)
        case "score-map":
            return tower.encode_score_map(whole, grids)
        case "grad-cam":
            return tower.encode_grad_cam(whole, grids)


def nearest_grids(proposals: Proposals, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Resize masks to a grid by the nearest pixel, as torch's `interpolate` does.

    Parameters
    ----------
    proposals : Proposals
        The N masks.
    size : tuple of int
        The grid's (height, width).

    Returns
    -------
    (N, height, width) bool array
        Pixel floor(i * H / height) of every cell i; a small mask may be False everywhere.
    """
    rows, columns = (
        np.arange(cells) * length // cells
        for cells, length in zip(size, proposals.size, strict=True)
    )
    grids = np.zeros((len(proposals), *size), bool)
    for grid, bitmap in zip(grids, proposals.bitmaps, strict=True):
        pixels = bitmap.unpack()
        x0, y0, x1, y1 = bitmap.box
        inside = np.ix_((rows >= y0) & (rows < y1), (columns >= x0) & (columns < x1))
        grid[inside] = pixels[np.ix_(rows[inside[0].ravel()] - y0, columns[inside[1].ravel()] - x0)]
    return grids


def _slid(whole: Tensor, grid: tuple[int, int]) -> Tensor:
    """Slide the photo as the published region token does, whose patches begin before its edge."""
    down, right = (
        (side // cells - 1) // 2 for side, cells in zip(whole.shape[2:], grid, strict=True)
    )
    return F.pad(whole, (right, -right, down, -down))

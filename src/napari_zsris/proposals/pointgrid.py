"""How Segment Anything is asked for everything in a photo, and which of its answers are good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_zsris.errors import ProposalError
from napari_zsris.proposals.cleaning import cleaned
from napari_zsris.proposals.upsampling import Size, Upsampling

__all__ = ["Found", "PointGrid", "grid_points", "judge", "tidy"]

TOGETHER_ON_GPU = 32


@dataclass(frozen=True)
class PointGrid:
    """How Segment Anything is asked for everything in a photo.

    Parameters
    ----------
    points_per_side : int
        The grid's points along each side; 32 finds more small things in four times the time.
    points_per_batch : int
        Points decided on at a time, while memory lasts.
    min_iou : float
        Masks whose quality the model itself predicts to be no higher are dropped; 0 keeps all.
    min_stability : float
        Masks whose IoU between a stricter and a laxer threshold is no higher are dropped; 0 keeps
        all but empty ones.
    stability_offset : float
        How far those two thresholds lie from the mask's, in logits.
    mask_threshold : float
        Logit that a mask's pixels exceed.
    max_box_overlap : float
        Of two masks whose boxes have a higher IoU the better one is kept.
    min_region : float
        Holes and specks smaller than this fraction of the photo are closed and removed.
    working_side : int
        Stability and overlap are measured on a photo whose longer side is at most this.

    Raises
    ------
    ProposalError
        A count is below one.
    """

    points_per_side: int = 16
    points_per_batch: int = 64
    min_iou: float = 0.88
    min_stability: float = 0.95
    stability_offset: float = 1.0
    mask_threshold: float = 0.0
    max_box_overlap: float = 0.7
    min_region: float = 1e-4
    working_side: int = 1024

    def __post_init__(self) -> None:
        for name in ("points_per_side", "points_per_batch", "working_side"):
            if getattr(self, name) < 1:
                raise ProposalError(f"{name} is {getattr(self, name)}: give 1 or more")


@dataclass(frozen=True, eq=False)
class Found:
    """Masks that passed the model's own judgement.

    Parameters
    ----------
    logits : (N, h, w) float32 tensor
        As the network gives them, at low resolution.
    scores : (N,) float32 tensor
        Predicted IoU.
    boxes : (N, 4) float32 tensor
        First and last column and row, x0 y0 x1 y1, at the working size.
    """

    logits: Tensor
    scores: Tensor
    boxes: Tensor

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: Tensor) -> Found:
        return Found(self.logits[index], self.scores[index], self.boxes[index])

    @classmethod
    def joined(cls, parts: Sequence[Found]) -> Found:
        """Join what several batches found.

        Parameters
        ----------
        parts : sequence of Found
            At least one.

        Returns
        -------
        Found
            All of it, in order, on the device of the last of them.
        """
        device = parts[-1].scores.device
        return cls(
            torch.cat([part.logits.to(device) for part in parts]),
            torch.cat([part.scores.to(device) for part in parts]),
            torch.cat([part.boxes.to(device) for part in parts]),
        )


def grid_points(per_side: int, photo: Size, inside: Size) -> Tensor:
    """Spread points evenly over a photo, in the middle of equal cells.

    Parameters
    ----------
    per_side : int
        Points along each side.
    photo : tuple of int
        The photo's (height, width).
    inside : tuple of int
        The (height, width) that the photo has in the network's input, without padding.

    Returns
    -------
    (per_side ** 2, 2) float32 tensor
        x and y in the network's input, row by row.
    """
    side = torch.linspace(0.5 / per_side, 1 - 0.5 / per_side, per_side)
    y, x = torch.meshgrid(side, side, indexing="ij")
    (height, width), (inner_height, inner_width) = photo, inside
    # In two roundings, as transformers does it: the masks shall be the same to the last pixel.
    columns = x.flatten() * width * (inner_width / width)
    rows = y.flatten() * height * (inner_height / height)
    return torch.stack([columns, rows], dim=1)


def judge(logits: Tensor, scores: Tensor, working: Upsampling, grid: PointGrid) -> Found:
    """Keep the masks that the model trusts and that do not hang on the threshold.

    The stability of a mask is |logits > t + o| / |logits > t - o|, counted at the working size.

    Parameters
    ----------
    logits : (N, h, w) tensor
        Low-resolution logits.
    scores : (N,) tensor
        Predicted IoU.
    working : Upsampling
        To the working size.
    grid : PointGrid
        The thresholds.

    Returns
    -------
    Found
        The good ones, in order.
    """
    trusted = scores > (grid.min_iou or -torch.inf)
    logits, scores = logits[trusted].float(), scores[trusted].float()
    stable, boxes = [scores.new_zeros(0, dtype=torch.bool)], [scores.new_zeros(0, 4)]
    for part in torch.split(logits, together(logits.device)):
        measured = _measure(part, working, grid)
        stable.append(measured[0] > (grid.min_stability or -0.5))
        boxes.append(measured[1])
    return Found(logits, scores, torch.cat(boxes))[torch.cat(stable)]


def together(device: torch.device) -> int:
    """Tell how many masks to measure at a time.

    Parameters
    ----------
    device : torch.device
        Where they are.

    Returns
    -------
    int
        A GPU prefers few large steps; a CPU gains from leaving out what lies far from each mask.
    """
    return 1 if device.type == "cpu" else TOGETHER_ON_GPU


def tidy(found: Found, share: float, grid: PointGrid) -> Found:
    """Close small holes and remove small specks.

    Parameters
    ----------
    found : Found
        Masks.
    share : float
        The part of the logits' area that the photo covers; the rest is padding.
    grid : PointGrid
        The smallest region, as a fraction of the photo.

    Returns
    -------
    Found
        The same masks, tidied.
    """
    if not grid.min_region or not len(found):
        return found
    smallest = grid.min_region * share * found.logits[0].numel()
    maps = [
        torch.from_numpy(cleaned(logits, grid.mask_threshold, smallest))
        for logits in found.logits.cpu().numpy()
    ]
    return Found(torch.stack(maps).to(found.logits.device), found.scores, found.boxes)


def _measure(logits: Tensor, working: Upsampling, grid: PointGrid) -> tuple[Tensor, Tensor]:
    """Give each mask's stability, -1 for an empty one, and its box."""
    strict, lax = (grid.mask_threshold + sign * grid.stability_offset for sign in (1, -1))
    top, left, part = working.window(logits, lax)
    mask = part > grid.mask_threshold
    if not mask.any():
        return logits.new_full((len(logits),), -1.0), logits.new_zeros((len(logits), 4))
    stability = (part > strict).sum(dim=(1, 2)) / (part > lax).sum(dim=(1, 2))
    (x0, x1), (y0, y1) = (_ends(mask.any(dim=axis)) for axis in (1, 2))
    boxes = torch.stack([left + x0, top + y0, left + x1, top + y1], dim=1).float()
    return stability.where(mask.flatten(1).any(dim=1), -1.0), boxes


def _ends(lines: Tensor) -> tuple[Tensor, Tensor]:
    """Give the first and last true place in each row of a (N, n) bool tensor."""
    marks = lines.to(torch.uint8)
    return marks.argmax(dim=1), lines.shape[1] - 1 - marks.flip(1).argmax(dim=1)

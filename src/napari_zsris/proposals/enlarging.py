"""From a network's low-resolution score maps to proposals of the photo's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from napari_zsris.placement import DevicePlacement
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.packing import pack
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.upsampling import Size, Stage, Upsampling, working_size

__all__ = ["Enlarging", "Layout", "ScoreMaps", "as_size"]

BATCH = 8


@dataclass(frozen=True, eq=False)
class Layout:
    """How a photo lies in the network's input.

    Parameters
    ----------
    photo : tuple of int
        The photo's (height, width).
    padded : tuple of int
        The network's input, (height, width).
    inside : tuple of int
        The part of it, from the top left, that the photo fills.
    two_steps : bool
        Whether masks pass through the input's size on their way to the photo's.
    """

    photo: Size
    padded: Size
    inside: Size
    two_steps: bool

    def upsampling(self, maps: Size, size: Size) -> Upsampling:
        """Chain the resizes from the network's maps to the photo.

        Parameters
        ----------
        maps : tuple of int
            The maps' (h, w).
        size : tuple of int
            The (height, width) wanted.

        Returns
        -------
        Upsampling
            The chain.
        """
        first: list[Stage] = [(self.padded, self.inside)] if self.two_steps else []
        return Upsampling.through(maps, [*first, (size, size)])

    @property
    def share(self) -> float:
        """The part of the input's area that is photo, not padding."""
        return (self.inside[0] * self.inside[1]) / (self.padded[0] * self.padded[1])


@dataclass(frozen=True, eq=False)
class ScoreMaps:
    """What a network says of N masks, before they are masks.

    Parameters
    ----------
    values : (N, h, w) tensor
        Logits or probabilities at low resolution, or masks themselves.
    scores : (N,) float32 tensor
        The network's confidence in each.
    threshold : float
        What a mask's pixels exceed.
    """

    values: Tensor
    scores: Tensor
    threshold: float

    def __getitem__(self, index: Tensor) -> ScoreMaps:
        return ScoreMaps(self.values[index], self.scores[index], self.threshold)


@dataclass(frozen=True, eq=False)
class Enlarging:
    """Makes masks at a small working size, chooses among them, and enlarges the chosen ones only.

    Parameters
    ----------
    placement : DevicePlacement
        Where the network ran; the masks are made there too, while its memory lasts.
    layout : Layout
        How the photo lies in the maps.
    working_side : int
        Longest side of the working size.
    stage : str
        What progress is called.
    """

    placement: DevicePlacement[Any]
    layout: Layout
    working_side: int
    stage: str

    def proposals(self, maps: ScoreMaps, quality: Quality, source: str) -> Steps[Proposals]:
        """Make the proposals that satisfy the controls.

        Parameters
        ----------
        maps : ScoreMaps
            What the network found.
        quality : Quality
            The controls.
        source : str
            The source's name.

        Yields
        ------
        Progress
            After each batch of masks.

        Returns
        -------
        Proposals
            Of the photo's size, in the controls' order.
        """
        if quality.min_score is not None:
            maps = maps[maps.scores >= quality.min_score]
        photo = self.layout.photo
        working = working_size(photo, self.working_side)
        bitmaps = yield from self._bitmaps(maps, working)
        scores = maps.scores.cpu().numpy()
        judged = Proposals.from_bitmaps(bitmaps, working, scores=scores, source=source)
        order = quality.ranking(judged)
        if working == photo:
            return judged.select(order.tolist())
        chosen = maps[torch.from_numpy(order).to(maps.values.device)]
        bitmaps = yield from self._bitmaps(chosen, photo)
        return Proposals.from_bitmaps(bitmaps, photo, scores=scores[order], source=source)

    def _bitmaps(self, maps: ScoreMaps, size: Size) -> Steps[list[Bitmap]]:
        maps_size = as_size(maps.values.shape[-2:])
        upsampling = self.layout.upsampling(maps_size, size)

        def enlarge(part: slice, device: torch.device) -> list[Bitmap]:
            there, values = upsampling.to(device), maps.values[part].to(device)
            if size == maps_size and not self.layout.two_steps:
                return [pack(value > maps.threshold) for value in values]
            return [there.bitmap(value, maps.threshold) for value in values]

        bitmaps: list[Bitmap] = []
        for done, found in self.placement.batches(enlarge, len(maps.scores), BATCH, "masks"):
            bitmaps += found
            yield Progress(self.stage, done, len(maps.scores))
        return bitmaps


def as_size(shape: Sequence[Any]) -> Size:
    """Give a (height, width) of plain numbers.

    Parameters
    ----------
    shape : sequence of two
        Numbers of any kind.

    Returns
    -------
    tuple of int
        The same.
    """
    height, width = shape
    return int(height), int(width)

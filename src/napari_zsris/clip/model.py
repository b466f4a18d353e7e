"""One CLIP model, opened up: an image tower and a text tower of the same feature space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import torch
from torch import Tensor

from napari_zsris.clip.towers import ImageTower, TextTower
from napari_zsris.placement import DevicePlacement
from napari_zsris.weights import digest_weights

__all__ = ["Clip"]

Rows = TypeVar("Rows", Tensor, list[str])


@dataclass(frozen=True, eq=False)
class Clip:
    """A contrastive image-text model whose image tower can be masked.

    Parameters
    ----------
    name : str
        As on the command line: `lite`, `ARCH/TAG` or `ARCH:FILE`.
    image : ImageTower
        Encodes pictures, whole or under masks.
    text : TextTower
        Encodes phrases into the same D dimensions.
    logit_scale : float
        What cosines are multiplied by before a softmax; the exponential is already taken.
    placement : DevicePlacement
        Where the weights of both towers lie, on one device at any time.
    dtype : torch.dtype
        Precision of the weights; features are float32 in any case.
    architecture : str
        What the weights are those of, and how pixels are prepared for it; the name by default.
    """

    name: str
    image: ImageTower
    text: TextTower
    logit_scale: float
    placement: DevicePlacement[Any]
    dtype: torch.dtype
    architecture: str = ""

    @property
    def device(self) -> torch.device:
        """Where the model runs as long as the memory there suffices."""
        return self.placement.wanted

    def in_batches(self, encode: Callable[[Rows], Tensor], rows: Rows, kind: str) -> Tensor:
        """Encode with one of the towers, a part at a time where memory demands it.

        Parameters
        ----------
        encode : callable
            Encodes some of the rows, with either tower.
        rows : (n, ...) tensor or list of str
            What is to be encoded.
        kind : str
            What the rows are, in the plural, such as "masks".

        Returns
        -------
        (n, D) float32 tensor
            The features, on the device where the last of them were made.

        Raises
        ------
        OutOfMemoryError
            The memory does not suffice for one row on the CPU either.
        """
        # Without any row there is one empty batch, which gives features of the right width.
        count = len(rows) or 1
        batches = self.placement.batches(lambda part, _: encode(rows[part]), count, count, kind)
        parts = [features for _, features in batches]
        return torch.cat([part.to(parts[-1].device) for part in parts])

    @cached_property
    def digest(self) -> str:
        """What tells the model from others: the same for the same weights under another name."""
        return digest_weights((self.placement.model,), self.architecture or self.name)

    @cached_property
    def width(self) -> int:
        """How many numbers a feature has, the D of shapes."""
        return int(self.in_batches(self.text.encode, ["a"], "phrases").shape[1])

"""One CLIP model, opened up: an image tower and a text tower of the same feature space."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from napari_zsris.clip.towers import ImageTower, TextTower

__all__ = ["Clip"]


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
    device : torch.device
        Where the weights lie and features come out.
    dtype : torch.dtype
        Precision of the weights; features are float32 in any case.
    """

    name: str
    image: ImageTower
    text: TextTower
    logit_scale: float
    device: torch.device
    dtype: torch.dtype

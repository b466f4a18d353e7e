"""Which channels of an image make the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Channels"]


@dataclass(frozen=True)
class Channels:
    """How the picture is put together.

    Parameters
    ----------
    kind : {"plane", "axis", "layers"}
        The layer's plane as it is; several places along one axis as red, green and blue; or all
        visible image layers of the same shape, added up in their colours.
    axis : int
        With "axis": the layer's axis that holds channels.
    chosen : tuple of int
        With "axis": the channels shown as red, green and blue; fewer than three are allowed.
    """

    kind: Literal["plane", "axis", "layers"] = "plane"
    axis: int = 0
    chosen: tuple[int, ...] = ()

"""How masks of one's own lie on their photo: as people see it, or as its file is stored."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.formats.stored import (
    ASSUMED,
    TURNED,
    Size,
    is_stored,
    is_uncertain,
    orientation_of,
)
from napari_zsris.images import upright

__all__ = ["PhotoFrame"]

AnyArray: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class PhotoFrame:
    """The sides of a photo, and how its file is stored.

    Parameters
    ----------
    size : tuple of int
        The upright photo's (height, width), in pixels.
    orientation : int
        How EXIF says that the stored pixels lie, 1 (upright) to 8.
    """

    size: Size
    orientation: int = 1

    @classmethod
    def of(cls, size: Size, photo: str | PathLike[str] | None) -> Self:
        """Look at a photo's file.

        Parameters
        ----------
        size : tuple of int
            The upright photo's (height, width), in pixels.
        photo : str or path-like, optional
            The file; without one, masks are drawn on the photo as it is given.

        Returns
        -------
        PhotoFrame
            The photo's frame.
        """
        return cls(size) if photo is None else cls(size, orientation_of(photo))

    def fits(self, drawn: Size) -> bool:
        """Tell whether masks of a size can be this photo's.

        Parameters
        ----------
        drawn : tuple of int
            The masks' (height, width), in pixels.

        Returns
        -------
        bool
            Whether they fit as they are, or once they are turned.
        """
        return drawn == self.size or is_stored(drawn, self.size, self.orientation)

    def upright(self, masks: AnyArray) -> AnyArray:
        """Turn masks that were drawn on the stored pixels.

        Parameters
        ----------
        masks : (..., H, W) array
            Masks or labels that fit.

        Returns
        -------
        (..., H, W) array
            A view, of the upright photo's size.
        """
        if not self._turns(masks.shape[-2:]):
            return masks
        frame_first = np.moveaxis(masks, (-2, -1), (0, 1))
        return np.moveaxis(upright(frame_first, self.orientation), (0, 1), (-2, -1))

    def upright_boxes(self, boxes: AnyArray, drawn: Size) -> AnyArray:
        """Turn boxes with their masks.

        Parameters
        ----------
        boxes : (N, 4) array
            x0, y0, x1, y1 in pixels of the frame that the masks were drawn in.
        drawn : tuple of int
            That frame's (height, width), which fits.

        Returns
        -------
        (N, 4) array
            The boxes on the upright photo; anything else than boxes as it is.
        """
        if not self._turns(drawn) or boxes.ndim != 2 or boxes.shape[1] != 4:
            return boxes
        # All four ways that swap the sides begin with x for y.
        x0, y0, x1, y1 = boxes.astype(np.float64)[:, [1, 0, 3, 2]].T
        height, width = self.size
        if self.orientation in (6, 7):
            x0, x1 = width - x1, width - x0
        if self.orientation in (7, 8):
            y0, y1 = height - y1, height - y0
        return np.stack([x0, y0, x1, y1], axis=1)

    def remark(self, drawn: Size) -> str:
        """Say what a person should know of how masks were taken.

        Parameters
        ----------
        drawn : tuple of int
            The masks' (height, width), which fit.

        Returns
        -------
        str
            The end of a sentence that begins with "each mask"; empty where there is nothing to say.
        """
        if self._turns(drawn):
            return TURNED
        return ASSUMED if is_uncertain(drawn, self.size, self.orientation) else ""

    def _turns(self, drawn: tuple[int, ...]) -> bool:
        height, width = drawn
        return is_stored((height, width), self.size, self.orientation)

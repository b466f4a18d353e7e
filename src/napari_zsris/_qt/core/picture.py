"""What is to be segmented, frozen: where its pixels are, and how they look on the canvas."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ImageError

__all__ = ["Picture", "Plane"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

SMALLEST_SPAN = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, eq=False)
class Plane:
    """One plane of one image layer, not yet read.

    Parameters
    ----------
    data : array-like
        The layer's data at the working level; may be lazy (dask, zarr), so it is read in a worker.
    index : tuple of int or slice
        What to take of `data`; gives (H, W), or (H, W, 3 or 4) for colour.
    limits : tuple of float
        The values shown as black and as full brightness.
    flipped : bool
        Whether rows and columns change places, as when the viewer shows transposed axes.
    rgb : bool
        Whether the last axis holds red, green, blue (and alpha).
    gamma : float
        The exponent of the display, 1 for linear.
    tint : tuple of float
        Red, green and blue, 0 to 1, that full brightness has; ignored for colour.
    """

    data: Any
    index: tuple[int | slice, ...]
    limits: tuple[float, float]
    flipped: bool = False
    rgb: bool = False
    gamma: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def read(self) -> npt.NDArray[Any]:
        """Read the plane's values.

        Returns
        -------
        (H, W) or (H, W, 3 or 4) array
            Of the data's own type.
        """
        raw = np.asarray(self.data[self.index])
        return raw.swapaxes(0, 1) if self.flipped else raw

    def light(self, raw: npt.NDArray[Any]) -> FloatArray:
        """Show values as the canvas does, transparent ones on white.

        Parameters
        ----------
        raw : (H, W) or (H, W, 3 or 4) array
            What `read` gave.

        Returns
        -------
        (H, W, 3) float32 array
            Red, green and blue, 0 to 1.
        """
        if not self.rgb:
            return self._shown(raw)[..., None] * np.array(self.tint, np.float32)
        colour = self._shown(raw[..., :3])
        if raw.shape[-1] == 3:
            return colour
        opacity = _opacity(raw[..., 3:])
        return colour * opacity + (1 - opacity)

    def shows_as_is(self, raw: npt.NDArray[Any]) -> bool:
        """Tell whether values are the 8-bit colours of the canvas already.

        Parameters
        ----------
        raw : (H, W) or (H, W, 3 or 4) array
            What `read` gave.

        Returns
        -------
        bool
            True for opaque 8-bit colour with nothing changed about its display.
        """
        plain = self.limits == (0.0, 255.0) and self.gamma == 1.0
        return plain and self.rgb and raw.dtype == np.uint8 and raw.shape[-1] == 3

    def _shown(self, raw: npt.NDArray[Any]) -> FloatArray:
        low, high = self.limits
        # A float32 cannot tell neighbouring large integers apart.
        exact: npt.NDArray[np.floating[Any]] = raw.astype(
            np.float64 if raw.dtype.itemsize > 2 else np.float32
        )
        exact = (exact - low) / max(high - low, SMALLEST_SPAN)
        finite = np.nan_to_num(exact, posinf=1.0, neginf=0.0)
        shown: FloatArray = finite.clip(0.0, 1.0).astype(np.float32)
        return shown if self.gamma == 1.0 else np.power(shown, np.float32(self.gamma))


@dataclass(frozen=True, eq=False)
class Picture:
    """A frozen request for pixels: one plane, or several that are added like light.

    Parameters
    ----------
    key : hashable
        Equal for pictures with the same pixels.
    planes : tuple of Plane
        What is shown together.
    """

    key: Hashable
    planes: tuple[Plane, ...]

    def pixels(self) -> npt.NDArray[np.uint8]:
        """Read the picture; slow where the data are lazy.

        Returns
        -------
        (H, W, 3) uint8 array
            RGB as on the canvas.

        Raises
        ------
        ImageError
            The planes have no pixels, or are of different sizes.
        """
        raws = [plane.read() for plane in self.planes]
        sizes = {raw.shape[:2] for raw in raws}
        if len(sizes) != 1 or 0 in next(iter(sizes)):
            raise ImageError(
                f"the image has planes of {sorted(sizes)} pixels, which give no picture: "
                "choose an image with pixels, or channels of one size"
            )
        if len(raws) == 1 and self.planes[0].shows_as_is(raws[0]):
            return np.ascontiguousarray(raws[0])
        total = np.zeros((*raws[0].shape[:2], 3), np.float32)
        for plane, raw in zip(self.planes, raws, strict=True):
            total += plane.light(raw)
        pixels: npt.NDArray[np.uint8] = np.rint(total.clip(0.0, 1.0) * 255).astype(np.uint8)
        return pixels


def _opacity(alpha: npt.NDArray[Any]) -> FloatArray:
    full = np.iinfo(alpha.dtype).max if np.issubdtype(alpha.dtype, np.integer) else 1.0
    opacity: FloatArray = np.clip(alpha.astype(np.float32) / np.float32(full), 0.0, 1.0)
    return opacity

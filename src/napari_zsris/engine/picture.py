"""What is to be segmented, frozen: where its pixels are, and how they look on the canvas."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ImageError

__all__ = ["Picture", "Plane", "content_hash"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

SMALLEST_SPAN = float(np.finfo(np.float32).tiny)

# To copy so much takes the window some 5 ms.
BYTES_TO_COPY_AT_ONCE = 16 * 2**20
LARGEST_PIECE = 2**24
ATTEMPTS = 10


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
    owned : bool
        Whether `data` is a copy that nobody else changes.
    """

    data: Any
    index: tuple[int | slice, ...]
    limits: tuple[float, float]
    flipped: bool = False
    rgb: bool = False
    gamma: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    owned: bool = False

    @property
    def lazy(self) -> bool:
        """Whether the values are computed or loaded when they are read, and do not change."""
        return not isinstance(self.data, np.ndarray)

    @property
    def display(self) -> Hashable:
        """All that shapes the plane's look besides its values."""
        return self.limits, self.rgb, self.gamma, self.tint

    def copied(self) -> Plane:
        """Copy an array's values, so that changes of the array no longer count.

        Returns
        -------
        Plane
            The same plane; lazy data stay as they are.
        """
        if self.lazy or self.owned:
            return self
        return replace(self, data=np.array(self.data[self.index]), index=(), owned=True)

    def read(self) -> npt.NDArray[Any]:
        """Read the plane's values; slow where the data are lazy.

        Returns
        -------
        (H, W) or (H, W, 3 or 4) array
            Of the data's own type; a copy of what somebody else may change meanwhile.

        Raises
        ------
        ImageError
            The values change all the time.
        """
        raw = np.asarray(self.data[self.index])
        if not self.lazy and not self.owned:
            raw = _settled(raw)
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

    @property
    def lazy(self) -> bool:
        """Whether some of its values are computed or loaded when they are read."""
        return any(plane.lazy for plane in self.planes)

    def frozen(self) -> Picture:
        """Copy the planes of arrays at once, where they are small; for the main thread.

        Larger ones are copied when they are read.

        Returns
        -------
        Picture
            The same picture, of which a person changes nothing any more.
        """
        taken = [plane.data[plane.index] for plane in self.planes if not plane.lazy]
        if sum(values.nbytes for values in taken) > BYTES_TO_COPY_AT_ONCE:
            return self
        return replace(self, planes=tuple(plane.copied() for plane in self.planes))

    def read(self) -> tuple[npt.NDArray[Any], ...]:
        """Read the planes' values; slow where the data are lazy.

        Returns
        -------
        tuple of (H, W) or (H, W, 3 or 4) arrays
            One of each plane.

        Raises
        ------
        ImageError
            The planes have no pixels, or are of different sizes.
        """
        raws = tuple(plane.read() for plane in self.planes)
        sizes = {raw.shape[:2] for raw in raws}
        if len(sizes) != 1 or 0 in next(iter(sizes)):
            raise ImageError(
                f"the image has planes of {sorted(sizes)} pixels, which give no picture: "
                "choose an image with pixels, or channels of one size"
            )
        return raws

    def show(self, raws: tuple[npt.NDArray[Any], ...]) -> npt.NDArray[np.uint8]:
        """Turn values into colours.

        Parameters
        ----------
        raws : tuple of arrays
            What `read` gave.

        Returns
        -------
        (H, W, 3) uint8 array
            RGB as on the canvas.
        """
        if len(raws) == 1 and self.planes[0].shows_as_is(raws[0]):
            return np.ascontiguousarray(raws[0])
        total = np.zeros((*raws[0].shape[:2], 3), np.float32)
        for plane, raw in zip(self.planes, raws, strict=True):
            total += plane.light(raw)
        pixels: npt.NDArray[np.uint8] = np.rint(total.clip(0.0, 1.0) * 255).astype(np.uint8)
        return pixels

    def pixels(self) -> npt.NDArray[np.uint8]:
        """Read and show the picture.

        Returns
        -------
        (H, W, 3) uint8 array
            RGB as on the canvas.

        Raises
        ------
        ImageError
            The planes have no pixels, or are of different sizes.
        """
        return self.show(self.read())

    @property
    def display(self) -> Hashable:
        """All that shapes its look besides its values."""
        return tuple(plane.display for plane in self.planes)


def content_hash(*planes: npt.NDArray[Any]) -> str:
    """Give what arrays have in common that hold the same: the identity of a photo without a file.

    Parameters
    ----------
    *planes : array
        The planes as they were read, in their order.

    Returns
    -------
    str
        The BLAKE2b digest, 20 bytes in hexadecimal, of every plane's shape, type and bytes in C
        order.
    """
    digest = hashlib.blake2b(digest_size=20)
    for plane in planes:
        digest.update(f"{plane.shape} {plane.dtype.str};".encode())
        for piece in _pieces(plane):
            digest.update(np.ascontiguousarray(piece).view(np.uint8).data)
    return digest.hexdigest()


def _pieces(plane: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """Cut an array along its rows, so that no second one of its size is needed."""
    if not plane.size:
        return
    rows = max(1, LARGEST_PIECE * len(plane) // plane.nbytes)
    for first in range(0, len(plane), rows):
        yield plane[first : first + rows]


def _settled(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Copy an array that another thread may be writing to, until the copy is of one moment."""
    for _ in range(ATTEMPTS):
        copied = np.array(values)
        if np.array_equal(copied, values, equal_nan=values.dtype.kind in "fc"):
            return copied
    raise ImageError(
        "the image changes all the time: wait until what changes it has finished, then ask again"
    )


def _opacity(alpha: npt.NDArray[Any]) -> FloatArray:
    full = np.iinfo(alpha.dtype).max if np.issubdtype(alpha.dtype, np.integer) else 1.0
    opacity: FloatArray = np.clip(alpha.astype(np.float32) / np.float32(full), 0.0, 1.0)
    return opacity

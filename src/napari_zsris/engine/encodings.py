"""Encoded photos, as many as memory allows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.engine.mask_colour import mask_colour
from napari_zsris.engine.thumbnails import thumbnail
from napari_zsris.rle import Rle, encode_rle

if TYPE_CHECKING:
    from napari_zsris.method import Scene

__all__ = ["EncodedPhoto", "Encodings"]

RGB: TypeAlias = npt.NDArray[np.uint8]

# A photo of a megapixel takes about 10 MB with its hundred masks and their features.
BYTES_TO_KEEP = 512 * 2**20


@dataclass(frozen=True, eq=False)
class EncodedPhoto:
    """A photo's scene, and what is shown of it.

    Parameters
    ----------
    scene : Scene
        Masks and features.
    pixels : (H, W, 3) uint8 array
        The photo.
    """

    scene: Scene
    pixels: RGB
    _looks: dict[int, tuple[RGB, str]] = field(default_factory=dict)
    _rles: dict[int, Rle] = field(default_factory=dict)

    def look(self, proposal: int) -> tuple[RGB, str]:
        """Give the small picture of a proposal and the colour of its mask, made once.

        Parameters
        ----------
        proposal : int
            Which proposal of the scene.

        Returns
        -------
        (S, S, 3) uint8 array
            The object, what is around it dimmed.
        str
            The colour that shows the mask best, as #rrggbb.
        """
        if proposal not in self._looks:
            bitmap = self.scene.proposals.bitmaps[proposal]
            colour = mask_colour(self.pixels, bitmap)
            self._looks[proposal] = thumbnail(self.pixels, bitmap, colour=colour), colour
        return self._looks[proposal]

    def rle(self, proposal: int) -> Rle:
        """Give a proposal's mask as projects keep it, made once.

        Parameters
        ----------
        proposal : int
            Which proposal of the scene.

        Returns
        -------
        Rle
            The mask in the whole frame.
        """
        if proposal not in self._rles:
            height, width = self.scene.proposals.size
            bitmap = self.scene.proposals.bitmaps[proposal]
            self._rles[proposal] = encode_rle(bitmap.window(0, 0, width, height))
        return self._rles[proposal]

    @cached_property
    def doubt(self) -> str:
        """Why the photo may be none, a sentence; empty for what may well be one."""
        from napari_zsris.method.doubt import doubt_about_photo

        return doubt_about_photo(self.pixels)

    @property
    def nbytes(self) -> int:
        """Bytes that the photo, its masks and its features take."""
        scene = self.scene
        arrays = (
            self.pixels,
            scene.global_features,
            scene.local_features,
            scene.context_features,
            scene.dense_features,
        )
        masks = sum(bitmap.nbytes for bitmap in scene.proposals.bitmaps)
        return masks + sum(array.nbytes for array in arrays if array is not None)


class Encodings:
    """The photos asked about last; the oldest go when all take more than `limit` bytes.

    Parameters
    ----------
    limit : int
        How many bytes to keep; the latest photo stays in any case.
    """

    def __init__(self, limit: int = BYTES_TO_KEEP) -> None:
        self._limit = limit
        self._photos: OrderedDict[Hashable, EncodedPhoto] = OrderedDict()

    def __len__(self) -> int:
        return len(self._photos)

    def get(self, key: Hashable) -> EncodedPhoto | None:
        """Find a photo, which is the latest from then on.

        Parameters
        ----------
        key : hashable
            What it was kept by.

        Returns
        -------
        EncodedPhoto or None
            None where it is not kept.
        """
        if key in self._photos:
            self._photos.move_to_end(key)
        return self._photos.get(key)

    def keep(self, key: Hashable, photo: EncodedPhoto) -> None:
        """Keep a photo, and let the oldest go where there is no room.

        Parameters
        ----------
        key : hashable
            What to find it by.
        photo : EncodedPhoto
            The photo.
        """
        self._photos[key] = photo
        total = sum(kept.nbytes for kept in self._photos.values())
        while total > self._limit and len(self._photos) > 1:
            total -= self._photos.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Let all photos go."""
        self._photos.clear()

"""What a CLIP tower gets to see of a photo: the whole frame, and one crop per mask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from torch import Tensor

    from napari_zsris.method.method import Method
    from napari_zsris.proposals import Proposals

__all__ = ["Views", "crop_boxes"]

Photo: TypeAlias = npt.NDArray[np.uint8]
Triple: TypeAlias = tuple[float, float, float]
Box: TypeAlias = tuple[int, int, int, int]
# Gives the normalised pixels of a rectangle of the photo that was shrunk by a whole factor, or a
# colour that fills any rectangle.
Canvas: TypeAlias = "Callable[[Box, int], Tensor]"

PUBLISHED_SHORT_SIDE = 800
# Standard deviation of the blurred background, as a share of the photo's short side.
BLUR = 0.1
# So much larger than a view, at least, is what it is shrunk from. A photo of 48 megapixels would
# otherwise be filtered at its full size for each of a hundred masks.
OVERSAMPLING = 2
# The shortest side, in pixels, of what is blurred: less than the blur lets through.
BLURRED_SIDE = 512
# How far the unmasked context crop reaches beyond the box on every side, as a share of its sides.
CONTEXT_MARGIN = 0.2


class Statistics(NamedTuple):
    """Mean and standard deviation of a channel's pixels, on a scale of 0 to 1."""

    mean: Triple
    std: Triple

    def normalize(self, photo: Photo) -> Tensor:
        """Normalise a photo.

        Parameters
        ----------
        photo : (h, w, 3) uint8 array
            A photo or a part of one, RGB.

        Returns
        -------
        (3, h, w) float32 tensor
            ``(photo / 255 - mean) / std``.
        """
        # Copied, since photos may be read-only, which torch's tensors cannot be.
        pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1).float()
        return pixels.div_(255.0).sub_(_column(self.mean)).div_(_column(self.std))


IMAGENET = Statistics((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def crop_boxes(proposals: Proposals, margin: float) -> npt.NDArray[np.int64]:
    """Choose the rectangle of the photo that shows each mask.

    As in the published code, a source's box is truncated to whole pixels. Where that leaves
    nothing (which crashed there) the mask's tight box stands in, and the whole frame for a mask
    without pixels.

    Parameters
    ----------
    proposals : Proposals
        The N masks and their boxes.
    margin : float
        How far to reach beyond the box on every side, as a share of its sides.

    Returns
    -------
    (N, 4) int64 array
        x0, y0, x1, y1 in pixels, inside the photo, at least one pixel wide and high.
    """
    height, width = proposals.size
    limits = np.array([width, height, width, height])
    frame = np.array([0, 0, width, height])
    boxes = np.clip(np.trunc(proposals.boxes), 0, limits).astype(np.int64)
    for box, bitmap in zip(boxes, proposals.bitmaps, strict=True):
        if box[0] >= box[2] or box[1] >= box[3]:
            box[:] = bitmap.box if bitmap.height else frame
    reach = np.round((boxes[:, 2:] - boxes[:, :2]) * margin).astype(np.int64)
    inside: npt.NDArray[np.int64] = np.clip(boxes + np.hstack([-reach, reach]), 0, limits)
    return inside


class Views:
    """The pictures of one photo that a tower is shown, normalised and of its input size.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        The photo, RGB.
    size : tuple of int
        The (height, width) of the local views.
    statistics : Statistics
        The tower's own pixel statistics.
    method : Method
        Normalisation, antialiasing, background and margin.
    """

    def __init__(
        self, photo: Photo, size: tuple[int, int], statistics: Statistics, method: Method
    ) -> None:
        self._photo = photo
        self._levels = {1: photo}
        self._size = size
        self._method = method
        self._published = method.normalization == "imagenet"
        self._statistics = IMAGENET if self._published else statistics

    @cached_property
    def _short_side_800(self) -> Tensor:
        """The photo as the published code loads it, (1, 3, h, w)."""
        height, width = self._photo.shape[:2]
        short = min(height, width)
        rows, columns = (PUBLISHED_SHORT_SIDE * side // short for side in (height, width))
        resized = Image.fromarray(self._photo).resize((columns, rows), Image.Resampling.BILINEAR)
        return self._statistics.normalize(np.asarray(resized))[None]

    def whole(self, size: tuple[int, int]) -> Tensor:
        """Give the global view: the whole photo, squashed.

        Parameters
        ----------
        size : tuple of int
            The view's (height, width).

        Returns
        -------
        (1, 3, height, width) float32 tensor
            The photo.
        """
        if self._published:
            return self._resize(self._short_side_800, size)
        shrunk = self._shrunk(self._factor(self._photo.shape[0], self._photo.shape[1], size))
        return self._resize(self._statistics.normalize(shrunk)[None], size)

    def crops(self, proposals: Proposals) -> Iterator[Tensor]:
        """Give the local views: photo masked, cropped to the mask's box, resized.

        ``T_crop(I * m + (1 - m) * fill)`` in the paper. Only the box is ever touched, so the cost
        of a small object in a large photo is that of a small object.

        Parameters
        ----------
        proposals : Proposals
            The N masks and their boxes.

        Yields
        ------
        (3, h, w) float32 tensor
            One view per mask, in order.
        """
        foreground, background = self._foreground(), self._background()
        boxes = crop_boxes(proposals, self._method.margin).tolist()
        for bitmap, box in zip(proposals.bitmaps, boxes, strict=True):
            part, factor = self._scaled(box)
            mask = bitmap.window(*box)[factor // 2 :: factor, factor // 2 :: factor]
            inside = torch.from_numpy(mask[: part[3] - part[1], : part[2] - part[0]])
            seen = torch.where(inside, foreground(part, factor), background(part, factor))
            yield self._resize(seen[None], self._size)[0]

    def contexts(self, proposals: Proposals) -> Iterator[Tensor]:
        """Give the context views: each object with its surroundings, as the method asks for.

        Parameters
        ----------
        proposals : Proposals
            The N masks and their boxes.

        Yields
        ------
        (3, h, w) float32 tensor
            One view per mask, in order; none where the method has no context.
        """
        match self._method.context:
            case "crop":
                foreground = self._foreground()
                for box in crop_boxes(proposals, CONTEXT_MARGIN).tolist():
                    yield self._resize(foreground(*self._scaled(box))[None], self._size)[0]
            case "frame":
                # Masks are shrunk first and then laid over the photo, which is shrunk only once.
                sharp = self.whole(self._size)[0]
                blurred = self._statistics.normalize(self._blurred[0])
                soft = self._resize(blurred[None], self._size)[0]
                antialias = self._method.antialias
                for mask in proposals.grid_masks(*self._size, antialias=antialias):
                    yield torch.lerp(soft, sharp, torch.from_numpy(mask))

    def _resize(self, pixels: Tensor, size: tuple[int, int]) -> Tensor:
        return F.interpolate(pixels, size, mode="bilinear", antialias=self._method.antialias)

    def _factor(self, height: int, width: int, size: tuple[int, int]) -> int:
        """Tell by which power of two a part of the photo can be shrunk before it is resized."""
        if self._published or not self._method.antialias:
            return 1
        room = min(
            side // (OVERSAMPLING * wanted)
            for side, wanted in zip((height, width), size, strict=True)
        )
        return 1 << max(0, room.bit_length() - 1)

    def _scaled(self, box: Box) -> tuple[Box, int]:
        """Give a rectangle in pixels of the shrunk photo that it is cut from, and the factor."""
        x0, y0, x1, y1 = box
        factor = self._factor(y1 - y0, x1 - x0, self._size)
        left, top = x0 // factor, y0 // factor
        return (left, top, left + (x1 - x0) // factor, top + (y1 - y0) // factor), factor

    def _shrunk(self, factor: int) -> Photo:
        """Give the photo, each pixel the mean of a square of `factor` by `factor`."""
        if factor not in self._levels:
            self._levels[factor] = np.asarray(Image.fromarray(self._photo).reduce(factor))
        return self._levels[factor]

    @cached_property
    def _blurred(self) -> tuple[Photo, int]:
        """The blurred photo, and by which factor it was shrunk, since nothing fine is in it."""
        short = min(self._photo.shape[:2])
        factor = self._factor(short, short, (BLURRED_SIDE // OVERSAMPLING,) * 2)
        soft = Image.fromarray(self._shrunk(factor)).filter(
            ImageFilter.GaussianBlur(BLUR * short / factor)
        )
        return np.asarray(soft), factor

    def _foreground(self) -> Canvas:
        if not self._published:
            return lambda part, factor: self._statistics.normalize(
                self._shrunk(factor)[part[1] : part[3], part[0] : part[2]]
            )
        height, width = self._photo.shape[:2]
        pixels = self._resize(self._short_side_800, (height, width))[0]
        return lambda part, _: pixels[:, part[1] : part[3], part[0] : part[2]]

    def _background(self) -> Canvas:
        match self._method.background:
            case "mean":
                colour = torch.zeros(3, 1, 1)
            case "published":
                colour = _column(IMAGENET.mean)
            case "blur":
                return self._soft
        return lambda *_: colour

    def _soft(self, part: Box, factor: int) -> Tensor:
        blurred, shrunk = self._blurred
        if factor == shrunk:
            return self._statistics.normalize(blurred[part[1] : part[3], part[0] : part[2]])
        height, width = blurred.shape[:2]
        x0, y0, x1, y1 = (side * factor / shrunk for side in part)
        within = min(x0, width - 1), min(y0, height - 1), min(x1, width), min(y1, height)
        size = part[2] - part[0], part[3] - part[1]
        pixels = Image.fromarray(blurred).resize(size, Image.Resampling.BILINEAR, box=within)
        return self._statistics.normalize(np.asarray(pixels))


def _column(values: Triple) -> Tensor:
    return torch.tensor(values).view(3, 1, 1)

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
# Gives the normalised pixels of a rectangle of the photo, or a colour that fills any rectangle.
Canvas: TypeAlias = "Callable[[Box], Tensor]"

PUBLISHED_SHORT_SIDE = 800
# Standard deviation of the blurred background, as a share of the photo's short side.
BLUR = 0.1
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
        return self._resize(self._statistics.normalize(self._photo)[None], size)

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
            mask = torch.from_numpy(bitmap.window(*box))
            seen = torch.where(mask, foreground(box), background(box))
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
                    yield self._resize(foreground(box)[None], self._size)[0]
            case "frame":
                # Masks are shrunk first and then laid over the photo, which is shrunk only once.
                sharp = self.whole(self._size)[0]
                blurred = self._statistics.normalize(_blurred(self._photo))
                soft = self._resize(blurred[None], self._size)[0]
                antialias = self._method.antialias
                for mask in proposals.grid_masks(*self._size, antialias=antialias):
                    yield torch.lerp(soft, sharp, torch.from_numpy(mask))

    def _resize(self, pixels: Tensor, size: tuple[int, int]) -> Tensor:
        return F.interpolate(pixels, size, mode="bilinear", antialias=self._method.antialias)

    def _foreground(self) -> Canvas:
        if not self._published:
            return _photo_canvas(self._photo, self._statistics)
        height, width = self._photo.shape[:2]
        pixels = self._resize(self._short_side_800, (height, width))[0]
        return lambda box: pixels[:, box[1] : box[3], box[0] : box[2]]

    def _background(self) -> Canvas:
        match self._method.background:
            case "mean":
                colour = torch.zeros(3, 1, 1)
            case "published":
                colour = _column(IMAGENET.mean)
            case "blur":
                return _photo_canvas(_blurred(self._photo), self._statistics)
        return lambda _: colour


def _photo_canvas(photo: Photo, statistics: Statistics) -> Canvas:
    return lambda box: statistics.normalize(photo[box[1] : box[3], box[0] : box[2]])


def _blurred(photo: Photo) -> Photo:
    sigma = BLUR * min(photo.shape[:2])
    return np.asarray(Image.fromarray(photo).filter(ImageFilter.GaussianBlur(sigma)))


def _column(values: Triple) -> Tensor:
    return torch.tensor(values).view(3, 1, 1)

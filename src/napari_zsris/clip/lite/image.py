"""The image tower: an ImageNet classifier's features beside the shares of eleven colours."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from napari_zsris.clip.convolutional import ConvolutionalTower
from napari_zsris.clip.lite.colours import colour_shares
from napari_zsris.imagenet import CENTRE

__all__ = ["LiteImageTower", "class_prototypes"]

SIZE = (260, 260)
# Small objects vanish on the 9 x 9 map of 260 pixels; a convolutional network reads larger photos.
FRAME = (512, 512)
STRIDE = 32
# Masks are kept fine for colours and averaged for the map of features, which is four times coarser.
GRID = (64, 64)
# Length of the colour part beside features of length one. Under a mask all pixels are the
# object's; in a crop those near the middle probably are.
MASKED_COLOUR = 0.5
CROP_COLOUR = 0.2
WINDOW = 0.5


def class_prototypes(network: Any) -> Tensor:  # noqa: ANN401
    """Give the direction in feature space that speaks for each class.

    Parameters
    ----------
    network : torch.nn.Module
        The classifier, whose logits are ``features @ weight.T + bias``. What all rows of `weight`
        share cannot tell classes apart, so it is subtracted.

    Returns
    -------
    (1000, 1280) float32 tensor
        One row per class, not normalised.
    """
    weight: Tensor = network.classifier.weight.float()
    return weight - weight.mean(dim=0)


class LiteImageTower(ConvolutionalTower):
    """EfficientNet-Lite2 before its average pool, with colours appended.

    Parameters
    ----------
    network : torch.nn.Module
        The classifier of :func:`~napari_zsris.imagenet.load_classifier` on its device; its last
        layer is taken off.
    """

    def __init__(self, network: Any) -> None:  # noqa: ANN401
        network.reset_classifier(0)
        super().__init__(network, SIZE, CENTRE, CENTRE)
        self.grid = GRID

    @property
    def frame(self) -> tuple[int, int]:
        """Height and width of the whole photo under masks."""
        return FRAME

    @torch.inference_mode()
    def encode(self, pixels: Tensor) -> Tensor:
        """Encode whole pictures; colours count more the nearer they are to the middle.

        Parameters
        ----------
        pixels : (B, 3, h, w) float tensor
            Normalised pictures of the tower's `size`, on any device.

        Returns
        -------
        (B, 1291) float32 tensor
            1,280 features of length one, then the square roots of the shares of `COLOURS`, scaled.
        """
        features = super().encode(pixels)
        shares = _shares(pixels.to(features.device), GRID)
        middle = _window(GRID).to(features)
        colours = torch.einsum("bchw,hw->bc", shares, middle / middle.sum())
        return _join(features, CROP_COLOUR * colours.sqrt())

    @torch.inference_mode()
    def encode_masked(self, pixels: Tensor, masks: Tensor, layers: int) -> Tensor:
        """Encode one photo under many masks: the means of its features and colours over each.

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `frame`.
        masks : (N, 64, 64) float tensor
            Masks on the tower's `grid`, in 0..1; an empty one has neither features nor colours.
        layers : int
            Of no effect.

        Returns
        -------
        (N, 1291) float32 tensor
            As of :meth:`encode`, but colours weigh more, since all of them are the object's.
        """
        coarse = (-(-pixels.shape[2] // STRIDE), -(-pixels.shape[3] // STRIDE))
        features = super().encode_masked(pixels, F.adaptive_avg_pool2d(masks, coarse), layers)
        weights = masks.to(features)
        area = weights.sum(dim=(1, 2)).clamp(min=torch.finfo(weights.dtype).tiny)
        shares = _shares(pixels.to(features.device), GRID)[0]
        colours = torch.einsum("chw,nhw->nc", shares, weights) / area[:, None]
        return _join(features, MASKED_COLOUR * colours.sqrt())


def _shares(pixels: Tensor, grid: tuple[int, int]) -> Tensor:
    """Name the colours of normalised pictures on a coarse grid, (B, 11, gh, gw)."""
    centre = torch.tensor(CENTRE, device=pixels.device).view(3, 1, 1)
    coarse = F.adaptive_avg_pool2d(pixels.float() * centre + centre, grid)
    return colour_shares(coarse.clamp(0, 1))


def _window(grid: tuple[int, int]) -> Tensor:
    """Give a bell over the frame, of standard deviation `WINDOW` of half a side."""
    rows, columns = (torch.linspace(-1, 1, side) / WINDOW for side in grid)
    return torch.exp(-(rows[:, None] ** 2 + columns**2) / 2)


def _join(features: Tensor, colours: Tensor) -> Tensor:
    return torch.cat([F.normalize(features, dim=1), colours], dim=1)

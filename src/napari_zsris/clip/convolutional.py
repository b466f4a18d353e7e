"""Convolutional towers from timm, split before the average pool."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from napari_zsris.clip.towers import ImageTower
from napari_zsris.errors import ModelUnavailableError

__all__ = ["ConvolutionalTower"]

# On a CPU larger batches spill out of its caches and take up to twice the time.
PIXELS_AT_ONCE = 8 * 260 * 260


class ConvolutionalTower(ImageTower):
    """A timm network with a map of features at its end, and what projects the pooled map.

    Parameters
    ----------
    trunk : torch.nn.Module
        A timm model that pools by the mean, in evaluation mode.
    size : tuple of int
        Height and width of the pixels it reads.
    mean, std : tuple of float
        Per-channel statistics of the pixels it was trained on.
    projection : torch.nn.Module, optional
        Maps the (B, C) output of the trunk's own head to (B, D); nothing by default.

    Raises
    ------
    ModelUnavailableError
        The network does not end in a map of features.
    """

    kind: Literal["convolutional"] = "convolutional"

    def __init__(
        self,
        trunk: nn.Module,
        size: tuple[int, int],
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
        projection: nn.Module | None = None,
    ) -> None:
        self.trunk: Any = trunk.to(memory_format=torch.channels_last)
        self.projection = nn.Identity() if projection is None else projection
        self.size, self.mean, self.std = size, mean, std
        self.cost, self.budget = size[0] * size[1], PIXELS_AT_ONCE
        with torch.inference_mode():
            features = self._map(torch.zeros(1, 3, *size))
        if features.ndim != 4:
            raise ModelUnavailableError(
                f"image towers of class {type(trunk).__name__} cannot be masked, for they end in "
                "no map of features: choose a ViT, a ResNet or a convolutional model"
            )
        self.grid = (features.shape[2], features.shape[3])

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self._like.device

    @torch.inference_mode()
    def encode(self, pixels: Tensor) -> Tensor:
        """Encode whole pictures, in batches of `batch_size`.

        Parameters
        ----------
        pixels : (B, 3, h, w) float tensor
            Normalised pictures of the tower's `size`, on any device.

        Returns
        -------
        (B, D) float32 tensor
            Features on the tower's device, not normalised.
        """
        batches = torch.split(pixels, self.batch_size)
        return torch.cat([self._head(self._map(batch)) for batch in batches])

    @torch.inference_mode()
    def encode_masked(self, pixels: Tensor, masks: Tensor, layers: int) -> Tensor:  # noqa: ARG002
        """Encode one photo under many masks: the mean of its final map over each mask.

        The map is computed once; f = head(sum(map * mask) / sum(mask)).

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `size`.
        masks : (N, gh, gw) float tensor
            Masks on the tower's `grid`, in 0..1; an empty one pools to zeros before the head.
        layers : int
            Of no effect.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask on the tower's device, not normalised.
        """
        features = self._map(pixels)[0].float()
        weights = masks.to(features)
        area = weights.sum(dim=(1, 2)).clamp(min=torch.finfo(weights.dtype).tiny)
        pooled = torch.einsum("chw,nhw->nc", features, weights) / area[:, None]
        return self._head(pooled[:, :, None, None])

    def _map(self, pixels: Tensor) -> Tensor:
        """Give the (B, C, gh, gw) map before the trunk's head."""
        features: Tensor = self.trunk.forward_features(pixels.to(self._like))
        channels_last = getattr(self.trunk, "output_fmt", "NCHW") == "NHWC"
        return features.movedim(-1, 1) if channels_last else features

    def _head(self, features: Tensor) -> Tensor:
        """Apply the trunk's head, whose pooling leaves a map of one pixel as it is."""
        channels_last = getattr(self.trunk, "output_fmt", "NCHW") == "NHWC"
        laid_out = features.permute(0, 2, 3, 1) if channels_last else features
        projected: Tensor = self.projection(self.trunk.forward_head(laid_out.to(self._like)))
        return projected.float()

    @property
    def _like(self) -> Tensor:
        first: Tensor = next(self.trunk.parameters())
        return first

"""SOLOv2's heads: one predicts classes and kernels on a grid, the other the mask features."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["GRIDS", "InstanceHead", "MaskHead"]

GRIDS = (40, 36, 24, 16, 12)
GROUPS = 32
PYRAMID_CHANNELS = 256
INSTANCE_CHANNELS = 512
MASK_CHANNELS = 128
KERNEL_CHANNELS = 256
CLASSES = 2
COORDINATES = 2


class InstanceHead(nn.Module):
    """Class logits and dynamic kernels on a grid of S x S cells for each pyramid level."""

    def __init__(self) -> None:
        super().__init__()
        self.class_tower = _tower(PYRAMID_CHANNELS)
        self.kernel_tower = _tower(PYRAMID_CHANNELS + COORDINATES)
        self.class_predictor = nn.Conv2d(INSTANCE_CHANNELS, CLASSES, 3, padding=1)
        self.kernel_predictor = nn.Conv2d(INSTANCE_CHANNELS, KERNEL_CHANNELS, 3, padding=1)

    def forward(self, pyramid: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Predict on every level with the same weights.

        Parameters
        ----------
        pyramid : sequence of five (1, 256, h, w) tensors
            p2 to p6.

        Returns
        -------
        classes : list of (1, 2, S, S) tensors
            Class logits.
        kernels : list of (1, 256, S, S) tensors
            Dynamic kernels.
        """
        levels = zip(even_levels(pyramid), GRIDS, strict=True)
        grids = [_resize(with_coordinates(level), (side, side)) for level, side in levels]
        classes = [
            self.class_predictor(self.class_tower(grid[:, :PYRAMID_CHANNELS])) for grid in grids
        ]
        return classes, [self.kernel_predictor(self.kernel_tower(grid)) for grid in grids]


class MaskHead(nn.Module):
    """The mask features: four pyramid levels brought to stride 4 and summed."""

    def __init__(self) -> None:
        super().__init__()
        channels = [PYRAMID_CHANNELS] * 3 + [PYRAMID_CHANNELS + COORDINATES]
        self.levels = nn.ModuleList(_climb(count, level) for level, count in enumerate(channels))
        self.predictor = _unit(MASK_CHANNELS, KERNEL_CHANNELS, kernel=1)

    def forward(self, pyramid: Sequence[Tensor]) -> Tensor:
        """Fuse the levels.

        Parameters
        ----------
        pyramid : sequence of four (1, 256, h, w) tensors
            p2 to p5.

        Returns
        -------
        (1, 256, h, w) tensor
            Mask features of p2's size.
        """
        *finer, coarsest = pyramid
        inputs = [*finer, with_coordinates(coarsest)]
        first, *others = (
            level(features) for level, features in zip(self.levels, inputs, strict=True)
        )
        features: Tensor = self.predictor(sum(others, first))
        return features


def even_levels(pyramid: Sequence[Tensor]) -> list[Tensor]:
    """Bring p2 to p3's size and p6 to p5's: strides 8, 8, 16, 32 and 32.

    Parameters
    ----------
    pyramid : sequence of five (1, C, h, w) tensors
        p2 to p6.

    Returns
    -------
    list of five (1, C, h, w) tensors
        The instance head's inputs.
    """
    p2, p3, p4, p5, p6 = pyramid
    height, width = p2.shape[-2:]
    return [_resize(p2, (height // 2, width // 2)), p3, p4, p5, _resize(p6, p5.shape[-2:])]


def with_coordinates(features: Tensor) -> Tensor:
    """Append every pixel's x and y, from -1 to 1 over the padded map, as two channels (CoordConv).

    Parameters
    ----------
    features : (1, C, h, w) tensor
        A feature map.

    Returns
    -------
    (1, C + 2, h, w) tensor
        The map with x and y behind its channels.
    """
    height, width = features.shape[-2:]
    x = torch.linspace(-1, 1, width, device=features.device, dtype=features.dtype)
    y = torch.linspace(-1, 1, height, device=features.device, dtype=features.dtype)
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.cat([features, columns[None, None], rows[None, None]], dim=1)


def _unit(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.GroupNorm(GROUPS, outputs), nn.ReLU(inplace=True))


def _climb(inputs: int, level: int) -> nn.Sequential:
    if level == 0:
        return nn.Sequential(_unit(inputs, MASK_CHANNELS))
    channels = [inputs] + [MASK_CHANNELS] * (level - 1)
    steps = ((_unit(count, MASK_CHANNELS), _doubling()) for count in channels)
    return nn.Sequential(*chain.from_iterable(steps))


def _doubling() -> nn.Upsample:
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)


def _tower(inputs: int, depth: int = 4) -> nn.Sequential:
    channels = [inputs] + [INSTANCE_CHANNELS] * (depth - 1)
    return nn.Sequential(*(_unit(count, INSTANCE_CHANNELS) for count in channels))


def _resize(features: Tensor, size: tuple[int, int] | torch.Size) -> Tensor:
    return functional.interpolate(
        features, size=tuple(size), mode="bilinear", align_corners=False, antialias=False
    )

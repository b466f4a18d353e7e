"""FreeSOLO's network: ResNet-101, a feature pyramid and the two heads of SOLOv2."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet101
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.ops import FrozenBatchNorm2d

from napari_zsris.proposals.freesolo.heads import InstanceHead, MaskHead

__all__ = ["FreeSoloNetwork", "NetworkOutput"]

STRIDE = 32


@dataclass(frozen=True, eq=False)
class NetworkOutput:
    """What the network predicts for one photo, before any selection.

    Parameters
    ----------
    classes : sequence of (2, S, S) tensors
        Class logits on each pyramid level's grid, S = 40, 36, 24, 16, 12.
    kernels : sequence of (256, S, S) tensors
        A 1x1 convolution's weights for every cell of the same grids.
    features : (256, h, w) tensor
        The mask features, a quarter of the padded photo's height and width.
    """

    classes: tuple[Tensor, ...]
    kernels: tuple[Tensor, ...]
    features: Tensor


class FreeSoloNetwork(nn.Module):
    """SOLOv2 on ResNet-101-FPN, as FreeSOLO trains it.

    Wang et al., "SOLOv2: Dynamic and Fast Instance Segmentation", NeurIPS 2020; Wang et al.,
    "FreeSOLO: Learning to Segment Objects without Annotations", CVPR 2022.
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = _backbone()
        self.instance_head = InstanceHead()
        self.mask_head = MaskHead()

    def forward(self, pixels: Tensor) -> NetworkOutput:
        """Run the network on one photo.

        Parameters
        ----------
        pixels : (3, H, W) tensor
            The photo, RGB, normalised with ImageNet's mean and deviation.

        Returns
        -------
        NetworkOutput
            Class logits, kernels and mask features of the photo padded to a multiple of 32.
        """
        *pyramid, top = self.backbone(pad_to_stride(pixels)[None]).values()
        classes, kernels = self.instance_head((*pyramid, top))
        features = self.mask_head(pyramid)
        return NetworkOutput(_unbatched(classes), _unbatched(kernels), features[0])


def pad_to_stride(pixels: Tensor, stride: int = STRIDE) -> Tensor:
    """Pad a normalised photo with zeros, the mean colour, on its right and bottom.

    Parameters
    ----------
    pixels : (3, H, W) tensor
        The photo.
    stride : int
        What the padded height and width are multiples of.

    Returns
    -------
    (3, H', W') tensor
        The padded photo.
    """
    height, width = pixels.shape[-2:]
    return functional.pad(pixels, (0, -width % stride, 0, -height % stride))


def _backbone() -> BackboneWithFPN:
    body = resnet101(weights=None, norm_layer=FrozenBatchNorm2d)
    stages = {f"layer{index}": str(index) for index in range(1, 5)}
    return BackboneWithFPN(body, stages, [256, 512, 1024, 2048], 256)


def _unbatched(levels: list[Tensor]) -> tuple[Tensor, ...]:
    return tuple(torch.squeeze(level, 0) for level in levels)

"""What the classifier sees at several depths, as maps over a photo."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from napari_zsris.imagenet.network import CENTRE

__all__ = ["feature_maps"]


@torch.inference_mode()
def feature_maps(
    network: Any,  # noqa: ANN401
    photo: npt.NDArray[np.uint8],
    side: int,
) -> dict[str, npt.NDArray[np.float32]]:
    """Run the classifier over a whole photo, squashed into a square.

    Parameters
    ----------
    network : torch.nn.Module
        The classifier of :func:`load_classifier`.
    photo : (H, W, 3) uint8 array
        RGB.
    side : int
        Side of the square, in pixels.

    Returns
    -------
    dict of str to (C, h, w) float32 array
        The output of each stage, "b0" to "b6" with strides 2 to 32, and of the last convolution,
        "head".
    """
    like = next(network.parameters())
    pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1).float().div_(255)
    pixels = F.interpolate(pixels[None], (side, side), mode="bilinear", antialias=True)
    pixels = (pixels - CENTRE[0]) / CENTRE[0]
    seen = network.bn1(network.conv_stem(pixels.to(like, memory_format=torch.channels_last)))
    maps = {}
    for number, block in enumerate(network.blocks):
        seen = block(seen)
        maps[f"b{number}"] = seen
    maps["head"] = network.bn2(network.conv_head(seen))
    return {name: each[0].float().cpu().numpy() for name, each in maps.items()}

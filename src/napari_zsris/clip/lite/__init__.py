"""The bundled image-text model: small, offline, made without a single captioned photo."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file
from torch import nn

from napari_zsris.clip.lite.colours import COLOURS
from napari_zsris.clip.lite.image import LiteImageTower, class_prototypes
from napari_zsris.clip.lite.network import TextNetwork
from napari_zsris.clip.lite.text import LiteTextTower
from napari_zsris.clip.lite.tokenizer import Tokenizer
from napari_zsris.clip.model import Clip
from napari_zsris.imagenet import load_classifier
from napari_zsris.placement import DevicePlacement

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LOGIT_SCALE", "VOCABULARY", "WEIGHTS", "load"]

WEIGHTS = "weights.safetensors"
VOCABULARY = "vocabulary.txt"
# Makes a softmax over the masks of one photo about as sure as it is often right.
LOGIT_SCALE = 30.0


def load(device: torch.device) -> Clip:
    """Load the bundled model.

    Parameters
    ----------
    device : torch.device
        Where it is to run.

    Returns
    -------
    Clip
        The model, in half precision on CUDA and in single precision elsewhere.

    Raises
    ------
    ModelUnavailableError
        The image weights' package is broken.
    """
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    classifier = load_classifier()
    text = _load_text(dtype, class_prototypes(classifier))
    image = LiteImageTower(classifier)
    weights = nn.ModuleList([image.trunk.to(dtype), text.network])
    placement = DevicePlacement(weights, device, "lite", text.moved)
    return Clip("lite", image, text, LOGIT_SCALE, placement, dtype)


def _load_text(dtype: torch.dtype, prototypes: Tensor) -> LiteTextTower:
    folder = files("napari_zsris.clip.lite")
    words = folder.joinpath(VOCABULARY).read_text(encoding="utf-8").split()
    network = TextNetwork(len(words), len(prototypes), len(COLOURS))
    with as_file(folder / WEIGHTS) as path:
        network.load_state_dict(load_file(path))
    network.to(dtype).eval().requires_grad_(requires_grad=False)
    return LiteTextTower(network, Tokenizer(words), prototypes)

"""From a model's name to a model: `lite`, `ARCH/TAG`, or `ARCH:FILE`."""

from __future__ import annotations

import importlib

from napari_zsris.clip.model import Clip
from napari_zsris.device import choose_device

__all__ = ["LITE", "load_clip"]

LITE = "lite"


def load_clip(name: str = LITE, device: str = "auto") -> Clip:
    """Load a CLIP model by name.

    Parameters
    ----------
    name : str
        `lite` for the bundled model; `ARCH/TAG` for published weights, such as
        `ViT-B-32-quickgelu/openai`; `ARCH:FILE` for a local checkpoint (safetensors, or
        `torch.save` with tensors only). A checkpoint does not say which activation it was trained
        with: OpenAI's, MetaCLIP's and DFN's weights need an architecture that ends in
        `-quickgelu`, and give slightly wrong features without it. A tag does say, and is obeyed.
    device : str
        `auto` for CUDA, MPS or CPU, whichever comes first, or torch's name of a device.

    Returns
    -------
    Clip
        The model, in half precision on CUDA and in single precision elsewhere.

    Raises
    ------
    ModelUnavailableError
        The name is unknown, the weights cannot be had or read or are of another architecture,
        the device is not there, or the image tower is of a kind that cannot be masked.
    """
    place = choose_device(device)
    if name == LITE:
        lite: Clip = importlib.import_module("napari_zsris.clip.lite").load(place)
        return lite
    # Costs seconds, which the bundled model does not need.
    from napari_zsris.clip.openclip import load_checkpoint, load_published

    architecture, colon, file = name.partition(":")
    return load_checkpoint(architecture, file, place) if colon else load_published(name, place)

"""Opening an open_clip model up into an image tower and a text tower."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeAlias

import open_clip
import torch
from open_clip.factory import get_model_config
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from open_clip.tokenizer import DEFAULT_CONTEXT_LENGTH, HFTokenizer, SimpleTokenizer
from open_clip.transformer import VisionTransformer
from torch import Tensor, nn

from napari_zsris.clip.checkpoint import load_weights
from napari_zsris.clip.convolutional import ConvolutionalTower
from napari_zsris.clip.hub import CONFIGURATION, TOKENIZERS, fetch_folder
from napari_zsris.clip.model import Clip
from napari_zsris.clip.resnet import ResNetTower
from napari_zsris.clip.text import OpenClipText, Tokenizer
from napari_zsris.clip.timm_vit import TimmTransformerTower
from napari_zsris.clip.towers import ImageTower
from napari_zsris.clip.vit import VisionTransformerTower
from napari_zsris.errors import ModelUnavailableError
from napari_zsris.placement import CPU, DevicePlacement

__all__ = ["Recipe", "build_clip"]

Statistics: TypeAlias = tuple[float, float, float]
Precision: TypeAlias = Literal["fp32", "fp16", "bf16"]
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Recipe:
    """What is to be known of a model before its weights.

    Parameters
    ----------
    name : str
        As on the command line.
    architecture : str
        open_clip's name of its configuration.
    mean, std : tuple of float
        Per-channel statistics of the pixels it was trained on.
    quick_gelu : bool
        Whether it was trained with x * sigmoid(1.702 x), whatever the configuration says.
    """

    name: str
    architecture: str
    mean: Statistics
    std: Statistics
    quick_gelu: bool = False


def build_clip(
    recipe: Recipe,
    weights: Mapping[str, Tensor],
    source: str,
    device: torch.device,
    precision: Precision | None = None,
) -> Clip:
    """Make a model and split it into towers.

    Parameters
    ----------
    recipe : Recipe
        The model to make.
    weights : mapping of str to tensor
        Its state dict.
    source : str
        Where the weights come from, for errors.
    device : torch.device
        Where it is to run.
    precision : {"fp32", "fp16", "bf16"}, optional
        Of weights and activations; by default half on CUDA and single elsewhere.

    Returns
    -------
    Clip
        The model, in evaluation mode and without gradients.

    Raises
    ------
    ModelUnavailableError
        The weights are of another architecture, or the image tower is of a kind that cannot be
        masked.
    """
    settings = get_model_config(recipe.architecture)["text_cfg"]
    with _quiet():
        tokenizer = make_tokenizer(recipe.architecture, settings)
        options = _text_options(recipe.architecture, settings)
        precision = precision or choose_precision(device, settings)
        model: Any = open_clip.create_model(
            recipe.architecture,
            load_weights=False,
            pretrained_text=False,
            force_quick_gelu=recipe.quick_gelu,
            precision=precision,
            device=CPU,
            **options,
        )
        load_weights(model, dict(weights), source, recipe.architecture)
    model.eval().requires_grad_(requires_grad=False)
    text = OpenClipText(model, tokenizer)
    return Clip(
        name=recipe.name,
        image=image_tower(model.visual, recipe.mean, recipe.std),
        text=text,
        logit_scale=float(model.logit_scale.float().exp()),
        placement=DevicePlacement(model, device, recipe.name, text.moved),
        dtype=DTYPES[precision],
        architecture=repr(dataclasses.replace(recipe, name="")),
    )


def make_tokenizer(architecture: str, settings: dict[str, Any]) -> Tokenizer:
    """Make an architecture's own tokenizer.

    Parameters
    ----------
    architecture : str
        open_clip's name of it.
    settings : dict
        Its text configuration.

    Returns
    -------
    open_clip tokenizer
        CLIP's own byte pairs, or one from the Hugging Face hub.

    Raises
    ------
    ModelUnavailableError
        The tokenizer or the package that it needs is not on this machine and cannot be fetched.
    """
    repository = settings.get("hf_tokenizer_name")
    context = settings.get("context_length", DEFAULT_CONTEXT_LENGTH)
    options = settings.get("tokenizer_kwargs", {}) | {"context_length": context}
    if not repository:
        return SimpleTokenizer(**options)
    _need_transformers(architecture)
    folder = fetch_folder(repository, TOKENIZERS, f"the tokenizer of {architecture}")
    return HFTokenizer(str(folder), tokenizer_mode=settings.get("tokenizer_mode"), **options)


def _text_options(architecture: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Point a text tower of transformers to a folder, so that it does not ask the network."""
    repository = settings.get("hf_model_name")
    if not repository:
        return {}
    _need_transformers(architecture)
    folder = fetch_folder(repository, CONFIGURATION, f"the text configuration of {architecture}")
    return {"text_cfg": settings | {"hf_model_name": str(folder), "hf_model_pretrained": False}}


def choose_precision(device: torch.device, settings: dict[str, Any]) -> Precision:
    """Choose a precision that is fast on a device and that the model's text tower survives.

    Parameters
    ----------
    device : torch.device
        Where the model is to run.
    settings : dict
        Its text configuration.

    Returns
    -------
    {"fp16", "fp32"}
        Half on CUDA, unless open_clip's half precision does not reach all of the text tower: that
        of transformers, and CoCa's class embedding.
    """
    whole = settings.get("hf_model_name") or settings.get("embed_cls")
    return "fp16" if device.type == "cuda" and not whole else "fp32"


def _need_transformers(architecture: str) -> None:
    if find_spec("transformers") is None:
        raise ModelUnavailableError(
            f"{architecture} needs the package transformers: pip install 'napari-zsris[sam]'"
        )


def image_tower(visual: nn.Module, mean: Statistics, std: Statistics) -> ImageTower:
    """Split an open_clip image tower at the point where it can be masked.

    Parameters
    ----------
    visual : torch.nn.Module
        The image tower of an open_clip model, in evaluation mode.
    mean, std : tuple of float
        Per-channel statistics of the pixels it was trained on.

    Returns
    -------
    ImageTower
        The same tower, opened up.

    Raises
    ------
    ModelUnavailableError
        It is of a kind that cannot be masked.
    """
    if isinstance(visual, VisionTransformer):
        return VisionTransformerTower(visual, mean, std)
    if isinstance(visual, ModifiedResNet):
        return ResNetTower(visual, mean, std)
    if isinstance(visual, TimmModel) and TimmTransformerTower.supports(visual.trunk):
        return TimmTransformerTower(visual, mean, std)
    if isinstance(visual, TimmModel):
        return ConvolutionalTower(visual.trunk, visual.image_size, mean, std, visual.head)
    raise ModelUnavailableError(
        f"image towers of class {type(visual).__name__} cannot be masked: choose a ViT, a ResNet "
        "or a convolutional model"
    )


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """Keep open_clip from logging to the root logger, and from configuring it by doing so."""
    root, handler = logging.getLogger(), logging.NullHandler()

    def foreign(record: logging.LogRecord) -> bool:
        return "open_clip" not in Path(record.pathname).parts

    root.addHandler(handler)
    root.addFilter(foreign)
    try:
        yield
    finally:
        root.removeFilter(foreign)
        root.removeHandler(handler)

"""Opening an open_clip model up into an image tower and a text tower."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import open_clip
import torch
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from open_clip.transformer import VisionTransformer
from torch import Tensor, nn

from napari_zsris.clip.checkpoint import load_weights
from napari_zsris.clip.convolutional import ConvolutionalTower
from napari_zsris.clip.model import Clip
from napari_zsris.clip.resnet import ResNetTower
from napari_zsris.clip.text import OpenClipText
from napari_zsris.clip.timm_vit import TimmTransformerTower
from napari_zsris.clip.towers import ImageTower
from napari_zsris.clip.vit import VisionTransformerTower
from napari_zsris.errors import ModelUnavailableError

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
    if precision is None:
        precision = "fp16" if device.type == "cuda" else "fp32"
    with _quiet():
        model: Any = open_clip.create_model(
            recipe.architecture,
            load_weights=False,
            pretrained_text=False,
            force_quick_gelu=recipe.quick_gelu,
            precision=precision,
            device=device,
        )
        tokenizer = open_clip.get_tokenizer(recipe.architecture)
    load_weights(model, dict(weights), source, recipe.architecture)
    model.eval().requires_grad_(requires_grad=False)
    return Clip(
        name=recipe.name,
        image=image_tower(model.visual, recipe.mean, recipe.std),
        text=OpenClipText(model, tokenizer),
        logit_scale=float(model.logit_scale.float().exp()),
        device=device,
        dtype=DTYPES[precision],
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

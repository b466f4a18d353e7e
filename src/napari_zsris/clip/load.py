"""From a model's name to a model: `lite`, `ARCH/TAG`, or `ARCH:FILE`."""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path, PurePosixPath
from typing import Any

import open_clip
import torch
from open_clip.constants import (
    HF_SAFE_WEIGHTS_NAME,
    HF_WEIGHTS_NAME,
    OPENAI_DATASET_MEAN,
    OPENAI_DATASET_STD,
)
from open_clip.pretrained import get_pretrained_cfg

from napari_zsris.clip.build import Recipe, build_clip
from napari_zsris.clip.checkpoint import read_state_dict
from napari_zsris.clip.hub import fetch_file
from napari_zsris.clip.model import Clip
from napari_zsris.device import choose_device
from napari_zsris.errors import ModelUnavailableError

__all__ = ["load_clip"]

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
    architecture, colon, file = name.partition(":")
    if colon:
        return _load_file(name, _known(architecture), Path(file).expanduser(), place)
    architecture, _, tag = name.rpartition("/")
    if not architecture:
        raise ModelUnavailableError(_without_weights(_known(name)))
    return _load_tag(name, _known(architecture), tag, place)


def _load_file(name: str, architecture: str, file: Path, device: torch.device) -> Clip:
    weights = read_state_dict(file)
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    settings = get_pretrained_cfg(architecture, tags[0]) if tags else {}
    return build_clip(_recipe(name, architecture, settings), weights, str(file), device)


def _load_tag(name: str, architecture: str, tag: str, device: torch.device) -> Clip:
    settings: dict[str, Any] = get_pretrained_cfg(architecture, tag)
    if not settings:
        raise ModelUnavailableError(
            f"{architecture} has no weights called '{tag}': {_tags(architecture)}"
        )
    address = PurePosixPath(settings["hf_hub"])
    if settings["hf_hub"].endswith("/"):
        repository, names = str(address), [HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME]
    else:
        repository = str(address.parent)
        names = [address.with_suffix(".safetensors").name, address.name]
    weights = read_state_dict(fetch_file(repository, names, name))
    recipe = _recipe(name, architecture, settings, quick_gelu=settings.get("quick_gelu", False))
    return build_clip(recipe, weights, repository, device)


def _recipe(
    name: str, architecture: str, settings: dict[str, Any], *, quick_gelu: bool = False
) -> Recipe:
    mean = settings.get("mean", OPENAI_DATASET_MEAN)
    std = settings.get("std", OPENAI_DATASET_STD)
    return Recipe(name, architecture, mean, std, quick_gelu)


def _known(architecture: str) -> str:
    known = open_clip.list_models()
    if architecture in known:
        return architecture
    lowered = {LITE: LITE} | {model.lower(): model for model in known}
    near = difflib.get_close_matches(architecture.lower(), lowered, n=3, cutoff=0.5)
    suggestion = " or ".join(lowered[match] for match in near) or "'zsris models' lists them"
    raise ModelUnavailableError(
        f"no CLIP architecture is called '{architecture}': did you mean {suggestion}?"
        if near
        else f"no CLIP architecture is called '{architecture}': {suggestion}"
    )


def _without_weights(architecture: str) -> str:
    return (
        f"'{architecture}' names an architecture, not weights: {_tags(architecture)}, "
        f"or a local file as {architecture}:FILE"
    )


def _tags(architecture: str) -> str:
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    if not tags:
        return f"none are published, so give a local file as {architecture}:FILE"
    return "choose " + ", ".join(f"{architecture}/{tag}" for tag in tags)

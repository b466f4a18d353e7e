"""open_clip's models by name: its architectures, its tags, and local checkpoints."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

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
from napari_zsris.clip.load import LITE
from napari_zsris.clip.model import Clip
from napari_zsris.errors import ModelUnavailableError, shortened

__all__ = ["Address", "load_checkpoint", "load_published", "published_address"]


class Address(NamedTuple):
    """Where on the Hugging Face hub weights lie.

    Parameters
    ----------
    repository : str
        The repository's id.
    names : list of str
        File names that may hold them, in order of preference.
    """

    repository: str
    names: list[str]


def load_checkpoint(architecture: str, file: str, device: torch.device) -> Clip:
    """Load a local checkpoint into an architecture.

    Parameters
    ----------
    architecture : str
        open_clip's name of it.
    file : str
        The checkpoint's path.
    device : torch.device
        Where the model is to run.

    Returns
    -------
    Clip
        The model.

    Raises
    ------
    ModelUnavailableError
        The architecture is unknown, or the file is not a checkpoint of it.
    """
    _check_architecture(architecture)
    weights = read_state_dict(Path(file).expanduser())
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    settings = get_pretrained_cfg(architecture, tags[0]) if tags else {}
    recipe = _recipe(f"{architecture}:{file}", architecture, settings)
    return build_clip(recipe, weights, file, device)


def load_published(name: str, device: torch.device) -> Clip:
    """Load published weights, from the cache or over the network.

    Parameters
    ----------
    name : str
        `ARCH/TAG`.
    device : torch.device
        Where the model is to run.

    Returns
    -------
    Clip
        The model.

    Raises
    ------
    ModelUnavailableError
        The name is unknown, or the weights can neither be found nor fetched.
    """
    architecture, slash, tag = name.rpartition("/")
    if not slash:
        _check_architecture(tag)
        raise ModelUnavailableError(
            f"'{tag}' names an architecture, not weights: {_tags(tag)}a local file as {tag}:FILE"
        )
    _check_architecture(architecture)
    settings: dict[str, Any] = get_pretrained_cfg(architecture, tag)
    if not settings:
        raise ModelUnavailableError(
            f"{architecture} has no weights called '{tag}': {_tags(architecture)}a local file as "
            f"{architecture}:FILE"
        )
    address = published_address(architecture, tag)
    weights = read_state_dict(fetch_file(*address, what=f"the weights of {name}"))
    recipe = _recipe(name, architecture, settings)
    return build_clip(recipe, weights, address.repository, device)


def published_address(architecture: str, tag: str) -> Address:
    """Tell where published weights lie.

    Parameters
    ----------
    architecture, tag : str
        A known pair of them.

    Returns
    -------
    Address
        Their repository, and the names of their files, safetensors first.
    """
    hub: str = get_pretrained_cfg(architecture, tag)["hf_hub"]
    path = PurePosixPath(hub)
    if hub.endswith("/"):
        return Address(str(path), [HF_SAFE_WEIGHTS_NAME, HF_WEIGHTS_NAME])
    return Address(str(path.parent), [path.with_suffix(".safetensors").name, path.name])


def _recipe(name: str, architecture: str, settings: dict[str, Any]) -> Recipe:
    return Recipe(
        name=name,
        architecture=architecture,
        mean=settings.get("mean", OPENAI_DATASET_MEAN),
        std=settings.get("std", OPENAI_DATASET_STD),
        quick_gelu=settings.get("quick_gelu", False),
    )


def _check_architecture(name: str) -> None:
    known = open_clip.list_models()
    if name in known:
        return
    lowered = {model.lower(): model for model in [LITE, *known]}
    near = get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)
    advice = "did you mean " + " or ".join(lowered[match] for match in near) + "?"
    raise ModelUnavailableError(
        f"no CLIP architecture is called {shortened(name)}: "
        + (advice if near else "run 'zsris models' to see what there is")
    )


def _tags(architecture: str) -> str:
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    return "choose " + "".join(f"{architecture}/{tag}, " for tag in tags) + ("or " if tags else "")

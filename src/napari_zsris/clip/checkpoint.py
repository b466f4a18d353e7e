"""Reading CLIP weights from files that may come from anywhere, without running what they hold."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path

import torch
from open_clip.convert import convert_state_dict
from open_clip.model import (
    convert_to_custom_text_state_dict,
    resize_pos_embed,
    resize_text_pos_embed,
)
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from napari_zsris.errors import ModelUnavailableError

__all__ = ["load_weights", "read_state_dict"]

# What OpenAI's archives hold beside weights, and a buffer that older transformers wrote.
FOREIGN = ("input_resolution", "context_length", "vocab_size")
POSITION_IDS = "text.transformer.embeddings.position_ids"


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read a checkpoint's tensors.

    Parameters
    ----------
    path : Path
        A safetensors file, or one of `torch.save` that holds a state dict, perhaps inside a
        training checkpoint (`state_dict` or `model`) or of a data-parallel model (`module.`).

    Returns
    -------
    dict of str to tensor
        The weights, on the CPU.

    Raises
    ------
    ModelUnavailableError
        The file is missing, not a checkpoint, a TorchScript archive, or would run code.
    """
    if not path.is_file():
        raise ModelUnavailableError(f"no weights at {path}: give the path of a checkpoint file")
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    for wrapper in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    weights = _tensors(content)
    if not weights:
        raise ModelUnavailableError(
            f"{path} holds no weights by name: give a CLIP checkpoint that holds a state dict"
        )
    return weights


def load_weights(model: nn.Module, weights: dict[str, Tensor], source: str, name: str) -> None:
    """Put weights into a model, interpolating positional embeddings of another input size.

    Parameters
    ----------
    model : torch.nn.Module
        An open_clip model.
    weights : dict of str to tensor
        A state dict of open_clip, of OpenAI, or of another library that open_clip can convert.
    source : str
        Where the weights come from, for the error.
    name : str
        The model's architecture, for the error.

    Raises
    ------
    ModelUnavailableError
        The weights are of another architecture.
    """
    try:
        model.load_state_dict(_fit(model, dict(weights)), strict=True)
    except (RuntimeError, KeyError, AssertionError, AttributeError, ValueError) as error:
        raise ModelUnavailableError(
            f"the weights in {source} are not those of {name} ({_reason(error)}): "
            "name the architecture that they were made for"
        ) from error


def _read_safetensors(path: Path) -> object:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelUnavailableError(
            f"{path} is not a readable safetensors file ({_reason(error)}): fetch it again"
        ) from error


def _read_torch(path: Path) -> object:
    if _is_torchscript(path):
        raise ModelUnavailableError(
            f"{path} is a TorchScript archive, which holds code and is not loaded: save its "
            "state dict as safetensors, or name the published weights as ARCH/TAG"
        )
    try:
        with warnings.catch_warnings():
            # torch warns of pickle protocols that it reads or refuses all the same.
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelUnavailableError(
            f"{path} holds more than tensors, or is no checkpoint, and is not unpickled, for that "
            "could run code: save its state dict as safetensors"
        ) from error
    except (RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
        raise ModelUnavailableError(
            f"{path} is not a readable checkpoint ({_reason(error)}): fetch it again"
        ) from error


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _tensors(content: object) -> dict[str, Tensor]:
    if not isinstance(content, dict):
        return {}
    named = {key: value for key, value in content.items() if isinstance(value, Tensor)}
    return {str(key).removeprefix("module."): value for key, value in named.items()}


def _fit(model: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    for key in FOREIGN:
        weights.pop(key, None)
    weights = convert_state_dict(model, weights)
    if "positional_embedding" in weights and not hasattr(model, "positional_embedding"):
        weights = convert_to_custom_text_state_dict(weights)
    for key in ("logit_scale", "logit_bias"):
        own = getattr(model, key, None)
        if own is not None and key in weights:
            weights[key] = weights[key].reshape(own.shape)
    if POSITION_IDS in weights and POSITION_IDS not in model.state_dict():
        del weights[POSITION_IDS]
    resize_pos_embed(weights, model)
    resize_text_pos_embed(weights, model)
    return weights


def _reason(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # torch lists the keys below a headline that only names the class.
    return (lines[1] if len(lines) > 1 else lines[0] if lines else type(error).__name__)[:200]

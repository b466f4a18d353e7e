"""Files of learnt numbers: safetensors, checked before they are believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import NoReturn

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from napari_zsris.errors import ModelUnavailableError
from napari_zsris.proposals.objects.model import ObjectModel

__all__ = ["ModelCard", "load_bundled", "load_model", "model_bytes"]

BUNDLED = "coco-mini.safetensors"
FORMAT = "napari-zsris objects 1"


@dataclass(frozen=True)
class ModelCard:
    """What a model was learnt from, kept in its file.

    Parameters
    ----------
    data : str
        The annotations' name.
    photos, instances : int
        How many there were.
    seed : int
        Of all that was drawn by chance.
    """

    data: str
    photos: int
    instances: int
    seed: int


def model_bytes(model: ObjectModel, card: ModelCard) -> bytes:
    """Write a model as a safetensors file.

    Parameters
    ----------
    model : ObjectModel
        What was learnt; kept in half precision.
    card : ModelCard
        What it was learnt from.

    Returns
    -------
    bytes
        The file's content.
    """
    tensors = {name: each.half().contiguous() for name, each in model.state_dict().items()}
    about = {"format": FORMAT, "card": json.dumps(asdict(card), sort_keys=True)}
    return save(tensors, about)


def load_bundled() -> ObjectModel:
    """Load the model that the package carries.

    Returns
    -------
    ObjectModel
        Learnt from the 740 instance masks of 100 photos: see docs/benchmarks/objects.md.
    """
    with as_file(files("napari_zsris.proposals.objects") / BUNDLED) as path:
        return load_model(path)


def load_model(path: Path) -> ObjectModel:
    """Load a model from a file of `zsris train-objects`.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    ObjectModel
        In evaluation mode, in single precision.

    Raises
    ------
    ModelUnavailableError
        The file cannot be read, or is damaged, or is something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about: Mapping[str, str] = file.metadata() or {}
            if about.get("format") != FORMAT:
                _refuse(path, "it is of another kind or version")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        _refuse(path, str(error))
    model = ObjectModel()
    _check(path, tensors, model.state_dict())
    model.load_state_dict({name: each.float() for name, each in tensors.items()})
    return model.eval().requires_grad_(requires_grad=False)


def _check(path: Path, tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    if tensors.keys() != expected.keys():
        _refuse(path, "its tensors are those of another network")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape:
            _refuse(path, f"{name} is of shape {list(tensor.shape)}")
        if not tensor.is_floating_point() or not bool(torch.isfinite(tensor).all()):
            _refuse(path, f"{name} holds other values than finite numbers")


def _refuse(path: Path, reason: str) -> NoReturn:
    raise ModelUnavailableError(
        f"{path} holds no model for 'objects' ({' '.join(reason.split())[:200]}): name a file that "
        "zsris train-objects wrote, or write --proposals objects for the bundled one"
    )

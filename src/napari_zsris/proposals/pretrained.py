"""Models of the transformers library: from a folder, the model hub's cache, or the network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import huggingface_hub

from napari_zsris.errors import ModelUnavailableError
from napari_zsris.proposals.remedies import TRANSFORMERS, reason

__all__ = ["load_pretrained", "model_folder"]

SAFE_FILES = ["*.json", "*.txt", "*.safetensors"]
OLD_WEIGHTS = ["pytorch_model*.bin*"]
#: OneFormer's would fetch a list of class names, which nothing here needs.
PROCESSOR_OPTIONS: Mapping[str, Mapping[str, Any]] = {"oneformer": {"class_info_file": None}}


def load_pretrained(
    name: str, model_class: str, source: str, model_types: Collection[str]
) -> tuple[Any, Any]:
    """Load a model and what prepares its input.

    Parameters
    ----------
    name : str
        An id on the model hub, or a local folder.
    model_class : str
        The transformers class that loads the model ("AutoModelForMaskGeneration").
    source : str
        The proposal source's name, for messages.
    model_types : collection of str
        The types, as configurations name them, that the source can use.

    Returns
    -------
    model : nn.Module
        In evaluation mode, on the CPU.
    processor : object
        The image processor.

    Raises
    ------
    ModelUnavailableError
        transformers is not installed, the model is not here and cannot be fetched, or it is of
        another family.
    """
    try:
        import transformers
    except ImportError as error:
        raise ModelUnavailableError(
            f"{source} needs the transformers package: {TRANSFORMERS}"
        ) from error
    folder = model_folder(name, source)
    try:
        return _loaded(transformers, folder, model_class, model_types)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ModelUnavailableError(
            f"{source}: {name!r} is no model that this source can use ({reason(error)}): "
            "choose one of its family, or fetch it again if its files are damaged"
        ) from error


def model_folder(name: str, source: str) -> Path:
    """Find a model's files: a folder itself, or the cache's, filled over the network if need be.

    Parameters
    ----------
    name : str
        An id on the model hub, or a local folder.
    source : str
        The proposal source's name, for messages.

    Returns
    -------
    Path
        A folder with the model's configuration and weights.

    Raises
    ------
    ModelUnavailableError
        There is no such folder, the cache lacks the model and it cannot be fetched.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    try:
        folder = _snapshot(name, SAFE_FILES)
        if not any(folder.glob("*.safetensors")):
            folder = _snapshot(name, SAFE_FILES + OLD_WEIGHTS)
    except Exception as error:
        # The hub's errors come from whichever HTTP library it is built on and share no base.
        raise ModelUnavailableError(
            f"{source}: the model {name!r} is not on this machine and could not be fetched "
            f"({reason(error)}): connect to the network, or fill the model cache "
            f"({huggingface_hub.constants.HF_HUB_CACHE}) elsewhere and set HF_HUB_OFFLINE=1, "
            f"or give a local folder as {source}:DIR"
        ) from error
    return folder


def _loaded(
    library: Any,  # noqa: ANN401
    folder: Path,
    model_class: str,
    model_types: Collection[str],
) -> tuple[Any, Any]:
    kind = library.AutoConfig.from_pretrained(folder).model_type
    if kind not in model_types:
        raise ValueError(f"its type is {kind}, not one of {', '.join(model_types)}")
    options = PROCESSOR_OPTIONS.get(kind, {})
    processor = library.AutoImageProcessor.from_pretrained(folder, **options)
    model = getattr(library, model_class).from_pretrained(folder)
    return model.eval().requires_grad_(requires_grad=False), processor


def _snapshot(name: str, patterns: list[str]) -> Path:
    return Path(
        huggingface_hub.snapshot_download(name, allow_patterns=patterns, ignore_patterns=["*/*"])
    )

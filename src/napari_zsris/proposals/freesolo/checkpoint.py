"""Reading FreeSOLO's published checkpoint into our network."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor

from napari_zsris.errors import ModelUnavailableError
from napari_zsris.proposals.freesolo.network import FreeSoloNetwork

__all__ = ["WHERE", "build_network", "load_network", "our_name", "read_state"]

WHERE = (
    "the official file, FreeSOLO_R101_30k_pl.pth, lies in its author's model-hub repository "
    "xinlongwang/FreeSOLO (its weights' licence is unclear and FreeSOLO's own code is for "
    "non-commercial use: check that you may use it)"
)

Rename: TypeAlias = Callable[[re.Match[str]], str]

UNUSED = re.compile(r"_iter$|ins_head\.emb_pred\.")
BRANCHES = {"cate": "class", "kernel": "kernel"}
RENAMES: tuple[tuple[str, Rename], ...] = (
    (r"^backbone\.fpn_lateral(\d)\.", lambda m: f"backbone.fpn.inner_blocks.{int(m[1]) - 2}.0."),
    (r"^backbone\.fpn_output(\d)\.", lambda m: f"backbone.fpn.layer_blocks.{int(m[1]) - 2}.0."),
    (r"^backbone\.bottom_up\.stem\.", lambda _: "backbone.body."),
    (r"^backbone\.bottom_up\.res(\d)\.", lambda m: f"backbone.body.layer{int(m[1]) - 1}."),
    (r"\.conv(\d)\.norm\.", lambda m: f".bn{m[1]}."),
    (r"\.shortcut\.norm\.", lambda _: ".downsample.1."),
    (r"\.shortcut\.", lambda _: ".downsample.0."),
    (
        r"^ins_head\.(cate|kernel)_tower\.(\d+)\.",
        lambda m: f"instance_head.{BRANCHES[m[1]]}_tower.{int(m[2]) // 3}.{int(m[2]) % 3}.",
    ),
    (
        r"^ins_head\.(cate|kernel)_pred\.",
        lambda m: f"instance_head.{BRANCHES[m[1]]}_predictor.",
    ),
    (
        r"^mask_head\.convs_all_levels\.(\d)\.conv(\d)\.",
        lambda m: f"mask_head.levels.{m[1]}.{2 * int(m[2])}.",
    ),
    (r"^mask_head\.conv_pred\.", lambda _: "mask_head.predictor."),
)


def load_network(path: Path) -> FreeSoloNetwork:
    """Build the network with a checkpoint's weights, every key accounted for.

    Parameters
    ----------
    path : Path
        The official checkpoint, or any file with its tensors, alone or under "model".

    Returns
    -------
    FreeSoloNetwork
        In evaluation mode, on the CPU.

    Raises
    ------
    ModelUnavailableError
        The file is missing, cannot be read, or is not a FreeSOLO checkpoint.
    """
    return build_network(read_state(path), path)


def build_network(published: Mapping[str, Tensor], path: Path) -> FreeSoloNetwork:
    """Build the network around weights that are already read.

    Parameters
    ----------
    published : mapping of str to Tensor
        The weights under their published names; the network takes them over, uncopied.
    path : Path
        Where they come from, for messages.

    Returns
    -------
    FreeSoloNetwork
        In evaluation mode, where the weights are.

    Raises
    ------
    ModelUnavailableError
        A tensor is missing, unknown or of another shape.
    """
    state = {our_name(key): value for key, value in published.items()}
    with torch.device("meta"):
        network = FreeSoloNetwork()
    _check(state, network.state_dict(), path)
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval().requires_grad_(requires_grad=False)


def read_state(path: Path) -> dict[str, Tensor]:
    """Read a checkpoint's tensors under their published names, those the masks do not need aside.

    Parameters
    ----------
    path : Path
        The checkpoint.

    Returns
    -------
    dict of str to Tensor
        Without a "module." prefix, `_iter` and `ins_head.emb_pred`.

    Raises
    ------
    ModelUnavailableError
        The file is missing, cannot be read, or holds no tensors by name.
    """
    if not path.is_file():
        raise ModelUnavailableError(f"no FreeSOLO weights at {path}: {WHERE}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ModelUnavailableError(
            f"{path} cannot be read as a PyTorch checkpoint of plain tensors "
            f"({type(error).__name__}): download it again; {WHERE}"
        ) from error
    state = content.get("model", content) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not all(
        isinstance(value, Tensor) for value in state.values()
    ):
        raise ModelUnavailableError(f"{path} holds no network weights by name: {WHERE}")
    named = {str(key).removeprefix("module."): value for key, value in state.items()}
    return {key: value for key, value in named.items() if not UNUSED.match(key)}


def our_name(key: str) -> str:
    """Translate a published parameter name into this package's.

    Parameters
    ----------
    key : str
        As in the official checkpoint ("ins_head.cate_pred.weight").

    Returns
    -------
    str
        As in `FreeSoloNetwork`; a name that is none of the network's is left as it is.
    """
    for pattern, replacement in RENAMES:
        key = re.sub(pattern, replacement, key)
    return key


def _check(state: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: Path) -> None:
    troubles = {
        "are missing": sorted(expected.keys() - state.keys()),
        "are unknown": sorted(state.keys() - expected.keys()),
        "have another shape": sorted(
            key for key in expected.keys() & state.keys() if expected[key].shape != state[key].shape
        ),
    }
    told = [f"{len(keys)} {what} ({keys[0]}, ...)" for what, keys in troubles.items() if keys]
    if told:
        raise ModelUnavailableError(
            f"{path} is not a FreeSOLO R101 checkpoint: of its tensors {', '.join(told)}; {WHERE}"
        )

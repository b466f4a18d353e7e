"""Which device a model runs on."""

from __future__ import annotations

import os

import torch

from napari_zsris.errors import ModelUnavailableError, shortened

__all__ = ["choose_device", "visible_gpus"]


def choose_device(name: str = "auto") -> torch.device:
    """Turn a device's name into a device that this machine has.

    Parameters
    ----------
    name : str
        `auto` for the best there is (CUDA, then MPS, then CPU), or any name that torch knows.

    Returns
    -------
    torch.device
        A device of this machine.

    Raises
    ------
    ModelUnavailableError
        The name means nothing to torch, or this machine has no such device.
    """
    if name == "auto":
        return torch.device(_best())
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ModelUnavailableError(
            f"device {shortened(name)} cannot be used here ({reason[:120]}): "
            f"choose 'auto', which is '{_best()}' on this machine, or 'cpu'"
        ) from error
    return device


def visible_gpus() -> tuple[str, ...]:
    """Name the CUDA devices of this machine that this process may use.

    Returns
    -------
    tuple of str
        As `CUDA_VISIBLE_DEVICES` names them: numbers, unless that variable has others.
    """
    count = torch.cuda.device_count()
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = named.split(",") if named else map(str, range(count))
    return tuple(name.strip() for name in names)[:count]


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"

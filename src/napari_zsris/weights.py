"""Which weights a model has, whatever they are called and wherever they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

__all__ = ["digest_weights"]


def digest_weights(networks: Iterable[nn.Module], kind: str = "") -> str:
    """Tell weights apart from all others.

    Numbers count to half precision, in which a GPU has them, so that a model is the same on every
    device.

    Parameters
    ----------
    networks : iterable of torch.nn.Module
        What has the weights.
    kind : str
        What else makes a model what it is, such as its architecture.

    Returns
    -------
    str
        A SHA-256 digest, 64 hexadecimal digits.
    """
    digest = hashlib.sha256(kind.encode())
    for network in networks:
        for name, tensor in sorted(network.state_dict().items()):
            numbers = tensor.detach().half() if tensor.is_floating_point() else tensor.detach()
            digest.update(f"\0{name} {tuple(tensor.shape)}\0".encode())
            digest.update(numbers.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()

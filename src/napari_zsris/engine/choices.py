"""Which models can be chosen on this machine, and why some cannot."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_zsris.proposals.registry import SourceEntry

__all__ = ["Choice", "clip_choices", "proposal_choices"]

# open_clip publishes more than a hundred models; of those whose weights are not here only these
# are listed, the paper's own and larger ones. Any other can be named all the same.
_WORTH_GETTING = (
    "ViT-B-32-quickgelu/openai",
    "ViT-B-16-quickgelu/openai",
    "ViT-L-14-quickgelu/openai",
    "RN50-quickgelu/openai",
)


def clip_choices() -> list[Choice]:
    """List CLIP models; imports open_clip, so it is not for the main thread.

    Returns
    -------
    list of Choice
        Those that can be used here first.
    """
    from napari_zsris.clip.catalogue import catalogue

    choices = [
        Choice(entry.usage, entry.summary, entry.reason, entry.remedy)
        for entry in catalogue()
        if entry.usable or entry.usage in _WORTH_GETTING
    ]
    return sorted(choices, key=lambda choice: not choice.usable)


def proposal_choices() -> list[Choice]:
    """List proposal sources; imports nothing that they need.

    Returns
    -------
    list of Choice
        In the order of the command line. A source whose weights are not on this machine cannot be
        chosen, only named.
    """
    from napari_zsris.proposals.registry import SOURCES, available

    return [
        _choice(entry, state.reason, state.remedy)
        for entry, state in zip(SOURCES, available(), strict=True)
    ]


def _choice(entry: SourceEntry, reason: str, remedy: str) -> Choice:
    if entry.needs == "argument":
        named = f"choose Other… and write {entry.usage}"
        return Choice(
            entry.usage, entry.summary, reason or f"it needs its {entry.argument}", remedy or named
        )
    if not reason and entry.weights and not _is_cached(entry.weights):
        reason = f"its weights ({entry.weights}) are not on this machine"
        remedy = (
            f"connect to the network, choose Other… and write {entry.name}: the first phrase "
            f"fetches them; or write {entry.name}:FOLDER"
        )
    return Choice(entry.name, entry.summary, reason, remedy)


def _is_cached(model: str) -> bool:
    """Look into the model hub's cache, as its library does, whose import takes too long here."""
    data = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{data}/huggingface"
    hub = Path(os.environ.get("HF_HUB_CACHE") or f"{home}/hub").expanduser()
    kept = hub / f"models--{model.replace('/', '--')}" / "snapshots"
    return any(kept.glob("*/*.safetensors")) or any(kept.glob("*/*.bin"))


@dataclass(frozen=True)
class Choice:
    """A model or proposal source by name.

    Parameters
    ----------
    name : str
        The name, as on the command line.
    summary : str
        What it is.
    reason : str
        Why it cannot be used here; empty when it can.
    remedy : str
        How to make it usable.
    """

    name: str
    summary: str = ""
    reason: str = ""
    remedy: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be used here."""
        return not self.reason

    @property
    def explanation(self) -> str:
        """A tooltip: what it is, or why it cannot be used and what to do."""
        if self.usable:
            return self.summary
        return "\n".join(part for part in (self.summary, self.reason, self.remedy) if part)

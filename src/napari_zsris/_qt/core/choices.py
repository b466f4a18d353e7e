"""Which models there are on this machine."""

from __future__ import annotations

from napari_zsris._qt.core.choice import Choice

__all__ = ["clip_choices", "proposal_choices"]

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
        In the order of the command line.
    """
    from napari_zsris.proposals.registry import SOURCES, available

    return [
        Choice(entry.name, entry.summary, state.reason, state.remedy)
        if entry.needs == "nothing"
        else Choice(
            entry.usage,
            entry.summary,
            state.reason or f"it needs its {entry.argument}",
            state.remedy or f"choose Other… and write {entry.usage}",
        )
        for entry, state in zip(SOURCES, available(), strict=True)
    ]

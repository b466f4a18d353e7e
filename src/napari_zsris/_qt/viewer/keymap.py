"""Which key does what: the person's choice, as far as it can be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app_model.types import KeyCode
from napari.components import ViewerModel
from napari.layers import Image, Labels
from napari.utils.key_bindings import coerce_keybinding

from napari_zsris.review.actions import Action, printed

__all__ = ["KeyPlan", "plan_keys"]

# The last counts where several have a key.
_PROVIDERS = {"Image layers": Image, "Labels layers": Labels, "its viewer": ViewerModel}


@dataclass(frozen=True)
class KeyPlan:
    """Keys that can be bound.

    Parameters
    ----------
    keys : dict of str to str
        By the actions' names, in napari's notation.
    complaints : tuple of str
        A sentence for every choice that could not be followed.
    """

    keys: dict[str, str]
    complaints: tuple[str, ...] = ()


def plan_keys(actions: Iterable[Action], chosen: Mapping[str, str]) -> KeyPlan:
    """Give every action the key that the person chose, or its own where that cannot be had.

    A choice cannot be had when it is no key, when napari uses it for the viewer or for the layers
    that the dock works with, and when an earlier action has it.

    Parameters
    ----------
    actions : iterable of Action
        What there is to do.
    chosen : mapping of str to str
        The person's choices, by the actions' names; actions left out have their own keys.

    Returns
    -------
    KeyPlan
        Keys, and a sentence for every choice that could not be followed. An action has no key when
        others took its own one, too.
    """
    planned, complaints = _follow(list(actions), chosen)
    return KeyPlan(planned, tuple(complaints))


def _follow(actions: list[Action], chosen: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    taken = _taken()
    wanted: dict[str, Action] = {}
    planned: dict[str, str] = {}
    complaints: list[str] = []
    failed: list[tuple[Action, str]] = []
    for one in actions:
        key = _read(chosen.get(one.name, one.key))
        reason = _reason(chosen.get(one.name, ""), key, taken, wanted)
        if reason:
            failed.append((one, reason))
        else:
            wanted[key] = one
            planned[one.name] = key
    for one, reason in failed:
        own = _read(one.key)
        free = own not in wanted and own not in taken
        if free:
            wanted[own] = one
            planned[one.name] = own
        stays = f"stays on {printed(own)}" if free else "has no key"
        complaints.append(
            f"{one.label} {stays}: {reason}. Choose another key in File > Preferences > "
            "napari-zsris."
        )
    return planned, complaints


def _reason(text: str, key: str, taken: Mapping[str, str], wanted: Mapping[str, Action]) -> str:
    """Tell why a key cannot be had; nothing when it can."""
    if not key:
        return f"“{text}” is no key (write for instance A, Shift-A, F5 or Alt-A)"
    if key in taken:
        return f"napari uses {printed(key)} for {taken[key]}"
    if key in wanted:
        return f"{printed(key)} is the key for {wanted[key].label}"
    return ""


def _read(text: str) -> str:
    """Return a key in one spelling; nothing for what is no single key."""
    try:
        binding = coerce_keybinding(text.strip())
    except (ValueError, TypeError, KeyError):
        return ""
    parts = binding.parts
    if len(parts) != 1 or parts[0].key == KeyCode.UNKNOWN:
        return ""
    return str(binding).replace("+", "-")


def _taken() -> dict[str, str]:
    """Return napari's own keys and what they are for."""
    return {
        str(key).replace("+", "-"): what
        for what, provider in _PROVIDERS.items()
        for key in provider.class_keymap
    }

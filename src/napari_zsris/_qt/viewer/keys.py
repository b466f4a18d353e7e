"""The keys of the dock: which can be had, and how they are bound on the viewer and given back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from app_model.types import KeyCode
from napari.components import ViewerModel
from napari.layers import Image, Labels
from napari.utils.key_bindings import coerce_keybinding
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QPlainTextEdit, QTextEdit

from napari_zsris.review.actions import Action, printed

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Held", "KeyPlan", "ReviewKeys", "plan_keys"]

Act: TypeAlias = Callable[[], object]

# The last counts where several have a key.
_PROVIDERS = {"Image layers": Image, "Labels layers": Labels, "its viewer": ViewerModel}


@dataclass(frozen=True)
class Held:
    """What a key does while it is held.

    Parameters
    ----------
    press, release : callable
        What happens when the key goes down and when it comes up, or when the window is left with
        the key down.
    """

    press: Act
    release: Act


class ReviewKeys:
    """Binds keys to actions, and gives them back.

    Parameters
    ----------
    viewer : napari viewer
        Whose keys are bound.
    actions : mapping of str to callable or Held
        What each key does, by napari's name of the key.
    """

    def __init__(self, viewer: ViewerModel, actions: Mapping[str, Act | Held]) -> None:
        self._viewer = viewer
        self._actions = dict(actions)
        self._bound: dict[str, Any] = {}

    def bind(self) -> None:
        """Bind the keys; what they did before is remembered."""
        if self._bound:
            return
        for key, action in self._actions.items():
            binding = _Binding(action)
            function = binding.function(key)
            binding.before = self._viewer.bind_key(key, function, overwrite=True)
            self._bound[key] = function
        if QApplication.instance() is not None:
            QGuiApplication.instance().focusWindowChanged.connect(self._let_up)

    def unbind(self) -> None:
        """Give the keys back to what they did before, unless somebody else has bound them since."""
        if self._bound and QApplication.instance() is not None:
            QGuiApplication.instance().focusWindowChanged.disconnect(self._let_up)
        self._let_up()
        for key, function in self._bound.items():
            function.binding.action = None
            now = self._viewer.bind_key(key, None)
            restored = _living(function.binding.before) if now is function else now
            if restored is not None:
                self._viewer.bind_key(key, restored, overwrite=True)
        self._bound = {}

    def _let_up(self, _window: object = None) -> None:
        """End what is done while a key is held: a window that is left hears no key come up."""
        for function in self._bound.values():
            function.binding.release()


class _Binding:
    """A key's action that knows whether it still counts."""

    def __init__(self, action: Act | Held) -> None:
        self.action: Act | Held | None = action
        self.before: Any = None
        self._down = False

    def function(self, key: str) -> Any:
        """Give what napari binds: a generator where the key's coming up counts, too."""

        def press(_viewer: object) -> None:
            self.press()

        def hold(_viewer: object) -> Iterator[None]:
            self.press()
            yield
            self.release()

        function: Any = hold if isinstance(self.action, Held) else press
        function.binding = self
        # napari asks every bound function for its name.
        function.__name__ = f"review_{key}"
        return function

    def press(self) -> None:
        # Keys that a text field does not use come here too: letters in a number field, say.
        if self.action is None or _typing():
            return
        if isinstance(self.action, Held):
            self._down = True
            self.action.press()
        else:
            self.action()

    def release(self) -> None:
        if self._down and isinstance(self.action, Held):
            self._down = False
            self.action.release()


def _living(function: Any) -> Any:
    """Skip the bindings of docks that were closed in the meantime."""
    while isinstance(binding := getattr(function, "binding", None), _Binding):
        if binding.action is not None:
            break
        function = binding.before
    return function


def _typing() -> bool:
    editors = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)
    return isinstance(QApplication.focusWidget(), editors)


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

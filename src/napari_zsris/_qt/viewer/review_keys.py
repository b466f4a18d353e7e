"""Keys of the review, bound on the viewer while the dock is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QPlainTextEdit, QTextEdit

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Held", "ReviewKeys"]

Action: TypeAlias = Callable[[], object]


@dataclass(frozen=True)
class Held:
    """What a key does while it is held.

    Parameters
    ----------
    press, release : callable
        What happens when the key goes down and when it comes up, or when the window is left with
        the key down.
    """

    press: Action
    release: Action


class ReviewKeys:
    """Binds keys to actions, and gives them back.

    Parameters
    ----------
    viewer : napari viewer
        Whose keys are bound.
    actions : mapping of str to callable or Held
        What each key does, by napari's name of the key.
    """

    def __init__(self, viewer: ViewerModel, actions: Mapping[str, Action | Held]) -> None:
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

    def __init__(self, action: Action | Held) -> None:
        self.action: Action | Held | None = action
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

"""Keys of the review, bound on the viewer while the dock is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from qtpy.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QPlainTextEdit, QTextEdit

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["ReviewKeys"]

Action: TypeAlias = Callable[[], object]


class ReviewKeys:
    """Binds keys to actions, and gives them back.

    Parameters
    ----------
    viewer : napari viewer
        Whose keys are bound.
    actions : mapping of str to callable
        What each key does, by napari's name of the key.
    """

    def __init__(self, viewer: ViewerModel, actions: Mapping[str, Action]) -> None:
        self._viewer = viewer
        self._actions = dict(actions)
        self._bound: dict[str, _Binding] = {}

    def bind(self) -> None:
        """Bind the keys; what they did before is remembered."""
        if self._bound:
            return
        for key, action in self._actions.items():
            binding = _Binding(key, action)
            binding.before = self._viewer.bind_key(key, binding, overwrite=True)
            self._bound[key] = binding

    def unbind(self) -> None:
        """Give the keys back to what they did before, unless somebody else has bound them since."""
        for key, binding in self._bound.items():
            binding.action = None
            now = self._viewer.bind_key(key, None)
            restored = _living(binding.before) if now is binding else now
            if restored is not None:
                self._viewer.bind_key(key, restored, overwrite=True)
        self._bound = {}


class _Binding:
    """A key's action that knows whether it still counts."""

    def __init__(self, key: str, action: Action) -> None:
        # napari asks every bound function for its name, at every key that is pressed.
        self.__name__ = f"review_{key}"
        self.action: Action | None = action
        self.before: Any = None

    def __call__(self, _viewer: object) -> None:
        # Keys that a text field does not use come here too: letters in a number field, say.
        if self.action is not None and not _typing():
            self.action()


def _living(binding: Any) -> Any:
    """Skip the bindings of docks that were closed in the meantime."""
    while isinstance(binding, _Binding) and binding.action is None:
        binding = binding.before
    return binding


def _typing() -> bool:
    editors = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)
    return isinstance(QApplication.focusWidget(), editors)

"""Keys, and buttons that do the same: what each does, as the person set them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_warning
from qtpy.QtCore import QObject

from napari_zsris._qt.mask_tools import MaskTools
from napari_zsris._qt.preferences import Preferences
from napari_zsris._qt.viewer.keys import Held, ReviewKeys, plan_keys
from napari_zsris._qt.widgets.panel import Panel
from napari_zsris._qt.widgets.popovers import HelpPopover
from napari_zsris._qt.workspace import Workspace
from napari_zsris.review.actions import ACTIONS, Group, action, printed

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["KeyLink"]


class KeyLink(QObject):
    """Binds the keys on the viewer while the dock is to be seen.

    Parameters
    ----------
    viewer : napari viewer
        Whose keys are bound.
    panel : Panel
        Where the buttons are.
    workspace : Workspace
        What acts.
    preferences : Preferences
        Which keys the person chose.
    """

    def __init__(
        self, viewer: ViewerModel, panel: Panel, workspace: Workspace, preferences: Preferences
    ) -> None:
        super().__init__()
        self._viewer, self._panel, self._workspace = viewer, panel, workspace
        self._preferences = preferences
        self._tools = MaskTools(viewer, workspace, panel)
        self._tools.told.connect(panel.status.say)
        self._actions = self._make_actions()
        self._keys = ReviewKeys(viewer, {})
        self._seen = False
        panel.review.wanted.connect(self._do)
        panel.help.clicked.connect(self._show_help)
        preferences.connect_keys(self._on_keys)
        self._on_keys()

    def bind(self) -> None:
        """Take the keys."""
        self._seen = True
        self._keys.bind()

    def unbind(self) -> None:
        """Leave the keys to others."""
        self._seen = False
        self._keys.unbind()

    def close(self) -> None:
        """Give keys and canvas back for good."""
        self.unbind()
        self._tools.close()
        self._preferences.disconnect_keys(self._on_keys)

    def _make_actions(self) -> dict[str, Any]:
        reviewer, navigator = self._workspace.reviewer, self._workspace.navigator
        return {
            "accept": reviewer.accept,
            "reject": reviewer.reject,
            "next": partial(reviewer.step, 1),
            "previous": partial(reviewer.step, -1),
            "edit": reviewer.edit,
            "draw": lambda: self._workspace.asker.draw(self._panel.phrase.phrase),
            "undo": reviewer.undo,
            "skip": partial(reviewer.decide, "skipped"),
            "none": partial(reviewer.decide, "none-fits"),
            "reject_phrase": partial(reviewer.decide, "rejected"),
            "todo": navigator.go_on,
            "previous_phrase": navigator.go_back,
            "next_photo": partial(navigator.go_to_photo, 1),
            "previous_photo": partial(navigator.go_to_photo, -1),
            "help": self._show_help,
            "phrase": self._panel.phrase.take_focus,
            **self._tools.actions,
        }

    def _do(self, name: str) -> None:
        if self._tools.look.hidden and action(name).group in (Group.REVIEW, Group.SHAPE):
            # Nobody decides on a mask, or changes one, that cannot be seen.
            key = printed(self._plan.keys["hide"])
            self._panel.status.say(f"The masks are hidden: let go of {key} first.")
            return
        # What was painted over accepted masks is on record before anything else happens.
        act = self._actions[name]
        if callable(act) and self._workspace.reviewer.keep_paint():
            act()

    def _on_keys(self, _event: object = None) -> None:
        """Take the keys as the person set them."""
        self._plan = plan_keys(ACTIONS, self._preferences.keys)
        self._keys.unbind()
        bound = {
            key: act if isinstance(act := self._actions[name], Held) else partial(self._do, name)
            for name, key in self._plan.keys.items()
        }
        self._keys = ReviewKeys(self._viewer, bound)
        if self._seen:
            self._keys.bind()
        self._panel.review.rekey(self._plan.keys)
        for complaint in self._plan.complaints:
            show_warning(complaint)

    def _show_help(self) -> None:
        HelpPopover(ACTIONS, self._plan.keys, self._panel).open_beside(self._panel.help)

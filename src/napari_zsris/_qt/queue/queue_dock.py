"""The review queue: a project's phrases, one after the other, decided by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog

from napari_zsris._qt.core.actions import action
from napari_zsris._qt.core.engine import Engine, engine_of
from napari_zsris._qt.dock_widget import DockWidget
from napari_zsris._qt.preferences import Preferences
from napari_zsris._qt.queue.item_reviewer import ItemReviewer
from napari_zsris._qt.queue.lookahead import Lookahead
from napari_zsris._qt.queue.prepared import Prepared
from napari_zsris._qt.queue.queue_panel import QUEUE_ROWS, QueuePanel
from napari_zsris._qt.viewer.notices import WarningNotices, notify
from napari_zsris._qt.widgets.colours import Colours
from napari_zsris._qt.widgets.help_popover import HelpPopover
from napari_zsris.annotations import Project
from napari_zsris.errors import AnnotationError, ZsrisError

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from napari.utils.events import Event

__all__ = ["QueueDock"]

ITEMS_AHEAD = 3
_HINT = "Open a project made by `zsris prelabel`; its phrases appear above, one after the other."
_NO_PHRASE = "No phrase is shown: open a project, or press J for the next one to do."
_NOTHING = "No regions. Press D to draw the mask, or W when nothing fits."


class QueueDock(DockWidget):
    """Accept, correct or reject what was found for a project's phrases; every decision is kept.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer the dock works on.
    engine : Engine, optional
        What ranks photos that nobody has ranked; the one that the viewer's docks share by default.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer, engine: Engine | None = None) -> None:
        super().__init__(napari_viewer, "review_queue")
        self.engine = engine or engine_of(napari_viewer)
        self._release = self.engine.hold()
        # When the viewer is closed its docks are destroyed without a word.
        self.destroyed.connect(self._release)
        self.project: Project | None = None
        self.reviewer: ItemReviewer | None = None
        self._lookahead: Lookahead | None = None
        self._warnings = WarningNotices()
        self.panel = QueuePanel(Colours.of(napari_viewer.theme))
        self._actions = self._make_actions()
        self.panel.open.clicked.connect(self._ask_for_project)
        self.panel.picked.connect(self.go_to)
        self.panel.rearranged.connect(self._list)
        self.panel.review.wanted.connect(lambda name: self._actions[name]())
        self.panel.candidates.chosen.connect(self._choose)
        self.panel.help.clicked.connect(self._show_help)
        napari_viewer.events.theme.connect(self._on_theme)
        self._on_changed()
        bound = {one.key: self._actions[one.name] for row in QUEUE_ROWS for one in row}
        self._hold(self.panel, bound | {"H": self._show_help})

    def open(self, path: Path) -> None:
        """Open a project where its review was left.

        Parameters
        ----------
        path : Path
            The project's file.

        Raises
        ------
        AnnotationError
            It cannot be opened, or another process writes it; what was open stays open.
        """
        project = Project.open(path)
        self.close_project()
        self.project = project
        self.reviewer = ItemReviewer(self._viewer, project)
        self.reviewer.changed.connect(self._on_changed)
        self.reviewer.told.connect(self.panel.status.say)
        self.reviewer.decided.connect(self._on_decided)
        self._lookahead = Lookahead(project, self.engine, Preferences().settings)
        self._lookahead.ready.connect(self._on_ready)
        self._lookahead.loaded.connect(self._update)
        self._lookahead.warned.connect(self._warnings.show)
        self._lookahead.failed.connect(self._on_failed)
        self._lookahead.progressed.connect(self.panel.status.show_step)
        self.destroyed.connect(self._lookahead.close)
        self.destroyed.connect(project.close)
        self.panel.name.setText(path.name)
        self._on_changed()
        self._list()
        position = project.queue.position
        if position is None:
            self.go_on()
        else:
            self.go_to(position)

    def close_project(self) -> None:
        """Close the project, if one is open; nothing is left to save."""
        if self._lookahead is not None:
            self.destroyed.disconnect(self._lookahead.close)
            self._lookahead.close()
        if self.reviewer is not None:
            self.reviewer.leave()
        if self.project is not None:
            self.destroyed.disconnect(self.project.close)
            self.project.close()
        self.project = self.reviewer = self._lookahead = None

    def go_to(self, item_id: int) -> None:
        """Show an item as soon as it is there.

        Parameters
        ----------
        item_id : int
            Its id.
        """
        if self._lookahead is not None:
            self.panel.status.begin()
            self._lookahead.want(item_id, self.panel.items.after(item_id, ITEMS_AHEAD))

    def go_on(self) -> None:
        """Show the next item to do, of those that are listed."""
        if self.reviewer is None:
            self.panel.status.say(_HINT)
            return
        shown = -1 if self.reviewer.item is None else self.reviewer.item.id
        following = self.panel.items.after(shown, 1)
        if following:
            self.go_to(following[0])
        else:
            self.panel.status.say("Nothing listed is left to do. Choose another filter, or export.")

    def undo(self) -> None:
        """Take the project's last decision back, and show its item."""
        item = None if self.project is None else self.project.undo()
        if item is None:
            self.panel.status.say("There is no decision to take back.")
            return
        self._update(item.id)
        self.go_to(item.id)

    def let_go(self) -> None:
        """Close the project and let go of the viewer."""
        self.close_project()
        self._release()
        self._viewer.events.theme.disconnect(self._on_theme)

    def _make_actions(self) -> dict[str, Callable[[], object]]:
        return {
            "accept": self._deciding(lambda reviewer: reviewer.accept()),
            "skip": self._deciding(lambda reviewer: reviewer.decide("skipped")),
            "reject": self._deciding(lambda reviewer: reviewer.decide("rejected")),
            "none": self._deciding(lambda reviewer: reviewer.decide("none-fits")),
            "next": self._deciding(lambda reviewer: reviewer.step(1)),
            "previous": self._deciding(lambda reviewer: reviewer.step(-1)),
            "edit": self._deciding(lambda reviewer: reviewer.edit()),
            "draw": self._deciding(lambda reviewer: reviewer.draw()),
            "undo": self.undo,
            "todo": self.go_on,
        }

    def _deciding(self, act: Callable[[ItemReviewer], None]) -> Callable[[], None]:
        def action() -> None:
            if self.reviewer is None or self.reviewer.item is None:
                self.panel.status.say(_NO_PHRASE)
                return
            try:
                act(self.reviewer)
            except ZsrisError as error:
                self._on_failed(error)

        return action

    def _ask_for_project(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Open project", "", "Projects (*.zsris)")
        if chosen:
            try:
                self.open(Path(chosen))
            except AnnotationError as error:
                self._on_failed(error)

    def _list(self) -> None:
        if self.project is None:
            return
        queue = self.project.queue
        self.panel.items.show(queue.entries(self.panel.selection, self.panel.order))
        self.panel.show_counts(queue.counts())
        item = None if self.reviewer is None else self.reviewer.item
        if item is not None:
            self.panel.show_current(item.id, item.phrase)

    def _on_ready(self, prepared: Prepared) -> None:
        if self.project is None or self.reviewer is None:
            return
        item = self.project.queue.item(prepared.item.id)
        self.panel.status.end()
        self.reviewer.show(prepared, item)
        self.project.queue.leave_at(item.id)
        self.panel.show_current(item.id, item.phrase)
        self.panel.status.say(item.failure or f"{item.photo}: {_spoken(item.status)}")

    def _on_failed(self, error: Exception) -> None:
        self.panel.status.end()
        notify(error, self.panel.status.say)

    def _on_decided(self, item_id: int) -> None:
        self._update(item_id)
        self.go_on()

    def _update(self, item_id: int) -> None:
        if self.project is not None:
            self.panel.items.update(self.project.queue.item(item_id))
            self.panel.show_counts(self.project.queue.counts())

    def _choose(self, key: int) -> None:
        if self.reviewer is not None:
            self.reviewer.choose(key)

    def _on_changed(self) -> None:
        review = None if self.reviewer is None else self.reviewer.review
        self.panel.candidates.show_review(review, _HINT if review is None else _NOTHING)
        some = review is not None and len(review) > 0
        chosen = review is not None and review.chosen is not None
        asked = dict.fromkeys(("skip", "reject", "none", "draw"), review is not None)
        opened = dict.fromkeys(("undo", "todo"), self.project is not None)
        self.panel.review.allow(
            accept=chosen, edit=chosen, next=some, previous=some, **asked, **opened
        )

    def _on_theme(self, event: Event) -> None:
        self.panel.candidates.recolour(Colours.of(event.value))

    def _show_help(self) -> None:
        offered = [one for row in QUEUE_ROWS for one in row] + [action("help")]
        keys = {one.name: one.key for one in offered}
        HelpPopover(offered, keys, self).open_beside(self.panel.help)


def _spoken(status: str) -> str:
    return "to do" if status == "todo" else status.replace("-", " ")

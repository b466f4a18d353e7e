"""The dock widget: every control's signal tied to what it does."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info, show_warning
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import (
    QFileDialog,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_zsris._qt.core.actions import ACTIONS
from napari_zsris._qt.core.engine import Engine, engine_of
from napari_zsris._qt.core.wording import count, elide
from napari_zsris._qt.image_link import ImageLink
from napari_zsris._qt.mask_tools import MaskTools, OtherMask, ShownMask
from napari_zsris._qt.preferences import Preferences
from napari_zsris._qt.settings_link import SettingsLink
from napari_zsris._qt.viewer.keymap import plan_keys
from napari_zsris._qt.viewer.review_keys import Held, ReviewKeys
from napari_zsris._qt.widgets.colours import Colours
from napari_zsris._qt.widgets.export_button import ExportFormat
from napari_zsris._qt.widgets.help_popover import HelpPopover
from napari_zsris._qt.widgets.panel import Panel
from napari_zsris._qt.widgets.work_model import WorkModel
from napari_zsris._qt.workspace import Workspace
from napari_zsris.annotations.sessions import sessions_folder
from napari_zsris.errors import AnnotationError, ZsrisError

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    import numpy as np
    import numpy.typing as npt
    from qtpy.QtGui import QHideEvent, QShowEvent

    from napari_zsris._qt.core.outcome import Outcome
    from napari_zsris.annotations import Item

__all__ = ["SegmentationDock"]

PROJECTS = "Projects (*.zsris)"
SMALLEST_WIDTH = 300


class SegmentationDock(QWidget):
    """Type a phrase, get ranked editable masks, accept, correct or reject them, export.

    Of one viewer there is one such dock: a second one leads to the first.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer the dock works on.
    engine : Engine, optional
        What segments; the one of this viewer by default.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer, engine: Engine | None = None) -> None:
        super().__init__()
        self.setObjectName("referring_segmentation")
        self._viewer = napari_viewer
        self._closed = False
        self._watching = False
        self._keys = ReviewKeys(napari_viewer, {})
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(SMALLEST_WIDTH)
        first = _dock_of(napari_viewer)
        if first is not None:
            self._closed = True
            self._lead_to(first)
            return
        self._preferences = Preferences()
        self.engine = engine or engine_of(napari_viewer)
        self.list = WorkModel()
        settings = self._preferences.settings
        self.workspace = Workspace(napari_viewer, settings, self.engine, self.list)
        self.workspace.ahead = self._preferences.ahead
        self.panel = Panel(Colours.of(napari_viewer.theme), self.list)
        self._tools = MaskTools(napari_viewer, self._shown_mask, self._other_masks, self.panel)
        self._tools.told.connect(self.panel.status.say)
        self._actions = self._make_actions()
        self._connect_controls()
        self._connect_workspace()
        self._settings = SettingsLink(self.panel, self.workspace, self._preferences)
        self._images = ImageLink(napari_viewer, self.panel, self.workspace)
        self._images.changed.connect(self._on_review)
        napari_viewer.events.theme.connect(self._on_theme)
        self._preferences.connect_keys(self._on_keys)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self._on_ended()
        self._on_review()
        self._on_keys()
        self.workspace.begin()

    @property
    def closed(self) -> bool:
        """Whether the dock is of no use any more."""
        return self._closed

    def segment(self, phrase: str | None = None) -> None:
        """Find a phrase in the chosen image.

        Parameters
        ----------
        phrase : str, optional
            What to find; what is typed by default.
        """
        if phrase is not None:
            self.panel.phrase.phrase = phrase
        words = self.panel.phrase.phrase
        if self.workspace.ask(words):
            self._preferences.remember(words)
            self.panel.phrase.remember(self._preferences.phrases)

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
        self.workspace.open(path)
        self.panel.work.unfolded = True

    def export(self, path: Path, kind: ExportFormat = ExportFormat.COCO) -> None:
        """Write what was accepted.

        Parameters
        ----------
        path : Path
            The file, or the folder for RefCOCO.
        kind : ExportFormat
            What to write.

        Raises
        ------
        ZsrisError
            Nothing is accepted yet, or the file cannot be written.
        """
        store = self.workspace.store
        self.workspace.reviewer.keep()
        if store is None or not store.accepted:
            raise AnnotationError("nothing is accepted yet: accept a mask with A, then export")
        if kind is ExportFormat.REFCOCO:
            written = store.project.export_refcoco(path)
        elif kind is ExportFormat.COCO_POLYGONS:
            written = store.project.export_coco(path, "polygons")
        else:
            written = store.project.export_coco(path)
        show_info(f"Wrote {count(written, 'object')} to {path}")

    def ask_and_export(self, kind: ExportFormat) -> None:
        """Ask where to write what was accepted, and write it.

        Parameters
        ----------
        kind : ExportFormat
            What to write.
        """
        if kind is ExportFormat.REFCOCO:
            chosen = QFileDialog.getExistingDirectory(self, "Folder for RefCOCO files")
        else:
            chosen, _ = QFileDialog.getSaveFileName(
                self, "Export accepted masks", "annotations.json", "COCO (*.json)"
            )
        if chosen:
            self._try(lambda: self.export(Path(chosen), kind))

    def close_down(self) -> None:
        """Keep all work, and give the viewer back; the dock is of no use after."""
        if self._closed:
            return
        self._closed = True
        self._keys.unbind()
        self._settings.close()
        self._images.close()
        self._tools.close()
        self._viewer.events.theme.disconnect(self._on_theme)
        self._preferences.disconnect_keys(self._on_keys)
        told = self._where_work_is()
        self.workspace.leave_canvas()
        self.workspace.close()
        if told:
            show_info(told)

    # Qt's events

    def event(self, event: QEvent) -> bool:
        """Notice that the dock was closed: napari takes the widget out of it and lets it go.

        Parameters
        ----------
        event : QEvent
            Any event.

        Returns
        -------
        bool
            Whether it was of use.
        """
        handled: bool = super().event(event)
        if event.type() == QEvent.Type.ParentChange and self.parent() is None:
            self.close_down()
        return handled

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep all work before napari's window closes, and say where it is.

        Parameters
        ----------
        watched : QObject
            The window.
        event : QEvent
            Any event of it.

        Returns
        -------
        bool
            False, so that the window gets it.
        """
        if event.type() == QEvent.Type.Close and not self._closed:
            self.workspace.reviewer.keep()
            told = self._where_work_is()
            if told:
                show_info(told)
        return bool(super().eventFilter(watched, event))

    def showEvent(self, event: QShowEvent) -> None:
        """Bind the keys as long as the dock is to be seen.

        Parameters
        ----------
        event : QShowEvent
            The event.
        """
        super().showEvent(event)
        if not self._closed:
            self._keys.bind()
            self._watch_window()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the keys to others while the dock is hidden, unless its whole window is.

        Parameters
        ----------
        event : QHideEvent
            The event.
        """
        super().hideEvent(event)
        if not event.spontaneous():
            self._keys.unbind()

    # Wiring

    def _make_actions(self) -> dict[str, Any]:
        reviewer, navigator = self.workspace.reviewer, self.workspace.navigator
        return {
            "accept": reviewer.accept,
            "reject": reviewer.reject,
            "next": partial(reviewer.step, 1),
            "previous": partial(reviewer.step, -1),
            "edit": reviewer.edit,
            "draw": lambda: self.workspace.draw(self.panel.phrase.phrase),
            "undo": self.workspace.undo,
            "skip": partial(reviewer.decide, "skipped"),
            "none": partial(reviewer.decide, "none-fits"),
            "reject_phrase": partial(reviewer.decide, "rejected"),
            "todo": navigator.go_on,
            "previous_phrase": navigator.go_back,
            "next_photo": partial(navigator.go_to_photo, 1),
            "previous_photo": partial(navigator.go_to_photo, -1),
            "help": self._show_help,
            "phrase": self.panel.phrase.take_focus,
            **self._tools.actions,
        }

    def _do(self, name: str) -> None:
        # What was painted over accepted masks is on record before anything else happens.
        act = self._actions[name]
        if callable(act) and self.workspace.reviewer.keep_paint():
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
        if not self.isHidden():
            self._keys.bind()
        self.panel.review.rekey(self._plan.keys)
        for complaint in self._plan.complaints:
            show_warning(complaint)

    def _shown_mask(self) -> ShownMask | None:
        reviewer = self.workspace.reviewer
        obstacle = reviewer.obstacle()
        layer, placement = reviewer.candidate.layer, reviewer.placement
        if obstacle or layer is None or placement is None or reviewer.question is None:
            self.panel.status.say(obstacle)
            return None
        shown = reviewer.question.shown
        return ShownMask(layer, placement, (reviewer.question.item_id, shown and shown.base))

    def _other_masks(self) -> list[OtherMask]:
        reviewer, store = self.workspace.reviewer, self.workspace.store
        question, placement = reviewer.question, reviewer.placement
        if question is None or placement is None or store is None:
            return []
        height, width = placement.site.size
        found = [
            OtherMask(
                f"candidate {entry.card.rank + 1}",
                partial(entry.bitmap.window, 0, 0, width, height),
                entry.card.thumbnail,
            )
            for entry in question
            if entry.card is not None and entry.key != question.chosen
        ]
        accepted = [
            OtherMask(
                f"accepted {number}: {elide(item.phrase) or 'painted'}", partial(_final_mask, item)
            )
            for number, item in enumerate(store.objects(question.photo_id), start=1)
        ]
        return found + accepted

    def _connect_controls(self) -> None:
        panel, workspace = self.panel, self.workspace
        panel.phrase.entered.connect(self.segment)
        panel.suggestions.picked.connect(self.segment)
        panel.segment.clicked.connect(lambda _checked: self.segment())
        panel.cancel.clicked.connect(workspace.cancel)
        panel.candidates.chosen.connect(workspace.reviewer.choose)
        panel.review.wanted.connect(self._do)
        panel.export.wanted.connect(self.ask_and_export)
        panel.help.clicked.connect(self._show_help)
        panel.work_list.picked.connect(workspace.navigator.go_to)
        panel.work_list.rearranged.connect(self._list_work)
        panel.work_list.open_project.clicked.connect(self._ask_for_project)
        panel.work_list.open_folder.clicked.connect(self._ask_for_folder)
        panel.work_list.save_as.clicked.connect(self._ask_where_to_save)

    def _connect_workspace(self) -> None:
        workspace = self.workspace
        # When the viewer is closed its docks are destroyed without a word.
        self.destroyed.connect(workspace.end)
        workspace.began.connect(self._on_began)
        workspace.ended.connect(self._on_ended)
        workspace.progressed.connect(self.panel.status.show_step)
        workspace.answered.connect(self._on_answered)
        workspace.told.connect(self.panel.status.say)
        workspace.opened.connect(self._list_work)
        workspace.touched.connect(self._on_touched)
        workspace.reviewer.changed.connect(self._on_review)
        workspace.navigator.moved.connect(self.panel.work_list.show_current)
        workspace.navigator.arrived.connect(self.panel.image.choose)

    def _list_work(self) -> None:
        store, work = self.workspace.store, self.panel.work_list
        if store is None:
            self.list.show([])
        else:
            self.list.show(store.entries(work.selection, work.order))
            work.show_counts(store.project.queue.counts())
            if self.workspace.navigator.at is not None:
                work.show_current(self.workspace.navigator.at)
        self._show_project()

    def _on_touched(self, item_id: int) -> None:
        store = self.workspace.store
        if store is not None:
            self.list.update(store.project.queue.entry(item_id))
            self.panel.work_list.show_counts(store.project.queue.counts())
            self.panel.work_list.show_current(item_id)

    def _on_began(self) -> None:
        self.panel.cancel.setEnabled(True)
        self.panel.status.begin()

    def _on_ended(self) -> None:
        self.panel.cancel.setEnabled(False)
        self.panel.status.end()

    def _on_answered(self, outcome: Outcome) -> None:
        self.panel.method.recommend(outcome.recommended)
        if outcome.cards:
            self.panel.status.say(
                f"{count(len(outcome.cards), 'candidate')} for “{elide(outcome.request.phrase)}”."
            )
        field = self.panel.phrase
        if field.hasFocus() and field.phrase == outcome.request.phrase:
            # The keys of the review do not reach the viewer from a text field.
            self.panel.candidates.setFocus()

    def _on_review(self) -> None:
        question, store = self.workspace.reviewer.question, self.workspace.store
        self.panel.candidates.show_question(question, self._hint())
        self.panel.explanation.show_question(question)
        if question is not None and not self.panel.phrase.hasFocus():
            self.panel.phrase.phrase = question.phrase
        some = question is not None and len(question) > 0
        shown = question is not None and question.shown is not None
        asked = question is not None
        self.panel.review.allow(
            accept=shown,
            reject=shown,
            edit=shown,
            next=some,
            previous=some,
            skip=asked,
            none=asked,
            undo=store is not None,
        )
        accepted = 0 if store is None else store.accepted
        self.panel.count.setText(f"{accepted:,} accepted" if accepted else "nothing accepted yet")
        self.panel.export.setEnabled(accepted > 0)

    def _hint(self) -> str:
        workspace = self.workspace
        if workspace.image is None:
            return "Open an image, or one of File ▸ Open Sample ▸ napari-zsris."
        if workspace.reviewer.question is None:
            return workspace.reviewer.waiting_for or (
                "Type what to find, press Enter, and the regions that fit best appear here."
            )
        return "No regions. Press D to draw the mask yourself."

    def _show_project(self) -> None:
        store = self.workspace.store
        path = None if store is None else store.project.path
        name = "no project" if path is None else path.stem
        session = store is not None and store.is_session
        self.panel.project.setText(f"session {name}" if session else name)
        self.panel.project.setToolTip(self.workspace.obstacle if path is None else str(path))

    def _where_work_is(self) -> str:
        store = self.workspace.store
        if store is None or not store.accepted:
            return ""
        masks = count(store.accepted, "accepted mask")
        where = "go on there with the dock" if store.is_session else "open it to go on"
        return f"{masks}: kept in {store.project.path}; {where}."

    def _ask_for_project(self) -> None:
        start = str(sessions_folder()) if sessions_folder().exists() else ""
        chosen, _ = QFileDialog.getOpenFileName(self, "Open project", start, PROJECTS)
        if chosen:
            self._try(lambda: self.open(Path(chosen)))

    def _ask_for_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder of photos")
        if chosen:
            self.workspace.add_folder(Path(chosen))

    def _ask_where_to_save(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Save as", "work.zsris", PROJECTS)
        if chosen:
            path = Path(chosen)
            named = path if path.suffix else path.with_suffix(".zsris")
            self._try(lambda: self.workspace.save_as(named))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except ZsrisError as error:
            self.workspace.notify(error)

    def _on_theme(self, event: Any) -> None:
        self.panel.recolour(Colours.of(event.value))

    def _show_help(self) -> None:
        HelpPopover(ACTIONS, self._plan.keys, self).open_beside(self.panel.help)

    def _watch_window(self) -> None:
        ancestor = self.parent()
        while ancestor is not None and not isinstance(ancestor, QMainWindow):
            ancestor = ancestor.parent()
        if ancestor is not None and not self._watching:
            self._watching = True
            ancestor.installEventFilter(self)

    def _lead_to(self, first: SegmentationDock) -> None:
        label = QLabel("The workspace is open in this window already: there is one for each.")
        label.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(label)
        column.addStretch(1)
        panel = first.parent()
        if isinstance(panel, QWidget):
            panel.show()
            panel.raise_()


def _dock_of(viewer: napari.viewer.Viewer) -> SegmentationDock | None:
    docks = viewer.window.dock_widgets.values()
    return next(
        (dock for dock in docks if isinstance(dock, SegmentationDock) and not dock.closed), None
    )


def _final_mask(item: Item) -> npt.NDArray[np.bool_]:
    mask = item.final_mask
    if mask is None:
        raise AssertionError("only items with a mask are offered")
    return mask

"""The dock widget: every control's signal tied to what it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info
from qtpy.QtWidgets import QFileDialog

from napari_zsris._qt.core.actions import REVIEW_ACTIONS
from napari_zsris._qt.core.engine import Engine, engine_of
from napari_zsris._qt.core.export import ExportFormat, export
from napari_zsris._qt.core.outcome import Outcome
from napari_zsris._qt.dock_widget import DockWidget
from napari_zsris._qt.image_link import ImageLink
from napari_zsris._qt.preferences import Preferences
from napari_zsris._qt.session import Session
from napari_zsris._qt.settings_link import SettingsLink
from napari_zsris._qt.widgets.colours import Colours
from napari_zsris._qt.widgets.help_popover import HelpPopover
from napari_zsris._qt.widgets.panel import Panel
from napari_zsris.errors import ZsrisError

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_zsris._qt.core.review import Review

__all__ = ["SegmentationDock"]

_MORE_KEYS = (
    ("Enter", "In the phrase field: segment, or rank anew what is encoded already."),
    ("/", "Type the next phrase."),
)


class SegmentationDock(DockWidget):
    """Type a phrase, get ranked editable masks, accept, correct or reject them, export.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer the dock works on.
    engine : Engine, optional
        What segments; the one that the viewer's docks share by default.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer, engine: Engine | None = None) -> None:
        super().__init__(napari_viewer, "referring_segmentation")
        self._preferences = Preferences()
        self.engine = engine or engine_of(napari_viewer)
        self.session = Session(napari_viewer, self._preferences.settings, self.engine)
        self.panel = Panel(Colours.of(napari_viewer.theme))
        keys = [(action.shown, action.purpose) for action in REVIEW_ACTIONS]
        self._help = HelpPopover([*keys, *_MORE_KEYS], self)
        self._actions = self._make_actions()
        self._connect_controls()
        self._connect_session()
        self._settings = SettingsLink(self.panel, self.session, self._preferences)
        self._images = ImageLink(napari_viewer, self.panel, self.session)
        self._images.changed.connect(self._on_review)
        napari_viewer.events.theme.connect(self._on_theme)
        self._on_ended()
        self._on_review()
        bound = {action.key: self._actions[action.name] for action in REVIEW_ACTIONS}
        self._hold(self.panel, bound | {"H": self._show_help, "/": self.panel.phrase.take_focus})

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
        if self.session.ask(words):
            self._preferences.remember(words)
            self.panel.phrase.remember(self._preferences.phrases)

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
        self.session.reviewer.annotations.collect()
        count = export(self.session.reviewer.collection, path, kind)
        show_info(f"Wrote {count} masks to {path}")

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
        if not chosen:
            return
        try:
            self.export(Path(chosen), kind)
        except ZsrisError as error:
            self.session.notify(error)

    def let_go(self) -> None:
        """Stop what is under way and let go of viewer and settings."""
        self._settings.close()
        self._images.close()
        self.session.close()
        self._viewer.events.theme.disconnect(self._on_theme)

    def _make_actions(self) -> dict[str, Callable[[], object]]:
        reviewer = self.session.reviewer
        return {
            "accept": reviewer.accept,
            "reject": reviewer.reject,
            "next": lambda: reviewer.step(1),
            "previous": lambda: reviewer.step(-1),
            "edit": reviewer.edit,
            "draw": lambda: self.session.draw(self.panel.phrase.phrase),
            "undo": reviewer.undo,
        }

    def _connect_controls(self) -> None:
        panel, session = self.panel, self.session
        panel.phrase.entered.connect(self.segment)
        panel.suggestions.picked.connect(self.segment)
        panel.segment.clicked.connect(lambda _checked: self.segment())
        panel.cancel.clicked.connect(session.cancel)
        panel.candidates.chosen.connect(session.reviewer.choose)
        panel.review.wanted.connect(lambda name: self._actions[name]())
        panel.export.wanted.connect(self.ask_and_export)
        panel.help.clicked.connect(self._show_help)

    def _connect_session(self) -> None:
        session = self.session
        # When the viewer is closed its docks are destroyed without a word.
        self.destroyed.connect(session.close)
        session.began.connect(self._on_began)
        session.ended.connect(self._on_ended)
        session.progressed.connect(self.panel.status.show_step)
        session.answered.connect(self._on_answered)
        session.told.connect(self.panel.status.say)
        session.reviewer.changed.connect(self._on_review)

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
                f"{len(outcome.cards)} candidates for “{outcome.request.phrase}”. "
                "A accepts, N shows the next."
            )
        field = self.panel.phrase
        if field.hasFocus() and field.phrase == outcome.request.phrase:
            # The keys of the review do not reach the viewer from a text field.
            self.panel.candidates.setFocus()

    def _on_review(self) -> None:
        reviewer = self.session.reviewer
        review = reviewer.review
        self.panel.candidates.show_review(review, self._hint())
        self.panel.explanation.show_review(review)
        some, chosen = review is not None and len(review) > 0, _chosen(review)
        self.panel.review.allow(
            accept=chosen,
            reject=chosen,
            edit=chosen,
            next=some,
            previous=some,
            undo=reviewer.can_undo,
        )
        count = len(reviewer.collection)
        self.panel.count.setText(f"{count} accepted" if count else "nothing accepted yet")
        self.panel.export.setEnabled(count > 0)

    def _hint(self) -> str:
        if self.session.image is None:
            return "Open an image, or one of File ▸ Open Sample ▸ napari-zsris."
        if self.session.reviewer.review is None:
            return "Type what to find, press Enter, and the regions that fit best appear here."
        return "No regions. Press D to draw the mask yourself."

    def _on_theme(self, event: Any) -> None:
        self.panel.recolour(Colours.of(event.value))

    def _show_help(self) -> None:
        self._help.open_beside(self.panel.help)


def _chosen(review: Review | None) -> bool:
    return review is not None and review.chosen is not None

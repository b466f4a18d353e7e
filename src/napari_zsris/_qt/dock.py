"""The dock widget: every control's signal tied to what it does."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QFileDialog

from napari_zsris._qt.core.actions import action, printed
from napari_zsris._qt.core.engine import Engine, engine_of
from napari_zsris._qt.core.export import ExportFormat, export
from napari_zsris._qt.core.outcome import Outcome
from napari_zsris._qt.core.wording import count, elide
from napari_zsris._qt.dock_widget import DockWidget
from napari_zsris._qt.image_link import ImageLink
from napari_zsris._qt.mask_tools import MaskTools, OtherMask, ShownMask
from napari_zsris._qt.preferences import Preferences
from napari_zsris._qt.session import Session
from napari_zsris._qt.settings_link import SettingsLink
from napari_zsris._qt.viewer.keymap import plan_keys
from napari_zsris._qt.widgets.colours import Colours
from napari_zsris._qt.widgets.help_popover import HelpPopover
from napari_zsris._qt.widgets.panel import Panel
from napari_zsris.errors import ZsrisError

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from napari_zsris._qt.core.review import Review
    from napari_zsris._qt.viewer.review_keys import Held

__all__ = ["SegmentationDock"]


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
        self._tools = MaskTools(napari_viewer, self._shown_mask, self._other_masks, self.panel)
        self._tools.told.connect(self.panel.status.say)
        self._actions = self._make_actions()
        self._plan = plan_keys([action(name) for name in self._actions], self._preferences.keys)
        self._connect_controls()
        self._connect_session()
        self._settings = SettingsLink(self.panel, self.session, self._preferences)
        self._images = ImageLink(napari_viewer, self.panel, self.session)
        self._images.changed.connect(self._on_review)
        napari_viewer.events.theme.connect(self._on_theme)
        self._on_ended()
        self._on_review()
        self._hold(self.panel, {})
        self._on_keys()
        self._preferences.connect_keys(self._on_keys)

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
        written = export(self.session.reviewer.collection, path, kind)
        show_info(f"Wrote {count(written, 'mask')} to {path}")

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
        self._preferences.disconnect_keys(self._on_keys)
        self._tools.close()
        self._images.close()
        self.session.close()
        self._viewer.events.theme.disconnect(self._on_theme)

    def _make_actions(self) -> dict[str, Callable[[], object] | Held]:
        reviewer = self.session.reviewer
        return {
            "accept": reviewer.accept,
            "reject": reviewer.reject,
            "next": lambda: reviewer.step(1),
            "previous": lambda: reviewer.step(-1),
            "edit": reviewer.edit,
            "draw": lambda: self.session.draw(self.panel.phrase.phrase),
            "undo": reviewer.undo,
            "phrase": self.panel.phrase.take_focus,
            "help": self._show_help,
            **self._tools.actions,
        }

    def _do(self, name: str) -> None:
        action = self._actions[name]
        if callable(action):
            action()

    def _shown_mask(self) -> ShownMask | None:
        reviewer = self.session.reviewer
        layer, placement = reviewer.shown_layer(), reviewer.placement
        if layer is None or placement is None or reviewer.review is None:
            self.panel.status.say("No mask is shown: choose a candidate first.")
            return None
        chosen = reviewer.review.chosen
        return ShownMask(layer, placement, None if chosen is None else chosen.key)

    def _other_masks(self) -> list[OtherMask]:
        reviewer = self.session.reviewer
        review = reviewer.review
        if review is None:
            return []
        height, width = review.question.site.size
        found = [
            OtherMask(
                f"candidate {entry.card.rank + 1}",
                partial(entry.card.bitmap.window, 0, 0, width, height),
                entry.card.thumbnail,
            )
            for entry in review
            if entry.card is not None and entry != review.chosen
        ]
        reviewer.annotations.collect()
        accepted = [
            OtherMask(
                f"accepted {one.id}: {one.phrase}", partial(one.bitmap.window, 0, 0, width, height)
            )
            for one in reviewer.collection
            if one.site == review.question.site
        ]
        return found + accepted

    def _on_keys(self, _event: object = None) -> None:
        """Take the keys as the person set them."""
        self._plan = plan_keys([action(name) for name in self._actions], self._preferences.keys)
        self._rebind({key: self._actions[name] for name, key in self._plan.keys.items()})
        self.panel.review.rekey(self._plan.keys)
        for complaint in self._plan.complaints:
            show_warning(complaint)

    def _connect_controls(self) -> None:
        panel, session = self.panel, self.session
        panel.phrase.entered.connect(self.segment)
        panel.suggestions.picked.connect(self.segment)
        panel.segment.clicked.connect(lambda _checked: self.segment())
        panel.cancel.clicked.connect(session.cancel)
        panel.candidates.chosen.connect(session.reviewer.choose)
        panel.review.wanted.connect(self._do)
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
            found = count(len(outcome.cards), "candidate")
            self.panel.status.say(f"{found} for “{elide(outcome.request.phrase)}”.")
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
        kept = len(reviewer.collection)
        self.panel.count.setText(f"{kept:,} accepted" if kept else "nothing accepted yet")
        self.panel.export.setEnabled(kept > 0)

    def _hint(self) -> str:
        if self.session.image is None:
            return "Open an image, or one of File ▸ Open Sample ▸ napari-zsris."
        if self.session.reviewer.review is None:
            return "Type what to find, press Enter, and the regions that fit best appear here."
        key = printed(self._plan.keys.get("draw", ""))
        return f"No regions. Press {key} to draw the mask yourself."

    def _on_theme(self, event: Any) -> None:
        self.panel.recolour(Colours.of(event.value))

    def _show_help(self) -> None:
        offered = [action(name) for name in self._actions]
        HelpPopover(offered, self._plan.keys, self).open_beside(self.panel.help)


def _chosen(review: Review | None) -> bool:
    return review is not None and review.chosen is not None

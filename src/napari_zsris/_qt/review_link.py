"""The question in the panel: candidates, buttons, what is under way and what there is to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject

from napari_zsris._qt.widgets.panel import Panel
from napari_zsris._qt.workspace import Workspace
from napari_zsris.wording import count, elide

if TYPE_CHECKING:
    from napari_zsris.engine.outcome import Outcome

__all__ = ["ReviewLink"]


class ReviewLink(QObject):
    """Shows the question and the work on it.

    Parameters
    ----------
    panel : Panel
        The controls.
    workspace : Workspace
        What asks and answers.
    """

    def __init__(self, panel: Panel, workspace: Workspace) -> None:
        super().__init__()
        self._panel, self._workspace = panel, workspace
        panel.cancel.clicked.connect(workspace.asker.cancel)
        panel.candidates.chosen.connect(workspace.reviewer.choose)
        workspace.began.connect(self._on_began)
        workspace.ended.connect(self._on_ended)
        workspace.progressed.connect(panel.status.show_step)
        workspace.answered.connect(self._on_answered)
        workspace.told.connect(panel.status.say)
        workspace.reviewer.changed.connect(self.refresh)
        self._on_ended()
        self.refresh()

    def _on_began(self) -> None:
        self._panel.cancel.setEnabled(True)
        self._panel.status.begin()

    def _on_ended(self) -> None:
        self._panel.cancel.setEnabled(False)
        self._panel.status.end()

    def _on_answered(self, outcome: Outcome) -> None:
        self._panel.method.recommend(outcome.recommended)
        if outcome.cards:
            self._panel.status.say(
                f"{count(len(outcome.cards), 'candidate')} for “{elide(outcome.request.phrase)}”."
            )
        field = self._panel.phrase
        if field.hasFocus() and field.phrase == outcome.request.phrase:
            # The keys of the review do not reach the viewer from a text field.
            self._panel.candidates.setFocus()

    def refresh(self) -> None:
        """Show the question as it is now."""
        question, store = self._workspace.reviewer.question, self._workspace.store
        self._panel.candidates.show_question(question, self._hint())
        self._panel.explanation.show_question(question)
        if question is not None and not self._panel.phrase.hasFocus():
            self._panel.phrase.phrase = question.phrase
        some = question is not None and len(question) > 0
        shown = question is not None and question.shown is not None
        asked = question is not None
        self._panel.review.allow(
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
        self._panel.count.setText(f"{accepted:,} accepted" if accepted else "nothing accepted yet")
        self._panel.export.setEnabled(accepted > 0)

    def _hint(self) -> str:
        workspace = self._workspace
        if workspace.image is None:
            return "Open an image, or one of File ▸ Open Sample ▸ napari-zsris."
        if workspace.reviewer.question is None:
            return workspace.reviewer.waiting_for or (
                "Type what to find, press Enter, and the regions that fit best appear here."
            )
        return "No regions. Press D to draw the mask yourself."

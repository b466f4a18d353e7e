"""Image and question in the panel: what is asked of what, what was found, and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject

from napari_zsris._qt.viewer.snapshot import is_image
from napari_zsris._qt.widgets.panel import Panel
from napari_zsris._qt.workspace import Workspace
from napari_zsris.wording import count, elide

if TYPE_CHECKING:
    import napari
    from napari.layers import Image

    from napari_zsris.engine.outcome import Outcome

__all__ = ["ReviewLink"]

PHRASES = "referring_phrases"


class ReviewLink(QObject):
    """Offers the viewer's images, and shows the question and the work on it.

    Parameters
    ----------
    viewer : napari viewer
        Where the images are.
    panel : Panel
        The controls.
    workspace : Workspace
        What asks and answers.
    """

    def __init__(self, viewer: napari.viewer.Viewer, panel: Panel, workspace: Workspace) -> None:
        super().__init__()
        self._viewer, self._panel, self._workspace = viewer, panel, workspace
        panel.cancel.clicked.connect(workspace.asker.cancel)
        panel.candidates.chosen.connect(workspace.reviewer.choose)
        workspace.began.connect(self._on_began)
        workspace.ended.connect(self._on_ended)
        workspace.progressed.connect(panel.status.show_step)
        workspace.answered.connect(self._on_answered)
        workspace.told.connect(panel.status.say)
        workspace.reviewer.changed.connect(self.refresh)
        panel.image.chosen.connect(self._on_image)
        panel.channels.changed.connect(self._on_channels)
        for emitter in self._list_changes():
            emitter.connect(self._on_layers)
        viewer.layers.selection.events.active.connect(self._on_active)
        for layer in viewer.layers:
            layer.events.name.connect(self._on_layers)
        self._on_ended()
        self._on_layers()
        self._on_image(panel.image.layer)

    def close(self) -> None:
        """Heed the viewer no more."""
        for emitter in self._list_changes():
            emitter.disconnect(self._on_layers)
        self._viewer.layers.selection.events.active.disconnect(self._on_active)
        for layer in self._viewer.layers:
            layer.events.name.disconnect(self._on_layers)

    # The image

    def _list_changes(self) -> tuple[Any, ...]:
        events = self._viewer.layers.events
        return events.inserted, events.removed, events.reordered

    def _on_layers(self, event: Any = None) -> None:
        if event is not None and event.type == "inserted":
            event.value.events.name.connect(self._on_layers)
        self._panel.image.offer([layer for layer in self._viewer.layers if is_image(layer)])
        self._offer_channels()

    def _on_active(self, event: Any) -> None:
        if is_image(event.value):
            self._panel.image.choose(event.value)

    def _on_image(self, layer: Image | None) -> None:
        self._offer_channels()
        self._workspace.photo.show(layer, self._panel.channels.channels)
        self._panel.segment.setEnabled(layer is not None)
        phrases = [] if layer is None else layer.metadata.get(PHRASES, [])
        self._panel.suggestions.offer([str(phrase) for phrase in phrases])
        self.refresh()

    def _offer_channels(self) -> None:
        self._panel.channels.offer(self._viewer, self._panel.image.layer)
        self._panel.channels.setVisible(self._panel.channels.needed)

    def _on_channels(self) -> None:
        self._workspace.photo.show(self._panel.image.layer, self._panel.channels.channels)

    # The question

    def _on_began(self) -> None:
        self._panel.cancel.setEnabled(True)
        self._panel.status.begin()

    def _on_ended(self) -> None:
        self._panel.cancel.setEnabled(False)
        self._panel.status.end()

    def _on_answered(self, outcome: Outcome) -> None:
        self._panel.method.recommend(outcome.recommended)
        if outcome.cards:
            found = (
                f"{count(len(outcome.cards), 'candidate')} for “{elide(outcome.request.phrase)}”."
            )
            self._panel.status.say(outcome.doubt or found)
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
        if workspace.photo.image is None:
            return "Open an image, or one of File ▸ Open Sample ▸ napari-zsris."
        if workspace.reviewer.question is None:
            return workspace.reviewer.waiting_for or (
                "Type what to find, press Enter, and the regions that fit best appear here."
            )
        return "No regions. Press D to draw the mask yourself."

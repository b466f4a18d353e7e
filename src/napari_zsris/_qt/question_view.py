"""The question on the canvas: one candidate at a time, its brush work on record."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from napari_zsris._qt.viewer.annotation_layers import AnnotationLayers
from napari_zsris._qt.viewer.candidate_layer import CandidateLayer
from napari_zsris._qt.viewer.notices import notify
from napari_zsris._qt.viewer.placement import Placement
from napari_zsris.errors import ZsrisError
from napari_zsris.review.project_store import ProjectStore
from napari_zsris.review.question import Question

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["QuestionView"]

# After a stroke; a person who paints on is not kept waiting for the disk.
MILLISECONDS_TO_KEEP = 300


class QuestionView(QObject):
    """Shows a question, and writes brush work and paint to the project.

    Everything that can fail is done before anything changes that is seen. Keys act on what is
    shown, or say why not.

    Parameters
    ----------
    viewer : napari viewer
        Where masks are shown.

    Attributes
    ----------
    changed : Signal()
        Question, chosen candidate or decisions changed.
    told : Signal(str)
        A sentence for the person.
    """

    changed = Signal()
    told = Signal(str)

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self.store: ProjectStore | None = None
        self.question: Question | None = None
        self.placement: Placement | None = None
        self.waiting_for = ""
        """Why there is no question, where there is a better reason than that none was asked."""
        self.since = 0.0
        """When the question was shown, in seconds of the monotonic clock."""
        self._failure = ""
        self._keeping = QTimer(self)
        self._keeping.setSingleShot(True)
        self._keeping.setInterval(MILLISECONDS_TO_KEEP)
        self._keeping.timeout.connect(self.keep)
        self.candidate = CandidateLayer(viewer, self._keeping.start)
        self.annotations = AnnotationLayers(viewer, self._keeping.start)
        events = viewer.dims.events
        self._dims_changes = events.current_step, events.ndisplay, events.order
        for emitter in self._dims_changes:
            emitter.connect(self._on_dims)

    def close(self) -> None:
        """Heed the viewer no more."""
        self._keeping.stop()
        for emitter in self._dims_changes:
            emitter.disconnect(self._on_dims)

    # What is shown

    def show(self, question: Question, placement: Placement) -> None:
        """Show a question, in place of the one that is shown.

        Parameters
        ----------
        question : Question
            From the project's store.
        placement : Placement
            Where its photo lies.
        """
        self.question, self.placement, self.waiting_for = question, placement, ""
        self.since = time.monotonic()
        self.present()

    def put_away(self, reason: str = "") -> bool:
        """Take the question off the canvas; brush work stays with its phrase.

        Parameters
        ----------
        reason : str
            What to tell a person who presses a key meanwhile.

        Returns
        -------
        bool
            False where brush work cannot be kept, so that everything stays as it is.
        """
        if not self.keep():
            return False
        self.question = self.placement = None
        self.waiting_for = reason
        self.candidate.remove()
        self.changed.emit()
        return True

    def keep(self) -> bool:
        """Write brush work and paint to the project.

        Returns
        -------
        bool
            Whether nothing is left to be written.
        """
        self._keeping.stop()
        if self.store is None:
            return True
        try:
            painted = self._keep_paint(self.store)
            brushed = self.keep_brush_work(self.store)
        except ZsrisError as error:
            self.fail(error)
            return False
        self._failure = ""
        if painted or brushed:
            self._refresh_question()
        return True

    def keep_paint(self) -> bool:
        """Write what was painted over accepted masks to the project.

        Returns
        -------
        bool
            Whether nothing is left to be written.
        """
        try:
            if self.store is not None and self._keep_paint(self.store):
                self._refresh_question()
        except ZsrisError as error:
            self.fail(error)
            return False
        return True

    def show_objects(self, placement: Placement, photo_id: int) -> None:
        """Show a photo's accepted masks.

        Parameters
        ----------
        placement : Placement
            Where the photo lies.
        photo_id : int
            Its number.
        """
        if self.store is not None:
            items = self.store.project.queue.of_photo(photo_id)
            self.annotations.show(placement, photo_id, items)
            self.annotations.name_for(placement)

    # What a person looks at

    def choose(self, key: int) -> None:
        """Show a candidate.

        Parameters
        ----------
        key : int
            Its key.
        """
        self._move(lambda question: question.choosing(key))

    def step(self, by: int) -> None:
        """Show a neighbour of the candidate that is shown.

        Parameters
        ----------
        by : int
            1 for the next one, -1 for the previous one.
        """
        # From another plane it leads back first.
        steps = by if self._plane_is_shown() else 0
        self._move(lambda question: question.stepping(steps))

    def obstacle(self, *, hidden_too: bool = True) -> str:
        """Tell why keys cannot act on the question.

        Parameters
        ----------
        hidden_too : bool
            Whether a candidate must be to be seen.

        Returns
        -------
        str
            A sentence that says what to do; empty where they can.
        """
        if self.question is None or self.placement is None:
            return self.waiting_for or "No phrase is asked of this photo: type one, or press J."
        if self.placement.layer not in self._viewer.layers:
            return "The photo was closed: open it again, or press J for the next phrase."
        if self._viewer.dims.ndisplay != 2:
            return "The viewer shows a volume: switch to 2D with the button below the layer list."
        if not self._plane_is_shown():
            return (
                f"The candidates lie on {self.placement.spoken}: press N to go back there, "
                "or type a phrase for this plane."
            )
        if hidden_too and self.question.shown is None:
            return "No candidate is chosen: press N for the next one, or D to draw the mask."
        if hidden_too and not self.candidate.visible:
            return "No candidate is shown: press N to see one, or / to type a phrase."
        return ""

    # Steps

    def _move(self, choose: Callable[[Question], Question]) -> None:
        if self.question is not None and not len(self.question):
            self.told.emit("There are no candidates: press D to draw the mask.")
            return
        if (
            self.question is None
            or self.placement is None
            or self.placement.layer not in self._viewer.layers
            or self._viewer.dims.ndisplay != 2
        ):
            self.told.emit(self.obstacle())
            return
        if not self.keep():
            return
        self.question = choose(self.question)
        self.placement.go_back(self._viewer)
        self.present()

    def present(self) -> None:
        """Show the chosen candidate, or none."""
        entry = None if self.question is None else self.question.shown
        if entry is None or self.question is None or self.placement is None:
            self.candidate.hide()
        else:
            self.candidate.show(self.placement, entry, self.question.phrase)
            self.candidate.lock(locked=not self._plane_is_shown())
        self.changed.emit()

    def _plane_is_shown(self) -> bool:
        return self.placement is not None and self.placement.is_shown(self._viewer)

    def _keep_paint(self, store: ProjectStore) -> bool:
        painted = list(self.annotations.collect())
        if not painted:
            return False
        with store.decisions.together():
            kept = [store.decisions.repaint(one.photo_id, one.item_id, one.mask) for one in painted]
        for repainted, item_id in zip(painted, kept, strict=True):
            if item_id is not None and repainted.item_id is None:
                self.annotations.adopt(repainted, item_id)
        for photo_id in {repainted.photo_id for repainted in painted}:
            self.annotations.renew(photo_id, store.project.queue.of_photo(photo_id))
        return True

    def keep_brush_work(self, store: ProjectStore) -> bool:
        """Write the shown mask to the project, where it was painted on.

        Parameters
        ----------
        store : ProjectStore
            The project.

        Returns
        -------
        bool
            Whether anything changed.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        question = self.question
        mask = None if question is None or question.shown is None else self.candidate.mask()
        if question is None or mask is None:
            return False
        return store.keep_brush_work(question, mask)

    def _refresh_question(self) -> None:
        """Read the question anew; what is on the canvas stays."""
        if self.question is None or self.store is None:
            return
        shown = self.question.shown
        at = None if shown is None else shown.base
        now = self.store.question(self.question, at=at, blank=at == "")
        self.question = now if shown is not None else replace(now, chosen=None)
        self.changed.emit()

    def _on_dims(self, _event: object = None) -> None:
        if self.question is not None:
            shown = self._plane_is_shown() and self._viewer.dims.ndisplay == 2
            if not shown:
                self.keep()
            self.candidate.lock(locked=not shown)

    def fail(self, error: ZsrisError) -> None:
        """Tell the person of an error.

        Parameters
        ----------
        error : ZsrisError
            The error.
        """
        if str(error) == self._failure:
            # Every stroke on a full disk fails: the dock says so, napari need not once more.
            self.told.emit(self._failure)
        else:
            self._failure = str(error)
            notify(error, self.told.emit)

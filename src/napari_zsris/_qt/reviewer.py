"""What a person decides about the question on the canvas."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal

from napari_zsris._qt.question_view import QuestionView
from napari_zsris.errors import ZsrisError
from napari_zsris.wording import count, elide, spoken_status

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Reviewer"]


class Reviewer(QuestionView):
    """Writes what is decided about the shown question to the project.

    Parameters
    ----------
    viewer : napari viewer
        Where masks are shown.

    Attributes
    ----------
    decided : Signal(object)
        The phrase with this item was decided on.
    undone : Signal(object, object)
        The decision on this item was taken back, and the item of its phrase; None for paint.
    """

    # Qt's own int would cut the ids of large projects off.
    decided = Signal(object)
    undone = Signal(object, object)

    def accept(self) -> None:
        """Keep the mask that is shown, as it is now."""
        mask = self._shown_mask()
        if mask is None or self.question is None or self.store is None:
            return
        if not mask.any():
            self.told.emit("This mask is empty: paint the object first, or reject it with R.")
            return
        question = self.question
        try:
            base = self.store.decisions.accept(question, mask, time.monotonic() - self.since)
            now = self.store.question(question, at=base)
        except ZsrisError as error:
            self.fail(error)
            return
        self.question = now
        self._redraw()
        self.candidate.hide()
        self._activate_image()
        objects = count(sum(entry.item_id is not None for entry in now), "object")
        self.told.emit(f"Kept: “{elide(question.phrase)}”, {objects}. Press / to type a phrase.")
        self.changed.emit()
        self.decided.emit(question.item_id)

    def reject(self) -> None:
        """Put the shown candidate aside and show the next open one."""
        if self._shown_mask() is None or self.question is None or self.store is None:
            return
        question, key = self.question, self.question.chosen
        try:
            self.keep_brush_work(self.store)
            nothing_fits = self.store.decisions.reject(question)
            now = self.store.question(question, after=-1 if key is None else key)
        except ZsrisError as error:
            self.fail(error)
            return
        self.question = now
        self._redraw()
        self.present()
        if nothing_fits:
            self.told.emit(
                f"Nothing fits “{elide(question.phrase)}”: press D to draw the mask, or U to undo."
            )
        elif now.chosen is None:
            self.told.emit("No candidate is left: press D to draw another object, or J to go on.")
        if nothing_fits:
            self.decided.emit(question.item_id)

    def decide(self, status: str) -> None:
        """Decide on the phrase as a whole.

        Parameters
        ----------
        status : {"skipped", "rejected", "none-fits"}
            What is decided.
        """
        obstacle = self.obstacle(hidden_too=False)
        if obstacle or self.question is None or self.store is None:
            self.told.emit(obstacle)
            return
        question = self.question
        try:
            self.keep_brush_work(self.store)
            self.store.decisions.decide(question, status, time.monotonic() - self.since)
        except ZsrisError as error:
            self.fail(error)
            return
        self.told.emit(f"“{elide(question.phrase)}”: {spoken_status(status)}. ⇧J comes back to it.")
        self.decided.emit(question.item_id)

    def edit(self) -> None:
        """Take up the brush on the candidate that is shown."""
        obstacle = self.obstacle(hidden_too=False)
        if obstacle or self.question is None or self.placement is None:
            self.told.emit(obstacle)
            return
        self.present()
        if self.candidate.take_brush():
            self.told.emit("Paint to add, erase with 1, undo a stroke with Ctrl+Z, accept with A.")

    def draw(self) -> None:
        """Begin a mask from scratch for the question that is shown."""
        obstacle = self.obstacle(hidden_too=False)
        if obstacle or self.question is None or self.store is None:
            self.told.emit(obstacle)
            return
        if not self.keep():
            return
        self.question = self.store.question(self.question, at="", blank=True)
        self.present()
        self.edit()

    def undo(self) -> None:
        """Take the last decision back, and show its candidate where its phrase is shown."""
        if self.store is None or not self.keep():
            return
        try:
            undone = self.store.decisions.undo()
        except ZsrisError as error:
            self.fail(error)
            return
        if undone is None:
            self.told.emit("There is no decision to take back.")
            return
        item, phrase_id, base = undone
        self.annotations.renew(item.photo_id, self.store.project.queue.of_photo(item.photo_id))
        shown, placement = self.question, self.placement
        if shown is not None and placement is not None and shown.item_id == phrase_id:
            self.show(self.store.question(shown, at=base), placement)
        self.undone.emit(item.id, phrase_id)
        if phrase_id is None:
            name = self.store.project.library.spoken_name(item.photo_id)
            self.told.emit(f"Took back what was painted on {name}.")
            self.changed.emit()
        else:
            state = spoken_status(item.status)
            self.told.emit(f"Took back: “{elide(item.phrase)}” is {state} again.")

    def _shown_mask(self) -> npt.NDArray[np.bool_] | None:
        """Give the mask that keys act on; where there is none, tell the person why."""
        obstacle = self.obstacle()
        mask = None if obstacle else self.candidate.mask()
        if mask is None:
            self.told.emit(obstacle)
        return mask

    def _redraw(self) -> None:
        if self.question is not None and self.placement is not None:
            self.show_objects(self.placement, self.question.photo_id)

    def _activate_image(self) -> None:
        layer = None if self.placement is None else self.placement.layer
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.selection.active = layer

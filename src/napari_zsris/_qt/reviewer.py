"""What a person decides about the question on the canvas."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal

from napari_zsris._qt.question_view import QuestionView
from napari_zsris.errors import ZsrisError
from napari_zsris.wording import count, elide

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
    """

    # Qt's own int would cut the ids of large projects off.
    decided = Signal(object)

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
        self.told.emit(
            f"“{elide(question.phrase)}”: {status.replace('-', ' ')}. ⇧J comes back to it."
        )
        self.decided.emit(question.item_id)

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

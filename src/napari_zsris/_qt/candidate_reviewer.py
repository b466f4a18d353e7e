"""One of a phrase's candidates at a time on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from qtpy.QtCore import QObject, Signal

from napari_zsris._qt.core.review import Entry, Review
from napari_zsris._qt.viewer.candidate_layers import CandidateLayers

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_zsris._qt.viewer.placement import Placement

__all__ = ["CandidateReviewer"]


class CandidateReviewer(QObject):
    """Lets a person leaf through the candidates of a phrase and paint on them.

    Parameters
    ----------
    viewer : napari viewer
        Where masks are shown.

    Attributes
    ----------
    changed : Signal()
        The list of candidates, the chosen one, or a decision changed.
    told : Signal(str)
        A sentence for the person.
    """

    changed = Signal()
    told = Signal(str)

    NOTHING_CHOSEN: ClassVar[str]
    """What to do about it that no candidate is chosen."""

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._candidates = CandidateLayers(viewer)
        self._placement: Placement | None = None
        self.review: Review | None = None

    def choose(self, key: int) -> None:
        """Show a candidate.

        Parameters
        ----------
        key : int
            Its key in the review.
        """
        if self.review is not None:
            self.review.choose(key)
            self._present()

    def step(self, by: int) -> None:
        """Show a neighbour of the candidate that is shown.

        Parameters
        ----------
        by : int
            1 for the next one, -1 for the previous one.
        """
        if self.review is not None:
            self.review.step(by)
            self._present()

    def shown_layer(self) -> Labels | None:
        """Give the layer of the mask on the canvas.

        Returns
        -------
        napari Labels or None
            The layer; None while no candidate is shown.
        """
        chosen = None if self.review is None else self.review.chosen
        return None if chosen is None else self._candidates.visible(chosen.key)

    def edit(self) -> None:
        """Take up the brush on the candidate that is shown."""
        chosen = self._chosen()
        layer = None if chosen is None else self._candidates.show(chosen, self._phrase)
        if layer is not None and self._placement is not None:
            self._candidates.brush.take(layer, self._placement)
            self.told.emit("Paint to add, erase with 1, undo a stroke with Ctrl+Z, accept with A.")

    @property
    def _phrase(self) -> str:
        return "" if self.review is None else self.review.question.phrase

    def _present(self) -> None:
        if self.review is not None:
            self._candidates.show(self.review.chosen, self._phrase)
        self.changed.emit()

    def _chosen(self) -> Entry | None:
        """Give the candidate that is shown; without one, tell the person what to do."""
        chosen = None if self.review is None else self.review.chosen
        if chosen is None:
            self.told.emit(self.NOTHING_CHOSEN)
        return chosen

    def _draw_anew(self) -> None:
        if self.review is not None:
            self.review.draw()
            self._present()
            self.edit()

"""Candidates on the canvas, and what a person decides about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_zsris._qt.candidate_reviewer import CandidateReviewer
from napari_zsris._qt.core.annotation import UNKNOWN, Annotation
from napari_zsris._qt.core.collection import Collection
from napari_zsris._qt.core.decision import Decision
from napari_zsris._qt.core.outcome import Outcome
from napari_zsris._qt.core.review import Question, Review, Status
from napari_zsris._qt.viewer.annotation_layers import AnnotationLayers
from napari_zsris._qt.viewer.placement import Placement
from napari_zsris.proposals.bitmap import Bitmap

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Reviewer"]


class Reviewer(CandidateReviewer):
    """Shows the candidates of one phrase, and moves accepted masks to the Annotations layer.

    Parameters
    ----------
    viewer : napari viewer
        Where masks are shown.
    """

    NOTHING_CHOSEN = "No candidate is chosen: type a phrase, or press N for the next one."

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__(viewer)
        self._decisions: list[Decision] = []
        self.collection = Collection()
        self.annotations = AnnotationLayers(viewer, self.collection)

    @property
    def placement(self) -> Placement | None:
        """Where the candidates lie."""
        return self._placement

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to take back."""
        return bool(self._decisions)

    def show(self, outcome: Outcome, placement: Placement) -> None:
        """Show what was found, the best candidate first.

        Parameters
        ----------
        outcome : Outcome
            The candidates.
        placement : Placement
            Where they lie.
        """
        request = outcome.request
        origin = (request.picture.key, request.settings.proposals)
        review = self._start(Question(placement.site, request.phrase, origin), placement)
        decided = {
            decision.key: decision.status
            for decision in self._decisions
            if decision.question == review.question
        }
        review.rank(outcome, decided)
        self._candidates.start(placement, list(review), request.phrase)
        self._present()
        if not outcome.cards:
            self.told.emit(
                "No regions were found in this picture. Press D to draw the mask yourself, "
                "or choose other proposals."
            )

    def step(self, by: int) -> None:
        """Show a neighbour of the candidate that is shown.

        Parameters
        ----------
        by : int
            1 for the next one, -1 for the previous one.
        """
        if self.review is None or not len(self.review):
            self.told.emit("There are no candidates yet: type a phrase and press Enter.")
            return
        super().step(by)

    def accept(self) -> None:
        """Move the shown mask, as it is now, to the Annotations layer."""
        chosen = self._chosen()
        if chosen is None or self.review is None or self._placement is None:
            return
        mask = self._candidates.mask(chosen.key)
        if mask is None or not mask.any():
            self.told.emit("This mask is empty: paint the object first, or reject it with R.")
            return
        question, card = self.review.question, chosen.card
        again = self._object(question, chosen.key)
        outcome = self.review.outcome
        model = "" if card is None or outcome is None else _model(outcome)
        annotation = Annotation(
            id=self.collection.next_id() if again is None else again,
            site=question.site,
            phrase=question.phrase,
            bitmap=Bitmap.from_mask(mask),
            score=None if card is None else card.score,
            rank=None if card is None else card.rank,
            model=model,
            edited=self._candidates.edited(chosen.key),
            category=UNKNOWN if outcome is None else outcome.head or UNKNOWN,
        )
        self.annotations.accept(annotation, self._placement)
        if again is None:
            self._note(chosen.key, Status.ACCEPTED, annotation.id)
        self._candidates.hide()
        self._activate_image()
        self.changed.emit()
        self.told.emit(
            f"Object {annotation.id}: “{question.phrase}”. Press / to type the next phrase."
        )

    def reject(self) -> None:
        """Put the shown candidate aside and show the next open one."""
        chosen = self._chosen()
        if chosen is None or self.review is None:
            return
        if chosen.status is Status.ACCEPTED:
            self.told.emit("This candidate is accepted: press U to take that back first.")
            return
        if chosen.status is Status.OPEN:
            self._note(chosen.key, Status.REJECTED)
        self._present()
        if self.review.chosen is None:
            self.told.emit("No candidate is left: press D to draw the mask, or rephrase.")

    def draw(self, placement: Placement, phrase: str) -> None:
        """Begin an empty mask for a phrase that none of the candidates fits.

        Parameters
        ----------
        placement : Placement
            Where the mask lies, when the phrase has no candidates there yet.
        phrase : str
            What the mask shows.
        """
        question = None if self.review is None else self.review.question
        if question is None or (question.site, question.phrase) != (placement.site, phrase):
            review = self._start(Question(placement.site, phrase), placement)
            self._candidates.start(placement, list(review), phrase)
        self._draw_anew()

    def undo(self) -> None:
        """Take the last decision back."""
        if not self._decisions:
            self.told.emit("There is no decision to take back.")
            return
        last = self._decisions.pop()
        accepted = None
        if last.object_id is not None:
            self.annotations.collect()
            accepted = self.collection.find(last.object_id, last.question.site)
            self.annotations.withdraw(last.object_id, last.question.site)
        self.told.emit(f"Took back: “{last.question.phrase}” is {Status.OPEN} again.")
        if self.review is not None and self.review.question == last.question:
            self._candidates.settle(last.key, settled=False)
            self.review.decide(last.key, Status.OPEN)
            entry = self.review.entry(last.key)
            if accepted is not None and entry is not None:
                self._candidates.restore(entry, accepted.bitmap, self._phrase)
            self._present()
        else:
            self.changed.emit()

    def leave(self) -> None:
        """Take the candidates off the canvas; accepted masks and painted layers stay."""
        self._candidates.clear()
        self.review = self._placement = None
        self.changed.emit()

    def _start(self, question: Question, placement: Placement) -> Review:
        if self.review is None or self.review.question != question:
            self.review = Review(question)
        self._placement = placement
        return self.review

    def _note(self, key: int, status: Status, object_id: int | None = None) -> None:
        if self.review is not None:
            self._decisions.append(Decision(self.review.question, key, status, object_id))
            self._candidates.settle(key, settled=True)
            self.review.decide(key, status)

    def _object(self, question: Question, key: int) -> int | None:
        accepted = (
            decision.object_id
            for decision in self._decisions
            if decision.question == question and decision.key == key
        )
        return next((number for number in accepted if number is not None), None)

    def _activate_image(self) -> None:
        layer = None if self._placement is None else self._placement.layer
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.selection.active = layer


def _model(outcome: Outcome) -> str:
    return f"{outcome.request.settings.clip} + {outcome.source}"

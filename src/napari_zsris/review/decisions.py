"""What a person decides, on disk when a method returns, and taken back in the same order."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from napari_zsris.annotations import Decision, Item, Project, Rle, ScoredMask
from napari_zsris.annotations.history import Choice
from napari_zsris.errors import AnnotationError
from napari_zsris.review.question import Entry, Question, same_mask
from napari_zsris.review.question_reader import base_in_force, candidate_base, read_question
from napari_zsris.wording import elide

__all__ = ["Decisions"]


class Decisions:
    """Writes decisions on questions and on painted objects to a project.

    Parameters
    ----------
    project : Project
        Open for writing.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        # Candidates put aside are no decision on their phrase; with each goes how many decisions
        # came before it, so that undo takes things back in their order.
        self._aside: list[tuple[int, int, str]] = []
        self._decisions = 0

    @contextmanager
    def together(self) -> Generator[None]:
        """Decide all that is decided in the block, or nothing where an error leaves the block.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        before = list(self._aside), self._decisions
        try:
            with self._project.together():
                yield
        except BaseException:
            self._aside, self._decisions = before
            raise

    def put_aside(self, item_id: int) -> list[str]:
        """List the candidates of a phrase that were put aside.

        Parameters
        ----------
        item_id : int
            The phrase's item.

        Returns
        -------
        list of str
            Their bases.
        """
        return [base for _, of, base in self._aside if of == item_id]

    def accept(self, question: Question, mask: npt.NDArray[np.bool_], seconds: float) -> str:
        """Accept the mask of the entry that is shown.

        Parameters
        ----------
        question : Question
            The question, with an entry shown.
        mask : (H, W) bool array
            The mask as it is now.
        seconds : float
            How long deciding took.

        Returns
        -------
        str
            The base that the entry has from now on.

        Raises
        ------
        AnnotationError
            The mask is empty or does not fit, or the project cannot be written.
        """
        entry = question.shown
        if entry is None:
            raise AnnotationError("no candidate is shown: choose one first")
        with self.together():
            item_id = self._accept(question, entry, mask, seconds)
            self._project.brush_work.drop(question.item_id, entry.base)
        return entry.base if entry.card is not None else f"object {item_id}"

    def _accept(
        self, question: Question, entry: Entry, mask: npt.NDArray[np.bool_], seconds: float
    ) -> int:
        main = self._project.queue.item(question.item_id)
        if entry.item_id is not None:
            item_id = entry.item_id
            choice = _choice(self._project.queue.item(item_id), entry, mask, seconds)
            self._project.objects.decide(item_id, choice)
        elif base_in_force(main) is not None or (
            _rank(main, entry) is None and entry.card is not None
        ):
            item_id = _add_object(self._project, question, entry, mask, seconds)
        else:
            item_id = main.id
            self._project.objects.decide(item_id, _choice(main, entry, mask, seconds))
        self._decisions += 1
        return item_id

    def reject(self, question: Question) -> bool:
        """Put the shown candidate aside, or take its object out again.

        Parameters
        ----------
        question : Question
            The question, with an entry shown.

        Returns
        -------
        bool
            Whether nothing is left open, so that the phrase was decided: nothing fits.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        entry = question.shown
        if entry is None:
            raise AnnotationError("no candidate is shown: choose one first")
        with self.together():
            if entry.item_id is not None:
                main = entry.item_id == question.item_id
                self._project.decide(entry.item_id, "skipped" if main else "rejected")
                self._decisions += 1
            self._aside.append((self._decisions, question.item_id, entry.base))
            left = read_question(self._project, question, self.put_aside(question.item_id))
            done = left.chosen is None and all(each.item_id is None for each in left)
            if done:
                self._project.decide(question.item_id, "none-fits")
                self._decisions += 1
        return done

    def decide(self, question: Question, status: str, seconds: float) -> None:
        """Decide on a phrase as a whole.

        Parameters
        ----------
        question : Question
            The question.
        status : {"skipped", "rejected", "none-fits"}
            What is decided.
        seconds : float
            How long deciding took.

        Raises
        ------
        AnnotationError
            The phrase has accepted masks, which this would take out of force, or the project
            cannot be written.
        """
        if any(entry.item_id is not None for entry in question):
            raise AnnotationError(
                f"“{elide(question.phrase)}” has accepted masks: take them out first, each with R"
            )
        self._project.decide(question.item_id, status, seconds=seconds)
        self._decisions += 1

    def repaint(
        self, photo_id: int, item_id: int | None, mask: npt.NDArray[np.bool_] | None
    ) -> int | None:
        """Write what a person painted straight over the accepted masks.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        item_id : int or None
            The object's item; None for a new object, which has no phrase.
        mask : (H, W) bool array or None
            The object now; None where it was rubbed out.

        Returns
        -------
        int or None
            The object's item; None where it was rubbed out.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        if item_id is None:
            added = self._project.objects.add(photo_id, Choice("none-fits", None, mask))
            self._decisions += 1
            return added
        item = self._project.queue.item(item_id)
        if mask is None:
            self._project.decide(item_id, "rejected" if item.added else "skipped")
            self._decisions += 1
            return None
        rank = None if item.decision is None else item.decision.rank
        status = "none-fits" if rank is None else "corrected"
        self._project.objects.decide(item_id, Choice(status, rank, mask))
        self._decisions += 1
        return item_id

    def undo(self) -> tuple[Item, int | None, str | None] | None:
        """Take back the latest decision, and keep the brush work that was in it.

        Returns
        -------
        tuple or None
            The item as it is now, the item of its phrase (None for an object without one), and the
            base of the entry that was decided on, where it was one; None when there is nothing to
            take back.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        with self.together():
            return self._undo()

    def _undo(self) -> tuple[Item, int | None, str | None] | None:
        if self._aside and self._aside[-1][0] == self._decisions:
            _, item_id, put_aside = self._aside.pop()
            return self._project.queue.item(item_id), item_id, put_aside
        item = self._project.undo()
        if item is None:
            return None
        self._decisions -= 1
        undone = max(
            (each for each in self._project.history(item.id) if each.undone),
            key=lambda decision: decision.id,
        )
        main = self._project.objects.phrase_of(item.id)
        base: str | None = None
        if undone.rle is not None:
            base = candidate_base(item, undone)
            self._keep_undone(main, base, undone)
        elif self._aside and self._aside[-1][:2] == (self._decisions, item.id):
            # It was the last candidate put aside that decided the phrase.
            base = self._aside.pop()[2]
        return item, main, base

    def _keep_undone(self, main: int | None, base: str, undone: Decision) -> None:
        if main is None or undone.rle is None or undone.status == "accepted":
            return
        if base not in self._project.brush_work.of(main):
            self._project.brush_work.keep(main, base, undone.rle)


def _add_object(
    project: Project, question: Question, entry: Entry, mask: npt.NDArray[np.bool_], seconds: float
) -> int:
    main = project.queue.item(question.item_id)
    if entry.card is None:
        choice = Choice("none-fits", None, mask, seconds)
    elif same_mask(mask, entry.card.bitmap):
        choice = Choice("accepted", entry.key, None, seconds)
    else:
        choice = Choice("corrected", entry.key, mask, seconds)
    height, width = main.size
    scored = [
        ScoredMask(Rle(size=[height, width], counts=base), card.score)
        for card, base in zip(question.cards, question.bases, strict=True)
    ]
    return project.objects.add(question.photo_id, choice, main.id, scored)


def _choice(item: Item, entry: Entry, mask: npt.NDArray[np.bool_], seconds: float) -> Choice:
    rank = _rank(item, entry)
    if rank is None:
        return Choice("none-fits", None, mask, seconds)
    if np.array_equal(mask, item.candidates[rank].mask):
        return Choice("accepted", rank, None, seconds)
    return Choice("corrected", rank, mask, seconds)


def _rank(item: Item, entry: Entry) -> int | None:
    """Find the candidate of an item that an entry began with."""
    for candidate in item.candidates:
        if candidate.rle["counts"] == entry.base:
            return candidate.rank
    if entry.item_id == item.id and item.decision is not None:
        return item.decision.rank
    return None

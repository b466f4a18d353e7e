"""A question as the project knows it: candidates joined with what was decided and painted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from napari_zsris.annotations import Decision, Item, Project, Rle, decode_rle
from napari_zsris.engine.outcome import Card
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.review.question import Entry, Question, Status

__all__ = ["base_in_force", "candidate_base", "read_question"]


def read_question(
    project: Project,
    asked: Question,
    rejected: Collection[str],
    *,
    at: str | None = None,
    after: int = -1,
    blank: bool = False,
) -> Question:
    """Read what the project knows of a question.

    Parameters
    ----------
    project : Project
        The project.
    asked : Question
        The question, as it was before or without entries.
    rejected : collection of str
        Bases of the candidates that were put aside.
    at : str, optional
        The base of the entry to show; by default the first open one.
    after : int
        The key of the entry to go on from, where there is no such base.
    blank : bool
        Whether a mask is to be drawn from scratch.

    Returns
    -------
    Question
        As it is now.

    Raises
    ------
    AnnotationError
        The project cannot be read.
    """
    items = project.queue.load(project.objects.of_phrase(asked.item_id))
    brush_work = project.brush_work.of(asked.item_id)
    entries = _join(asked, items, brush_work, rejected, blank=blank)
    found = replace(asked, entries=entries, chosen=None)
    shown = None if at is None else found.based_on(at)
    return found.choosing(found.next_open(after) if shown is None else shown.key)


def base_in_force(item: Item) -> str | None:
    """Tell which entry an item's decision was made on.

    Parameters
    ----------
    item : Item
        The item.

    Returns
    -------
    str or None
        The entry's base; None where no mask is in force.
    """
    if item.decision is None or item.decision.rle is None:
        return None
    return candidate_base(item, item.decision) or f"object {item.id}"


def candidate_base(item: Item, decision: Decision) -> str:
    """Tell which candidate a decision was made on.

    Parameters
    ----------
    item : Item
        The item.
    decision : Decision
        A decision on it, whether or not it is in force.

    Returns
    -------
    str
        The candidate's `counts`; empty where it was none.
    """
    known = decision.rank is not None and decision.rank < len(item.candidates)
    return item.candidates[decision.rank or 0].rle["counts"] if known else ""


def _join(
    asked: Question,
    items: Sequence[Item],
    brush_work: Mapping[str, Rle],
    rejected: Collection[str],
    *,
    blank: bool,
) -> tuple[Entry, ...]:
    """Join candidates, then accepted masks that are none of them, then masks drawn from scratch."""
    accepted = {base: item for item in items if (base := base_in_force(item)) is not None}
    made = _Maker(brush_work)
    for card, base in zip(asked.cards, asked.bases, strict=True):
        item = accepted.pop(base, None)
        status = Status.REJECTED if base in rejected else Status.OPEN
        made.add(card, base, card.bitmap, item, status)
    for item in accepted.values():
        made.add(None, f"object {item.id}", _empty(), item, Status.ACCEPTED)
    for base in (base for base in brush_work if base not in made.bases):
        made.add(None, base, _empty(), None, Status.OPEN)
    if blank and "" not in made.bases:
        made.add(None, "", _empty(), None, Status.OPEN)
    return tuple(made.entries)


class _Maker:
    def __init__(self, brush_work: Mapping[str, Rle]) -> None:
        self._brush_work = brush_work
        self.entries: list[Entry] = []
        self.bases: set[str] = set()

    def add(
        self, card: Card | None, base: str, kept: Bitmap, item: Item | None, status: Status
    ) -> None:
        if item is not None and item.decision is not None and item.decision.rle is not None:
            kept, status = _bitmap(item.decision.rle), Status.ACCEPTED
        painted = self._brush_work.get(base)
        shown = kept if painted is None else _bitmap(painted)
        item_id = None if item is None else item.id
        self.entries.append(Entry(len(self.entries), card, base, shown, kept, status, item_id))
        self.bases.add(base)


def _bitmap(rle: Rle) -> Bitmap:
    return Bitmap.from_mask(decode_rle(rle))


def _empty() -> Bitmap:
    return Bitmap.from_mask(np.zeros((1, 1), bool))

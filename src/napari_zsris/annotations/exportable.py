"""What of a project goes into a file, read from one moment of the project."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count, groupby
from typing import Self

from napari_zsris.annotations.categories import Categories, Category
from napari_zsris.annotations.coco import CocoImage
from napari_zsris.annotations.selection import Selection, several
from napari_zsris.annotations.statements import Row, Snapshot
from napari_zsris.errors import AnnotationError, shortened
from napari_zsris.rle import Rle, rle_area

__all__ = ["ExportReport", "Exportable", "ExportedItem"]

_FINAL = ("accepted", "corrected", "none-fits")
_EXPORTABLE = (*_FINAL, "todo")
_PARSES_KEPT = 1 << 16

# Of an undecided item, the best candidate stands in for the final mask. By this index phrases come
# in the order of the export, so that nothing has to be sorted.
_SOURCES = """
    phrase p INDEXED BY phrase_by_photo JOIN photo ph ON ph.id = p.photo_id
    LEFT JOIN decision d ON d.id = p.decision_id
    LEFT JOIN candidate c ON c.phrase_id = p.id AND c.rank = 0 AND p.status = 'todo'
"""
_MASK = "coalesce(d.counts, c.counts)"

_REASONS = {
    "todo": "not decided on",
    "rejected": "rejected",
    "skipped": "skipped",
    "none-fits": "that nothing fits",
    "empty": "whose mask is empty",
}


class ExportReport(int):
    """How many annotations or refs an export wrote, and what it left out.

    Parameters
    ----------
    written : int
        How many were written.
    left_out : mapping of str to int
        Items asked for that have no mask in the file, by status; "empty" counts empty masks.

    Attributes
    ----------
    left_out : dict of str to int
        As given.
    """

    left_out: Mapping[str, int]

    def __new__(cls, written: int, left_out: Mapping[str, int]) -> Self:  # noqa: D102
        report = super().__new__(cls, written)
        report.left_out = dict(left_out)
        return report

    @property
    def explanation(self) -> str:
        """What was left out and why, on one line; empty where nothing was."""
        if not self.left_out:
            return ""
        items = sum(self.left_out.values())
        parts = (
            f"{number} {_REASONS.get(reason, reason)}" for reason, number in self.left_out.items()
        )
        what = "item without a mask is" if items == 1 else "items without a mask are"
        return f"{items} {what} not in the file: {', '.join(parts)}"


@dataclass(frozen=True)
class ExportedItem:
    """One item with the mask to export.

    Parameters
    ----------
    image : CocoImage
        Its photo.
    phrase, category, status : str
        The referring expression, the category's name in the file, and what was decided.
    split : str or None
        As imported.
    rle : Rle
        The mask, which is not empty.
    rank : int or None
        The candidate it came from, 0 for the best.
    score : float or None
        That candidate's score.
    """

    image: CocoImage
    phrase: str
    category: str
    status: str
    split: str | None
    rle: Rle
    rank: int | None
    score: float | None


class Exportable:
    """The items of a project that an export was asked for.

    Parameters
    ----------
    snapshot : Snapshot
        The project at one moment.
    selection : Selection
        Which items; by default all that have a final mask.
    categories : Categories, optional
        Where category names come from.
    targetless : bool
        Whether photos are listed for which the only thing to say is that nothing fits a phrase.

    Raises
    ------
    AnnotationError
        Items of a status asked for never have a mask.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        selection: Selection,
        categories: Categories | None = None,
        *,
        targetless: bool = False,
    ) -> None:
        self._snapshot = snapshot
        self._asked = selection
        self._chosen = _with_masks(selection)
        named = categories or Categories()
        if named.head_noun:
            # Asked twice of every phrase: for the numbering, and for its own category.
            named = replace(named, head_noun=lru_cache(_PARSES_KEPT)(named.head_noun))
        self._categories = named
        self._listed = f"({_MASK} IS NOT NULL OR {targetless:d} AND p.status = 'none-fits')"
        self._empty = 0

    def count(self) -> int:
        """Count the items to be written, for showing progress.

        Returns
        -------
        int
            How many have a mask.
        """
        where, values = self._chosen.where()
        rows = self._snapshot.stream(
            f"SELECT count({_MASK}) FROM {_SOURCES} WHERE {where}",  # noqa: S608
            values,
        )
        return int(next(iter(rows))[0])

    def images(self) -> Iterator[CocoImage]:
        """Give the photos that the file lists.

        Yields
        ------
        CocoImage
            In the order of import, numbered from 1.
        """
        where, values = self._chosen.where()
        rows = self._snapshot.stream(
            f"""
            SELECT ph.path, ph.height, ph.width, ph.source, ph.plane, ph.channels FROM {_SOURCES}
            WHERE {where} AND {self._listed} GROUP BY p.photo_id ORDER BY p.photo_id
            """,  # noqa: S608 - conditions are ours, values are bound
            values,
        )
        for number, (path, height, width, source, plane, channels) in enumerate(rows, start=1):
            # Of the file that a plane was taken from the name: its folders are the owner's alone.
            told = None if source is None else re.split(r"[/\\]", source)[-1]
            extra = {"source": told, "plane": plane, "channels": channels}
            kept = {name: value for name, value in extra.items() if value is not None}
            yield CocoImage(number, path, height, width, kept)

    def numbered_categories(self) -> list[Category]:
        """Give the categories and their numbers, the same whichever part is exported.

        A category that the project knows has its number there; others, such as new names and
        head nouns found only now, follow in the order of the project's items. Listed are those
        that datasets declared and those that any item with a mask has.

        Returns
        -------
        list of Category
            By number.
        """
        known: dict[str, Category] = {}
        declared = []
        for number, name, supercategory, listed in self._snapshot.stream(
            "SELECT number, name, supercategory, declared FROM category ORDER BY number"
        ):
            known[name] = Category(number, name, supercategory)
            if listed:
                declared.append(name)
        used = self._snapshot.stream(
            f"""
            SELECT p.text, p.category, p.head FROM {_SOURCES}
            WHERE {_MASK} IS NOT NULL ORDER BY p.photo_id, p.id
            """  # noqa: S608 - ours
        )
        names = dict.fromkeys(map(self._categories.called, declared))
        names |= dict.fromkeys(self._categories.of(*row) for row in used)
        free = count(1 + max((each.number for each in known.values()), default=0))
        numbered = [known.get(name) or Category(next(free), name) for name in names]
        return sorted(numbered, key=lambda category: category.number)

    def items(self) -> Iterator[ExportedItem]:
        """Give the items to be written.

        Yields
        ------
        ExportedItem
            In the order of import; masks without a pixel are left out and counted.
        """
        where, values = self._chosen.where()
        rows = self._snapshot.stream(
            f"""
            SELECT p.photo_id, ph.path, ph.height, ph.width, p.text, p.category, p.head, p.status,
                p.split, {_MASK}, coalesce(d.rank, c.rank), coalesce(d.score, c.score)
            FROM {_SOURCES} WHERE {where} AND {self._listed} ORDER BY p.photo_id, p.id
            """,  # noqa: S608 - conditions are ours, values are bound
            values,
        )
        # Numbered as in `images`: the same photos in the same order.
        for number, (_, of_photo) in enumerate(groupby(rows, key=lambda row: row[0]), start=1):
            for row in of_photo:
                item = self._item(number, row)
                if item is not None:
                    yield item

    def left_out(self) -> dict[str, int]:
        """Count what was asked for and is not written; asked after :meth:`items`.

        Returns
        -------
        dict of str to int
            Items by status; "empty" for masks without a pixel.
        """
        asked, values = self._asked.where()
        chosen, more = self._chosen.where()
        rows = self._snapshot.stream(
            f"""
            SELECT p.status, count(*) FROM {_SOURCES}
            WHERE {asked} AND NOT ({chosen} AND {_MASK} IS NOT NULL) GROUP BY p.status
            """,  # noqa: S608 - conditions are ours, values are bound
            [*values, *more],
        )
        found = Counter(dict(rows)) + Counter(empty=self._empty)
        return {reason: found[reason] for reason in (*_REASONS, *_FINAL) if reason in found}

    def _item(self, number: int, row: Row) -> ExportedItem | None:
        _, path, height, width, text, category, head, status, split, counts, rank, score = row
        if counts is None:
            return None
        rle = Rle(size=[height, width], counts=counts)
        if not rle_area(rle):
            self._empty += 1
            return None
        image = CocoImage(number, path, height, width)
        name = self._categories.of(text, category, head)
        return ExportedItem(image, text, name, status, split, rle, rank, score)


def _with_masks(selection: Selection) -> Selection:
    if selection.status is None:
        return replace(selection, status=_FINAL)
    for status in several(selection.status):
        if status not in _EXPORTABLE:
            raise AnnotationError(
                f"{shortened(status)} items have no mask to export: choose among "
                f"{', '.join(_EXPORTABLE)}"
            )
    return selection

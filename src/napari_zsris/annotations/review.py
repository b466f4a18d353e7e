"""The queue a person works through: filtered, sorted, resumed where it was left."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from napari_zsris.annotations.database import Database, Row
from napari_zsris.annotations.history import DECISION_COLUMNS, decision_from
from napari_zsris.annotations.library import Library
from napari_zsris.annotations.plane_picture import spoken_plane
from napari_zsris.annotations.records import (
    STATUSES,
    Item,
    QueueEntry,
    RankedMask,
    Status,
)
from napari_zsris.annotations.selection import Order, Selection, Sorting, several, sorting_of
from napari_zsris.errors import AnnotationError
from napari_zsris.rle import Rle

__all__ = ["ReviewQueue"]

_CHUNK = 200
_STATE = "SELECT status, decision_id FROM phrase WHERE id = ?"


class ReviewQueue:
    """What is to be reviewed, and in which order.

    Orders are ``photo`` (as imported, all phrases of a photo together), ``margin`` (where the best
    candidate leads the second by least comes first: the doubtful ones) and ``score`` (the highest
    top score first: the easy ones). Items without rivals, or without candidates, come last.

    Parameters
    ----------
    database : Database
        The project's file.
    library : Library
        Knows where the photos are.
    """

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    def item(self, item_id: int) -> Item:
        """Load one item with its candidates.

        Parameters
        ----------
        item_id : int
            Its id.

        Returns
        -------
        Item
            As it is now.

        Raises
        ------
        AnnotationError
            There is no such item.
        """
        items = self._load([item_id])
        if not items:
            raise AnnotationError(f"there is no item {item_id} in this project: use an item's id")
        return items[0]

    def items(self, selection: Selection | None = None, order: Order = "photo") -> Iterator[Item]:
        """Load items one after another; the project may be written meanwhile.

        Parameters
        ----------
        selection : Selection, optional
            Which items; all by default.
        order : {"photo", "margin", "score"}
            In which order.

        Returns
        -------
        iterator of Item
            Each as it is when its turn comes; one that a decision has meanwhile taken out of a
            selection by status is left out.

        Raises
        ------
        AnnotationError
            The order is unknown, or the project cannot be read.
        """
        chosen = selection or Selection()
        return self._iterate(self._ids(chosen, order), several(chosen.status) or STATUSES)

    def entries(
        self, selection: Selection | None = None, order: Order = "photo"
    ) -> list[QueueEntry]:
        """List items without their masks, for a table.

        Parameters
        ----------
        selection : Selection, optional
            Which items; all by default.
        order : {"photo", "margin", "score"}
            In which order.

        Returns
        -------
        list of QueueEntry
            One row per item.

        Raises
        ------
        AnnotationError
            The order is unknown, or the project cannot be read.
        """
        where, values = (selection or Selection()).where()
        rows = self._database.rows(
            f"{_ENTRY} WHERE {where} ORDER BY {sorting_of(order).by}", values
        )
        return [_entry(row) for row in rows]

    def load(self, ids: Sequence[int]) -> list[Item]:
        """Load several items.

        Parameters
        ----------
        ids : sequence of int
            Their ids.

        Returns
        -------
        list of Item
            Those that there are, in this order.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        return self._load(ids)

    def of_photo(self, photo_id: int) -> list[Item]:
        """Load the items of one photo.

        Parameters
        ----------
        photo_id : int
            The photo's number.

        Returns
        -------
        list of Item
            In the order of import, objects that were taken back left out.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        where, values = Selection().where()
        rows = self._database.rows(
            f"SELECT p.id FROM phrase p WHERE {where} AND p.photo_id = ? ORDER BY p.id",  # noqa: S608
            (*values, photo_id),
        )
        return self._load([row[0] for row in rows])

    def entry(self, item_id: int) -> QueueEntry:
        """Load one item without its masks.

        Parameters
        ----------
        item_id : int
            Its id.

        Returns
        -------
        QueueEntry
            As it is now.

        Raises
        ------
        AnnotationError
            There is no such item.
        """
        rows = self._database.rows(f"{_ENTRY} WHERE p.id = ?", (item_id,))
        if not rows:
            raise AnnotationError(f"there is no item {item_id} in this project: use an item's id")
        return _entry(rows[0])

    def next(
        self,
        after: int | None = None,
        selection: Selection | None = None,
        order: Order = "photo",
    ) -> Item | None:
        """Find the next item, going on from the start after the last one.

        Parameters
        ----------
        after : int, optional
            The item to go on from, whether or not it is selected itself; by default the first
            item is found.
        selection : Selection, optional
            Which items; by default what is still to do.
        order : {"photo", "margin", "score"}
            In which order.

        Returns
        -------
        Item or None
            The next item; `after` itself when it is the only one; None when none is selected.

        Raises
        ------
        AnnotationError
            The order is unknown, there is no item `after`, or the project cannot be read.
        """
        chosen = selection or Selection(status="todo")
        sorting = sorting_of(order)
        found = None
        if after is not None:
            key = self._database.row(
                f"SELECT {sorting.key}, id FROM phrase WHERE id = ?",  # noqa: S608 - ours
                (after,),
            )
            if key is None:
                raise AnnotationError(f"there is no item {after} in this project: use an item's id")
            found = self._first(chosen, sorting, key)
        found = found or self._first(chosen, sorting)
        return self.item(found) if found else None

    def counts(self) -> dict[Status, int]:
        """Count items by status.

        Returns
        -------
        dict of str to int
            Every status, in the order of `STATUSES`, those without items with 0.
        """
        where, values = Selection().where()
        rows = self._database.rows(
            f"SELECT p.status, count(*) FROM phrase p WHERE {where} GROUP BY p.status",  # noqa: S608
            values,
        )
        known: dict[str, int] = dict(rows)
        return {status: known.get(status, 0) for status in STATUSES}

    @property
    def position(self) -> int | None:
        """The item at which review was left; None before the first, or when it is gone."""
        row = self._database.row(
            "SELECT p.id FROM setting JOIN phrase p ON p.id = value WHERE name = 'position'"
        )
        return row[0] if row else None

    def leave_at(self, item_id: int) -> None:
        """Keep the item to resume at.

        Parameters
        ----------
        item_id : int
            The item that is shown.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        with self._database.writing() as writer:
            writer.run("REPLACE INTO setting (name, value) VALUES ('position', ?)", (item_id,))

    def _iterate(self, ids: Sequence[int], statuses: Collection[str]) -> Iterator[Item]:
        for start in range(0, len(ids), _CHUNK):
            for item in self._load(ids[start : start + _CHUNK]):
                row = self._database.row(_STATE, (item.id,))
                if row == (item.status, item.decision and item.decision.id):
                    yield item
                elif row and row[0] in statuses:
                    yield self.item(item.id)

    def _ids(self, selection: Selection, order: Order) -> list[int]:
        where, values = selection.where()
        by = sorting_of(order).by
        rows = self._database.rows(
            f"SELECT p.id FROM phrase p WHERE {where} ORDER BY {by}",  # noqa: S608 - ours
            values,
        )
        return [row[0] for row in rows]

    def _first(
        self, selection: Selection, sorting: Sorting, after: Row | None = None
    ) -> int | None:
        where, values = selection.where()
        if after is not None:
            where, values = f"{where} AND {sorting.after}", [*values, *after]
        row = self._database.row(
            f"SELECT p.id FROM phrase p WHERE {where} ORDER BY {sorting.by} LIMIT 1",  # noqa: S608
            values,
        )
        return row[0] if row else None

    def _load(self, ids: Sequence[int]) -> list[Item]:
        marks = ", ".join("?" * len(ids))
        rows = self._database.rows(
            f"""
            SELECT p.id, p.photo_id, ph.path, ph.height, ph.width, p.text, p.category, p.split,
                p.head, p.status, p.run_id, coalesce(p.failure, ph.failure), p.added, ph.beside,
                {DECISION_COLUMNS}
            FROM phrase p JOIN photo ph ON ph.id = p.photo_id
            LEFT JOIN decision d ON d.id = p.decision_id WHERE p.id IN ({marks})
            """,  # noqa: S608 - columns are ours, values are bound
            ids,
        )
        candidates = self._database.rows(
            f"""
            SELECT phrase_id, rank, score, counts FROM candidate
            WHERE phrase_id IN ({marks}) ORDER BY phrase_id, rank
            """,  # noqa: S608 - values are bound
            ids,
        )
        by_item: dict[int, list[Row]] = {}
        for item_id, *candidate in candidates:
            by_item.setdefault(item_id, []).append(tuple(candidate))
        roots = (self._library.root, self._library.folder)
        loaded = {row[0]: _item(row, by_item.get(row[0], []), roots) for row in rows}
        return [loaded[item_id] for item_id in ids if item_id in loaded]


_ENTRY = """
    SELECT p.id, ph.path, p.text, p.status, p.top_score, p.margin, ph.id, ph.source, ph.plane
    FROM phrase p JOIN photo ph ON ph.id = p.photo_id
"""


def _entry(row: Row) -> QueueEntry:
    *known, source, plane = row
    entry = QueueEntry(*known)
    return replace(entry, photo=spoken_plane(source, plane)) if source else entry


def _item(row: Row, candidates: Sequence[Row], roots: tuple[Path, Path]) -> Item:
    item_id, photo_id, path, height, width, text, category, split, head, status = row[:10]
    run_id, failure, added, beside, *decision = row[10:]
    size = (height, width)
    return Item(
        id=item_id,
        photo_id=photo_id,
        root=roots[beside],
        photo=path,
        size=size,
        phrase=text,
        category=category,
        split=split,
        head=head,
        status=status,
        candidates=tuple(
            RankedMask(rank, score, Rle(size=[height, width], counts=counts))
            for rank, score, counts in candidates
        ),
        decision=None if decision[0] is None else decision_from(tuple(decision), size),
        ranked=run_id is not None,
        failure=failure,
        added=bool(added),
    )

"""The queue a person works through: filtered, sorted, resumed where it was left."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from napari_zsris.annotations.database import Database
from napari_zsris.annotations.item_rows import load_entries, load_items
from napari_zsris.annotations.library import Library
from napari_zsris.annotations.records import (
    STATUSES,
    Item,
    QueueEntry,
    Status,
)
from napari_zsris.annotations.selection import Order, Selection, Sorting, several, sorting_of
from napari_zsris.annotations.statements import Row
from napari_zsris.errors import AnnotationError

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
        items = self.load([item_id])
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
        by = sorting_of(order).by
        return load_entries(self._database, f"WHERE {where} ORDER BY {by}", values)

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
        return load_items(self._database, self._library, ids)

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
        return self.load([row[0] for row in rows])

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
        entries = load_entries(self._database, "WHERE p.id = ?", (item_id,))
        if not entries:
            raise AnnotationError(f"there is no item {item_id} in this project: use an item's id")
        return entries[0]

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
            for item in self.load(ids[start : start + _CHUNK]):
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

"""Items of a project as they are stored, loaded with their masks or as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from napari_zsris.annotations.database import Database
from napari_zsris.annotations.history import DECISION_COLUMNS, decision_from
from napari_zsris.annotations.library import Library
from napari_zsris.annotations.plane_picture import spoken_plane
from napari_zsris.annotations.records import Item, QueueEntry, RankedMask
from napari_zsris.annotations.statements import Row, Value
from napari_zsris.rle import Rle

__all__ = ["load_entries", "load_items"]


def load_items(database: Database, library: Library, ids: Sequence[int]) -> list[Item]:
    """Load items with their candidates.

    Parameters
    ----------
    database : Database
        The project's file.
    library : Library
        Knows where the photos are.
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
    marks = ", ".join("?" * len(ids))
    rows = database.rows(
        f"""
        SELECT p.id, p.photo_id, ph.path, ph.height, ph.width, p.text, p.category, p.split,
            p.head, p.status, p.run_id, coalesce(p.failure, ph.failure), p.added, ph.beside,
            {DECISION_COLUMNS}
        FROM phrase p JOIN photo ph ON ph.id = p.photo_id
        LEFT JOIN decision d ON d.id = p.decision_id WHERE p.id IN ({marks})
        """,  # noqa: S608 - columns are ours, values are bound
        ids,
    )
    candidates = database.rows(
        f"""
        SELECT phrase_id, rank, score, counts FROM candidate
        WHERE phrase_id IN ({marks}) ORDER BY phrase_id, rank
        """,  # noqa: S608 - values are bound
        ids,
    )
    by_item: dict[int, list[Row]] = {}
    for item_id, *candidate in candidates:
        by_item.setdefault(item_id, []).append(tuple(candidate))
    roots = (library.root, library.folder)
    loaded = {row[0]: _item(row, by_item.get(row[0], []), roots) for row in rows}
    return [loaded[item_id] for item_id in ids if item_id in loaded]


def load_entries(database: Database, which: str, values: Sequence[Value]) -> list[QueueEntry]:
    """Load items without their masks.

    Parameters
    ----------
    database : Database
        The project's file.
    which : str
        The query's end, from WHERE on, over phrases ``p`` and their photos ``ph``.
    values : sequence
        What its ``?`` stand for.

    Returns
    -------
    list of QueueEntry
        One row per item.

    Raises
    ------
    AnnotationError
        The project cannot be read.
    """
    return [_entry(row) for row in database.rows(f"{_ENTRY} {which}", values)]


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

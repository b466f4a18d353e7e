"""Which items of a project are meant, and in which order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from napari_zsris.annotations.opening import folded
from napari_zsris.annotations.records import STATUSES
from napari_zsris.annotations.statements import Value
from napari_zsris.errors import AnnotationError, shortened

__all__ = ["Order", "Selection", "Sorting", "several", "sorting_of"]

Order: TypeAlias = Literal["photo", "margin", "score"]


@dataclass(frozen=True)
class Sorting:
    """One order of items; the id ends it, so that no two tie and "the next" is well defined.

    Parameters
    ----------
    by : str
        What to order a phrase ``p`` by, in SQL.
    after : str
        The condition to come after a key and an id.
    key : str
        The key's column.
    """

    by: str
    after: str
    key: str


_SORTINGS = {
    "photo": Sorting("p.photo_id, p.id", "(p.photo_id, p.id) > (?, ?)", "photo_id"),
    "margin": Sorting("p.margin, p.id", "(p.margin, p.id) > (?, ?)", "margin"),
    "score": Sorting("p.top_score DESC, p.id DESC", "(p.top_score, p.id) < (?, ?)", "top_score"),
}


@dataclass(frozen=True)
class Selection:
    """Which items of a project are meant; by default all.

    Parameters
    ----------
    status : str or collection of str, optional
        Only items of this status, or of one of these.
    split : str or collection of str, optional
        Only phrases of this split of their dataset, or of one of these.
    text : str, optional
        Only phrases, or photos' paths, that hold this text, whatever its case, in any script.

    Raises
    ------
    AnnotationError
        A status is unknown.
    """

    status: str | Collection[str] | None = None
    split: str | Collection[str] | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        for status in several(self.status):
            if status not in STATUSES:
                raise AnnotationError(
                    f"{shortened(status)} is no status: choose one of {', '.join(STATUSES)}"
                )

    def where(self) -> tuple[str, list[Value]]:
        """Give the condition on a phrase ``p``, and its values.

        Returns
        -------
        tuple of str and list
            SQL and the values for its question marks.
        """
        # An object that was taken back is nothing to do: its phrase is another item.
        terms = ["NOT (p.added AND p.status = 'todo')"]
        values: list[Value] = []
        for column, chosen in (("p.status", self.status), ("p.split", self.split)):
            if chosen is not None:
                names = several(chosen)
                terms.append(f"{column} IN ({', '.join('?' * len(names))})")
                values += names
        if self.text:
            terms.append(
                "(instr(folded(p.text), ?) OR instr(folded("
                "(SELECT path FROM photo WHERE photo.id = p.photo_id)), ?))"
            )
            values += [folded(self.text)] * 2
        return " AND ".join(terms), values


def sorting_of(order: str) -> Sorting:
    """Look up an order.

    Parameters
    ----------
    order : str
        Its name.

    Returns
    -------
    Sorting
        How it is done.

    Raises
    ------
    AnnotationError
        There is no such order.
    """
    if order not in _SORTINGS:
        raise AnnotationError(
            f"{shortened(order)} is no order: choose one of {', '.join(_SORTINGS)}"
        )
    return _SORTINGS[order]


def several(chosen: str | Collection[str] | None) -> list[str]:
    """Take one name or several as a list.

    Parameters
    ----------
    chosen : str, collection of str or None
        The names.

    Returns
    -------
    list of str
        Empty for None.
    """
    if chosen is None:
        return []
    return [chosen] if isinstance(chosen, str) else list(chosen)

"""What is the same photo, object or category: ids of foreign files, and what shares one.

Files number things in many ways: 1, "1" and 1.0 are one id, begin again in every photo, or are all
0. A row that is referred to must be the only one of its id, or say the same as the others; where
that leaves a doubt, whoever refers to it is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeAlias, TypeVar

from napari_zsris.errors import AnnotationError

__all__ = ["Key", "Rows", "as_key"]

Key: TypeAlias = int | str

Row = TypeVar("Row")

# "007" and "7" may be two things; "7.0" is what a spreadsheet makes of 7.
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]{0,17}))(?:\.0+)?")
_EXACT = 2.0**53


def as_key(value: object) -> Key | None:
    """Give an id in one form, however it was written.

    Parameters
    ----------
    value : object
        What a file holds.

    Returns
    -------
    int, str or None
        A whole number for 1, 1.0, "1" and "1.0"; other printable text as it is; None for what is
        no id.
    """
    if type(value) is int:
        return value
    if isinstance(value, float):
        return int(value) if abs(value) < _EXACT and value.is_integer() else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not text or not text.isprintable():
        return None
    whole = _WHOLE.fullmatch(text)
    return int(whole[1]) if whole else text


class Rows(Generic[Row]):
    """Rows of a file by id.

    Parameters
    ----------
    what : str
        What the rows are, such as "photo".
    rows : iterable of (Key, Row)
        The rows in the file's order, each with its id.
    same : callable
        Gives what tells a row from another with the same id, to be compared and printed.
    """

    def __init__(
        self, what: str, rows: Iterable[tuple[Key, Row]], same: Callable[[Row], object]
    ) -> None:
        self._what = what
        self._rows: dict[Key, Row] = {}
        self._doubtful: dict[Key, list[object]] = {}
        for key, row in rows:
            first = self._rows.setdefault(key, row)
            if first is not row and same(first) != same(row):
                self._doubtful.setdefault(key, [same(first)]).append(same(row))

    def __iter__(self) -> Iterator[Row]:
        """Give the first row of every id."""
        return iter(self._rows.values())

    def certain(self) -> Iterator[tuple[Key, Row]]:
        """List the rows that can be referred to.

        Yields
        ------
        key : int or str
            The id.
        row : Row
            The row.
        """
        return (each for each in self._rows.items() if each[0] not in self._doubtful)

    def find(self, key: Key) -> Row:
        """Give the row with an id.

        Parameters
        ----------
        key : int or str
            The id.

        Returns
        -------
        Row
            The row.

        Raises
        ------
        AnnotationError
            There is none, or there are several that differ.
        """
        if key in self._doubtful:
            named = ", ".join(ascii(each)[:60] for each in self._doubtful[key][:3])
            raise AnnotationError(
                f"several rows have the id of {self._what} {key!a} ({named}): give each an id of "
                "its own"
            )
        if key not in self._rows:
            raise AnnotationError(
                f"there is no {self._what} {key!a} in its instances file: leave it out"
            )
        return self._rows[key]

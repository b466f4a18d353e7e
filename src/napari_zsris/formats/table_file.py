"""Tables of named columns: CSV, JSON Lines, or a JSON array of rows."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from napari_zsris.errors import AnnotationError
from napari_zsris.formats.json_file import parse_json
from napari_zsris.formats.text import read_text

__all__ = ["TableRow", "read_rows"]

_DELIMITERS = (",", ";", "\t")
_LINES = (".jsonl", ".ndjson")
# Excel's own way to say what separates a table, on a line before the names.
_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class TableRow:
    """One row of a table.

    Parameters
    ----------
    where : str
        Its place in the file: "line 12" where it begins, or "row 12" of an array.
    value : object
        A dict of text by column, or what JSON has there; None for a bad row.
    reason : str
        Why it is a bad row; empty for a good one.
    """

    where: str
    value: object
    reason: str = ""


def read_rows(path: Path, needed: Collection[str]) -> Iterator[TableRow]:
    """Read a table row by row.

    A CSV file begins with a line of column names, perhaps after Excel's line ``sep=;``, and is
    separated by commas, semicolons or tabs; a field in quotes may go over several lines. A file
    that ends in ``.jsonl`` or ``.ndjson`` or begins with ``{`` has a JSON object on every line;
    one that begins with ``[`` is an array of them. Text is UTF-8, or what a byte-order mark says.

    Parameters
    ----------
    path : Path
        The file.
    needed : collection of str
        Columns that a CSV file must have, in lower case.

    Yields
    ------
    TableRow
        One for every row that is not empty.

    Raises
    ------
    AnnotationError
        The file cannot be read, or has no such columns.
    """
    text = read_text(path)
    beginning = text[:1000].lstrip()[:1]
    if path.suffix.lower() in _LINES or beginning == "{":
        yield from _json_lines(text)
    elif beginning == "[":
        yield from _json_array(path, text)
    else:
        yield from _csv_rows(path, text, needed)


def _json_array(path: Path, text: str) -> Iterator[TableRow]:
    values = parse_json(text, path)
    if not isinstance(values, list):
        raise AnnotationError(f"{path} holds no list of rows: check that it is the right file")
    for number, value in enumerate(values, start=1):
        yield TableRow(f"row {number}", value)


def _json_lines(text: str) -> Iterator[TableRow]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            yield TableRow(where, json.loads(line))
        except (ValueError, RecursionError) as error:
            yield TableRow(where, None, f"it is no JSON: {error}")


def _csv_rows(path: Path, text: str, needed: Collection[str]) -> Iterator[TableRow]:
    lines = _Lines(text)
    columns, delimiter = _columns(path, lines, needed)
    row: list[str] | None = []
    while row is not None:
        where = f"line {lines.begin()}"
        try:
            row = next(csv.reader(lines, delimiter=delimiter, strict=True), None)
        except csv.Error as error:
            # A quote that is never closed spoils its own line and not all that follow.
            lines.go_back()
            yield TableRow(where, None, f"it is no row of a CSV file: {error}; mend its quotes")
            continue
        if row and any(map(str.strip, row[len(columns) :])):
            reason = (
                f"it has {len(row)} fields, but there are {len(columns)} columns: put text that "
                f"has a {_spoken(delimiter)} in it in quotes"
            )
            yield TableRow(where, None, reason)
        elif row and any(map(str.strip, row)):
            yield TableRow(where, dict(zip(columns, row, strict=False)))


class _Lines:
    """A text's lines, with a way back to the second line of the row that was begun last."""

    def __init__(self, text: str) -> None:
        self._stream = io.StringIO(text, newline="")
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._first = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._stream)
        self._taken.append(line)
        return line

    def begin(self) -> int:
        """Begin a row; tell the number of its first line."""
        self._first += len(self._taken)
        self._taken.clear()
        return self._first

    def go_back(self) -> None:
        """Give all lines of this row but its first once more."""
        self._again.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]


def _columns(path: Path, lines: _Lines, needed: Collection[str]) -> tuple[list[str], str]:
    first = next(lines, "")
    separator = _SEPARATOR.fullmatch(first)
    delimiters = (separator[1],) if separator else _DELIMITERS
    if separator:
        first = next(lines, "")
    for delimiter in delimiters:
        names = _names(first, delimiter)
        if set(needed) <= set(names):
            break
    else:
        raise AnnotationError(
            f"{path} does not begin with the column names {' and '.join(needed)}: add them as its "
            "first line"
        )
    repeated = [name for name in names if name and names.count(name) > 1]
    if repeated:
        raise AnnotationError(f"{path} has several columns {repeated[0]!a}: leave one")
    return names, delimiter


def _names(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except (csv.Error, ValueError):
        return []


def _spoken(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab"}.get(delimiter, delimiter)

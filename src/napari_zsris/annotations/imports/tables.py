"""Phrases from a CSV or JSON Lines file of (image, phrase[, category][, split])."""

from __future__ import annotations

import csv
import json
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from napari_zsris.annotations.imports.intake import take_in
from napari_zsris.annotations.imports.records import BadRow, Entry, ImportReport, Record
from napari_zsris.annotations.imports.shards import Shard
from napari_zsris.annotations.imports.sources import Fields
from napari_zsris.annotations.project import Project
from napari_zsris.errors import AnnotationError
from napari_zsris.progress import Steps

__all__ = ["import_table", "read_table"]

_NEEDED = ("image", "phrase")
_DELIMITERS = (",", ";", "\t")
_LINES = (".jsonl", ".ndjson")


def import_table(
    project: Project, table: Path, folder: Path, *, shard: Shard | None = None
) -> Steps[ImportReport]:
    """Add the phrases of a CSV or JSON Lines file to a project.

    Parameters
    ----------
    project : Project
        An open project.
    table : Path
        The file; see :func:`read_table`.
    folder : Path
        The folder of photos.
    shard : Shard, optional
        Only this part of the photos.

    Returns
    -------
    generator of Progress
        Its result says what is new and what was left out; see :func:`take_in`.
    """
    return take_in(project, read_table(table), folder, dataset=table.name, shard=shard)


def read_table(table: Path) -> Iterator[Record]:
    """Read phrases line by line.

    A CSV file begins with a line of column names, ``image`` and ``phrase`` among them, and is
    separated by commas, semicolons or tabs. A JSON Lines file (``.jsonl`` or ``.ndjson``) has one
    object with these names on every line. ``category`` and ``split`` are optional; others are
    ignored. Text is UTF-8, with or without a byte order mark.

    Parameters
    ----------
    table : Path
        The file.

    Yields
    ------
    Entry or BadRow
        One for every line that is not empty.

    Raises
    ------
    AnnotationError
        The file cannot be read, or has no such columns.
    """
    read = _json_lines if table.suffix.lower() in _LINES else _csv_rows
    try:
        # Bytes that are no UTF-8 become marks that `clean_text` refuses, line by line.
        with table.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            yield from read(table, stream)
    except OSError as error:
        raise AnnotationError(
            f"cannot read {table}: {error.strerror or error}; check the name and your rights"
        ) from error


def _csv_rows(table: Path, stream: Iterable[str]) -> Generator[Record]:
    lines = iter(stream)
    columns, delimiter = _columns(table, next(lines, ""))
    # Line by line, so that a quote that is never closed spoils one line and not all that follow.
    for number, line in enumerate(lines, start=2):
        where = f"line {number}"
        try:
            row = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            yield BadRow(where, f"it is no row of a CSV file: {error}; mend its quotes")
            continue
        if row:
            yield _entry(where, dict(zip(columns, row, strict=False)))


def _columns(table: Path, first: str) -> tuple[list[str], str]:
    for delimiter in _DELIMITERS:
        names = [
            name.strip().lower() for name in next(csv.reader([first], delimiter=delimiter), [])
        ]
        if set(_NEEDED) <= set(names):
            return names, delimiter
    raise AnnotationError(
        f"{table} does not begin with the column names image and phrase: add them as its first line"
    )


def _json_lines(_: Path, stream: Iterable[str]) -> Generator[Record]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        where = f"line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield BadRow(where, f"it is no JSON: {error}")
            continue
        yield _entry(where, value)


def _entry(where: str, value: object) -> Record:
    try:
        fields = Fields(value)
        return Entry(
            where=where,
            photo=fields.text("image").strip(),
            phrase=fields.text("phrase"),
            category=fields.optional_text("category"),
            split=fields.optional_text("split"),
        )
    except AnnotationError as error:
        return BadRow(where, str(error))

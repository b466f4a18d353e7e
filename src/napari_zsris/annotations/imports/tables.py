"""Phrases from a table of (image, phrase[, category][, split])."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from napari_zsris.annotations.imports.intake import take_in
from napari_zsris.annotations.imports.records import (
    BadRow,
    Contents,
    Entry,
    ImportReport,
    Record,
)
from napari_zsris.annotations.imports.shards import Shard
from napari_zsris.annotations.project import Project
from napari_zsris.errors import AnnotationError
from napari_zsris.formats.fields import Fields
from napari_zsris.formats.table_file import read_rows
from napari_zsris.progress import Steps

__all__ = ["import_table", "read_table"]


def import_table(
    project: Project, table: Path, folder: Path, *, shard: Shard | None = None
) -> Steps[ImportReport]:
    """Add the phrases of a table to a project.

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
    """Read phrases row by row; see :func:`read_rows` for what a table looks like.

    Its columns are ``image`` and ``phrase``, optionally ``category`` and ``split``; others are
    ignored.

    Parameters
    ----------
    table : Path
        The file.

    Yields
    ------
    Contents, Entry or BadRow
        One entry for every row that is not empty.

    Raises
    ------
    AnnotationError
        The file cannot be read, or has no such columns.
    """
    rows = read_rows(table, ("image", "phrase"))
    records = [
        BadRow(row.where, row.reason) if row.reason else _entry(row.where, row.value)
        for row in rows
    ]
    yield Contents(frozenset(each.photo for each in records if isinstance(each, Entry)))
    yield from records


def _entry(where: str, value: object) -> Entry | BadRow:
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

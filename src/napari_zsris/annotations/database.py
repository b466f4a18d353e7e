"""The SQLite file behind a project: opened with care, written in transactions."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Generator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from napari_zsris.annotations.opening import (
    check_header,
    check_place,
    connect,
    explained,
    filling,
    make,
)
from napari_zsris.annotations.schema import MIGRATIONS, migrate, schema_version
from napari_zsris.annotations.statements import Row, Snapshot, Value, Writer, plain_values
from napari_zsris.annotations.writer_lock import WriterLock
from napari_zsris.errors import AnnotationError

__all__ = ["Database"]

# How a transaction begins, ends and is undone: a whole one, and one that is a part of another.
_WHOLE = "BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",)
_PART = "SAVEPOINT part", "RELEASE part", ("ROLLBACK TO part", "RELEASE part")


class Database:
    """A project's file: one connection, safe to use from several threads.

    Parameters
    ----------
    path : Path
        The file.
    create : bool
        Make the file if there is none; one that is there is opened, never replaced.
    readonly : bool
        Open for reading, beside a writer if need be.

    Raises
    ------
    AnnotationError
        The file is missing, foreign, damaged, newer than this program, or written by others.
    """

    def __init__(self, path: Path, *, create: bool = False, readonly: bool = False) -> None:
        self.path = path
        self.readonly = readonly
        self._guard = threading.RLock()
        self._writing = False
        self._connection: sqlite3.Connection | None = None
        self._held = contextlib.ExitStack()
        # Whatever still reads the file refers to this object; once nothing does, others may write.
        self._closing = weakref.finalize(self, self._held.close)
        check_place(path, create=create and not readonly)
        try:
            if not readonly:
                self._held.callback(WriterLock(path).release)
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        if not self.path.exists():
            make(self.path)
        check_header(self.path)
        with self._translated():
            self._connection = connect(self.path, readonly=self.readonly)
            self._held.callback(self._connection.close)
            version = schema_version(self._connection)
            if version > len(MIGRATIONS):
                raise AnnotationError(
                    f"{self.path} was made by a newer napari-zsris (file version {version}, this "
                    f"program knows {len(MIGRATIONS)}): update napari-zsris"
                )
            if version < len(MIGRATIONS) and self.readonly:
                raise AnnotationError(
                    f"{self.path} was made by an older napari-zsris: open it for writing once, "
                    "which brings it up to date"
                )
            migrate(self._connection, MIGRATIONS)
            # Damage to the first pages shows here instead of at the first click.
            self._connection.execute("SELECT count(*) FROM setting").fetchone()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let others write; closing twice does no harm."""
        with self._guard:
            self._connection = None
            self._closing()

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """Run a query.

        Parameters
        ----------
        sql : str
            The query, with ``?`` for values.
        values : sequence
            The values.

        Returns
        -------
        list of tuple
            All rows.

        Raises
        ------
        AnnotationError
            The project is closed, or the file cannot be read.
        """
        with self._guard, self._translated():
            return self._open_connection().execute(sql, plain_values(values)).fetchall()

    def row(self, sql: str, values: Sequence[Value] = ()) -> Row | None:
        """Run a query for one row.

        Parameters
        ----------
        sql : str
            The query, with ``?`` for values.
        values : sequence
            The values.

        Returns
        -------
        tuple or None
            The first row; None where there is none.

        Raises
        ------
        AnnotationError
            The project is closed, or the file cannot be read.
        """
        rows = self.rows(sql, values)
        return rows[0] if rows else None

    @contextlib.contextmanager
    def writing(self) -> Generator[Writer]:
        """Write in one transaction, which is on disk when the block is left.

        Inside such a block of the same thread it is a part of that one's transaction.

        Yields
        ------
        Writer
            Runs statements; an error in the block undoes them all.

        Raises
        ------
        AnnotationError
            The project is closed or opened for reading only, or the file cannot be written.
        """
        with self._guard, self._translated():
            connection = self._open_connection()
            if self.readonly:
                raise AnnotationError(
                    f"{self.path} is open for reading only: open it for writing to change it"
                )
            within = self._writing
            if within and not connection.in_transaction:
                # As a full disk does; what follows would be written without what came before.
                raise AnnotationError(
                    f"cannot write {self.path}: an earlier part of this change failed; try again"
                )
            begin, end, undo = _PART if within else _WHOLE
            connection.execute(begin)
            self._writing = True
            try:
                yield Writer(connection)
                connection.execute(end)
            except BaseException:
                if connection.in_transaction:
                    for statement in undo:
                        connection.execute(statement)
                raise
            finally:
                self._writing = within

    @contextlib.contextmanager
    def snapshot(self) -> Generator[Snapshot]:
        """Read the project as it is now, however long it takes and whatever is decided meanwhile.

        Yields
        ------
        Snapshot
            Streams queries from a connection of its own.

        Raises
        ------
        AnnotationError
            The project is closed, or the file cannot be read.
        """
        with self._guard:
            self._open_connection()
        with self._translated(), contextlib.closing(connect(self.path, readonly=True)) as reader:
            reader.execute("BEGIN")
            yield Snapshot(reader)

    def copy_into(self, file: Path) -> None:
        """Copy all that is on record, whatever is written meanwhile, into an empty file.

        Parameters
        ----------
        file : Path
            The file.

        Raises
        ------
        AnnotationError
            The project is closed, or cannot be read.
        OSError
            The file cannot be written.
        """
        with self._guard, self._translated(), filling(file) as target:
            self._open_connection().backup(target)
            target.execute("PRAGMA journal_mode = DELETE")

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise AnnotationError(f"{self.path} has been closed: open the project again")
        return self._connection

    @contextlib.contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.DatabaseError as error:
            raise explained(self.path, error) from error
        except UnicodeEncodeError as error:
            # Half a surrogate pair, as Python gives file names that are in another encoding.
            raise AnnotationError(
                f"{ascii(error.object)[:200]} is no text in UTF-8, which {self.path} keeps: rename "
                "it, or write it otherwise"
            ) from error

"""How a project's file is found, checked, made and connected to."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import struct
import unicodedata
from collections.abc import Generator
from pathlib import Path

from napari_zsris.annotations.schema import APPLICATION_ID, MIGRATIONS, migrate
from napari_zsris.errors import AnnotationError
from napari_zsris.files import atomic_write

__all__ = ["check_header", "check_place", "connect", "explained", "filling", "folded", "make"]

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_PAGE_SIZE_AT, _APPLICATION_ID_AT = 16, 68
# Readers in this process and checkpoints of others hold the file for moments only.
_PATIENCE_SECONDS = 10.0

# Besides torn pages, tables that are missing from a file that is ours.
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
_PRIMARY_CODE = 0xFF
# What SQLite says where a file cannot be written, and the system's word for it.
_OF_WRITING = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}
_OF_READING = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ)


def connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    """Connect to a file that is there, in autocommit mode.

    Parameters
    ----------
    path : Path
        The file.
    readonly : bool
        Never write to it.

    Returns
    -------
    sqlite3.Connection
        The connection, fit for several threads that take turns.

    Raises
    ------
    sqlite3.Error
        The file cannot be used; see :func:`explained`.
    """
    mode = "ro" if readonly else "rw"
    # In a folder without write rights SQLite cannot share a file; nobody can write there either.
    alone = readonly and not _log(path).exists() and not os.access(path.parent, os.W_OK)
    options = f"mode={mode}&immutable=1" if alone else f"mode={mode}"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        timeout=_PATIENCE_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.create_function("folded", 1, folded, deterministic=True)
    connection.execute("PRAGMA foreign_keys = ON")
    # Nothing that a stranger's file defines may call functions with side effects.
    connection.execute("PRAGMA trusted_schema = OFF")
    if not readonly:
        connection.execute("PRAGMA journal_mode = WAL")
        # With FULL a transaction is on disk, not only in the system's cache, when it returns.
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def folded(text: str) -> str:
    """Give a text in the form in which texts that read the same are the same.

    Parameters
    ----------
    text : str
        Any text, composed or decomposed.

    Returns
    -------
    str
        The text without case, by Unicode's canonical caseless matching; ``folded`` in queries.
    """
    # SQLite's own lower() knows the letters of ASCII alone.
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())


def make(path: Path) -> None:
    """Make an empty project, which appears whole or not at all.

    Parameters
    ----------
    path : Path
        Where; no file is there yet.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with atomic_write(path) as partial, filling(partial) as connection:
        migrate(connection, MIGRATIONS)


@contextlib.contextmanager
def filling(partial: Path) -> Generator[sqlite3.Connection]:
    """Fill a new file that nobody else has, with errors of writing as the system has them.

    Parameters
    ----------
    partial : Path
        The file, of :func:`~napari_zsris.files.atomic_write`.

    Yields
    ------
    sqlite3.Connection
        A connection in autocommit mode.

    Raises
    ------
    OSError
        The file cannot be written.
    sqlite3.Error
        What else is wrong, such as with a project that is read meanwhile.
    """
    try:
        with contextlib.closing(sqlite3.connect(partial, isolation_level=None)) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        code: int = getattr(error, "sqlite_errorcode", 0)
        number = _OF_WRITING.get(code & _PRIMARY_CODE)
        if number is None or code in _OF_READING:
            raise
        raise OSError(number, str(error), str(partial)) from error


def check_place(path: Path, *, create: bool) -> None:
    """Refuse a path at which no project is and none may be made; make its folder otherwise.

    Parameters
    ----------
    path : Path
        The path asked for.
    create : bool
        Whether a missing file is to be made.

    Raises
    ------
    AnnotationError
        The path is a folder, there is no such file, or its folder cannot be made.
    """
    if path.is_dir():
        raise AnnotationError(f"{path} is a folder: name the project file in it")
    if not create and not path.exists():
        raise AnnotationError(
            f"there is no project file {path}: check the name, or make one with `zsris prelabel` "
            "or, in Python, create=True"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnnotationError(
            f"cannot make {path.parent}: {error.strerror or error}; "
            "choose a folder you may write to"
        ) from error


def check_header(path: Path) -> None:
    """Refuse a file that is not a project of ours, without touching it.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    AnnotationError
        It cannot be read, is damaged at its beginning, or belongs to another program.
    """
    # Read as plain bytes: SQLite itself might write to a foreign file that was not closed well.
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise AnnotationError(
            f"cannot read {path}: {error.strerror or error}; check your rights to it"
        ) from error
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise AnnotationError(
            f"{path} is not a project file, or its beginning is damaged; it was left as it is: "
            "choose another name, or restore it from a backup"
        )
    (application,) = struct.unpack_from(">I", header, _APPLICATION_ID_AT)
    if application != APPLICATION_ID:
        raise AnnotationError(
            f"{path} belongs to another program; it was left as it is: choose another name"
        )
    page_size, page_count = struct.unpack_from(">H10xI", header, _PAGE_SIZE_AT)
    # After a crash the log beside the file holds what a checkpoint has not written yet.
    if not _log(path).exists() and path.stat().st_size < page_size * page_count:
        raise AnnotationError(
            f"{path} is damaged: it was cut short; it was left as it is: restore it from a backup"
        )


def _log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def explained(path: Path, error: sqlite3.Error) -> AnnotationError:
    """Say in a person's words why SQLite cannot use a file.

    Parameters
    ----------
    path : Path
        The file.
    error : sqlite3.Error
        SQLite's reason.

    Returns
    -------
    AnnotationError
        To be raised from `error`.
    """
    # Text that is not UTF-8 comes without a code, and only damage puts it there.
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    if code & _PRIMARY_CODE in _DAMAGE:
        return AnnotationError(
            f"{path} is damaged: {error}; keep a copy, then restore it from a backup or export "
            "what can still be read"
        )
    if code & _PRIMARY_CODE == sqlite3.SQLITE_FULL:
        return AnnotationError(
            f"cannot write {path}: the disk is full; free some space, then try again: what was "
            "decided before is kept"
        )
    return AnnotationError(
        f"cannot use {path}: {error}; check the disk and your rights, then open the "
        "project again: what was decided is kept"
    )

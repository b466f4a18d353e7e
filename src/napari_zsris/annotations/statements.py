"""Statements that run inside a transaction of a project's file, and the values they take."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Row", "Snapshot", "Value", "Writer", "plain_values"]

# SQLite's own types; a column's type is the schema's promise, which Python cannot see.
Row: TypeAlias = tuple[Any, ...]
Value: TypeAlias = str | bytes | int | float | np.generic | None


class Writer:
    """Runs statements in a transaction; made by :meth:`Database.writing`.

    Parameters
    ----------
    connection : sqlite3.Connection
        A connection inside a transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def row(self, sql: str, values: Sequence[Value] = ()) -> Row | None:
        """Run a statement and give its first row.

        Parameters
        ----------
        sql : str
            The statement, with ``?`` for values.
        values : sequence
            The values.

        Returns
        -------
        tuple or None
            The first row; None where there is none.
        """
        row: Row | None = self._connection.execute(sql, plain_values(values)).fetchone()
        return row

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
        """
        return self._connection.execute(sql, plain_values(values)).fetchall()

    def run(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run a statement.

        Parameters
        ----------
        sql : str
            The statement, with ``?`` for values.
        values : sequence
            The values.

        Returns
        -------
        int
            How many rows it changed.
        """
        return self._connection.execute(sql, plain_values(values)).rowcount

    def insert(self, sql: str, values: Sequence[Value]) -> int:
        """Insert a row.

        Parameters
        ----------
        sql : str
            The statement, with ``?`` for values.
        values : sequence
            The values.

        Returns
        -------
        int
            The new row's id.
        """
        number = self._connection.execute(sql, plain_values(values)).lastrowid
        return int(number or 0)

    def run_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for every row of values.

        Parameters
        ----------
        sql : str
            The statement, with ``?`` for values.
        rows : iterable of sequence
            The values.
        """
        self._connection.executemany(sql, map(plain_values, rows))


class Snapshot:
    """Streams queries from one moment of a project; made by :meth:`Database.snapshot`.

    Parameters
    ----------
    connection : sqlite3.Connection
        A connection inside a read transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def stream(self, sql: str, values: Sequence[Value] = ()) -> Iterable[Row]:
        """Run a query, fetching rows as they are asked for.

        Parameters
        ----------
        sql : str
            The query, with ``?`` for values.
        values : sequence
            The values.

        Returns
        -------
        iterable of tuple
            The rows.
        """
        return self._connection.execute(sql, values)


def plain_values(values: Sequence[Value]) -> list[Value]:
    """Give values as SQLite takes them; it would keep a numpy number as a blob, without a word.

    Parameters
    ----------
    values : sequence
        The values.

    Returns
    -------
    list
        The same, numpy's numbers as Python's own.
    """
    return [value.item() if isinstance(value, np.generic) else value for value in values]

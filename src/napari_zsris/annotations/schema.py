"""The tables of a project file, and how an older file becomes a newer one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

__all__ = ["APPLICATION_ID", "MIGRATIONS", "migrate", "schema_version"]

APPLICATION_ID = 0x7A737269
"""Marks an SQLite file as a project of ours ("zsri"); kept in the file's header."""

# 9e999 is how SQL spells infinity: items without rivals or candidates sort last.
_FIRST = (
    """
    CREATE TABLE setting (name TEXT PRIMARY KEY, value) WITHOUT ROWID
    """,
    """
    CREATE TABLE photo (
        id INTEGER PRIMARY KEY,
        path TEXT NOT NULL UNIQUE,
        height INTEGER NOT NULL CHECK (height > 0),
        width INTEGER NOT NULL CHECK (width > 0),
        bytes INTEGER NOT NULL,
        sha256 BLOB NOT NULL,
        failure TEXT
    )
    """,
    """
    CREATE TABLE proposal (
        id INTEGER PRIMARY KEY,
        photo_id INTEGER NOT NULL REFERENCES photo (id),
        origin TEXT NOT NULL,
        counts TEXT NOT NULL,
        UNIQUE (photo_id, origin)
    )
    """,
    """
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        proposals TEXT NOT NULL,
        model TEXT NOT NULL,
        method TEXT NOT NULL,
        UNIQUE (proposals, model, method)
    )
    """,
    """
    CREATE TABLE phrase (
        id INTEGER PRIMARY KEY,
        photo_id INTEGER NOT NULL REFERENCES photo (id),
        text TEXT NOT NULL,
        origin TEXT NOT NULL DEFAULT '',
        category TEXT,
        split TEXT,
        head TEXT,
        failure TEXT,
        run_id INTEGER REFERENCES run (id),
        top_score REAL NOT NULL DEFAULT -9e999,
        margin REAL NOT NULL DEFAULT 9e999,
        status TEXT NOT NULL DEFAULT 'todo' CHECK (
            status IN ('todo', 'accepted', 'corrected', 'rejected', 'skipped', 'none-fits')
        ),
        decision_id INTEGER REFERENCES decision (id),
        UNIQUE (photo_id, text, origin)
    )
    """,
    """
    CREATE TABLE candidate (
        id INTEGER PRIMARY KEY,
        phrase_id INTEGER NOT NULL REFERENCES phrase (id),
        rank INTEGER NOT NULL,
        score REAL NOT NULL,
        counts TEXT NOT NULL,
        UNIQUE (phrase_id, rank)
    )
    """,
    """
    CREATE TABLE decision (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        phrase_id INTEGER NOT NULL REFERENCES phrase (id),
        status TEXT NOT NULL,
        undoes INTEGER REFERENCES decision (id),
        counts TEXT,
        rank INTEGER,
        score REAL,
        iou REAL,
        who TEXT NOT NULL,
        at TEXT NOT NULL,
        seconds REAL,
        imported INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX phrase_by_photo ON phrase (photo_id)",
    "CREATE INDEX phrase_by_status ON phrase (status, photo_id)",
    "CREATE INDEX phrase_by_margin ON phrase (status, margin)",
    "CREATE INDEX phrase_by_score ON phrase (status, top_score)",
    """
    CREATE INDEX phrase_pending ON phrase (photo_id) WHERE run_id IS NULL AND status = 'todo'
    """,
    "CREATE INDEX decision_by_phrase ON decision (phrase_id)",
    # Partial, so that it is never taken for a way to find the many that undo nothing.
    "CREATE UNIQUE INDEX decision_by_undone ON decision (undoes) WHERE undoes IS NOT NULL",
    """
    CREATE TRIGGER decision_stays BEFORE UPDATE ON decision
    BEGIN SELECT raise(ABORT, 'the history of decisions is never changed'); END
    """,
    """
    CREATE TRIGGER decision_lasts BEFORE DELETE ON decision
    BEGIN SELECT raise(ABORT, 'the history of decisions is never shortened'); END
    """,
)

# Filled by the tables themselves, so that no way of writing phrases can forget it.
_NUMBER_CATEGORY = """
    BEGIN
        INSERT INTO category (name) SELECT coalesce(NEW.category, NEW.head)
        WHERE NOT EXISTS (
            SELECT 1 FROM category WHERE name = coalesce(NEW.category, NEW.head)
        );
    END
"""

_CATEGORIES_AND_MERGED_DECISIONS = (
    """
    CREATE TABLE category (
        number INTEGER PRIMARY KEY CHECK (number >= 0),
        name TEXT NOT NULL UNIQUE,
        supercategory TEXT NOT NULL DEFAULT '',
        declared INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    INSERT INTO category (name)
    SELECT name FROM (SELECT id, coalesce(category, head) AS name FROM phrase)
    WHERE name IS NOT NULL GROUP BY name ORDER BY min(id)
    """,
    f"""
    CREATE TRIGGER category_of_new AFTER INSERT ON phrase
    WHEN coalesce(NEW.category, NEW.head) IS NOT NULL {_NUMBER_CATEGORY}
    """,
    f"""
    CREATE TRIGGER category_of_changed AFTER UPDATE OF category, head ON phrase
    WHEN coalesce(NEW.category, NEW.head) IS NOT NULL {_NUMBER_CATEGORY}
    """,
    # What came by a merge yields to what was done in the project itself.
    "ALTER TABLE decision ADD COLUMN merged INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE phrase ADD COLUMN ranking_merged INTEGER NOT NULL DEFAULT 0",
)

# Planes of stacks and arrays have a picture beside the project; `source` is told, never opened.
_PLANES_AND_BRUSH_WORK = (
    "ALTER TABLE photo ADD COLUMN beside INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE photo ADD COLUMN source TEXT",
    "ALTER TABLE photo ADD COLUMN plane TEXT",
    "ALTER TABLE photo ADD COLUMN channels TEXT",
    # A further object of a phrase, or one painted without a phrase: nothing to do by itself.
    "ALTER TABLE phrase ADD COLUMN added INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE brush_work (
        phrase_id INTEGER NOT NULL REFERENCES phrase (id),
        base TEXT NOT NULL,
        counts TEXT NOT NULL,
        PRIMARY KEY (phrase_id, base)
    )
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _FIRST,
    _CATEGORIES_AND_MERGED_DECISIONS,
    _PLANES_AND_BRUSH_WORK,
)
"""Statements that lead from version n to version n + 1, in order; version 0 is an empty file."""


def schema_version(connection: sqlite3.Connection) -> int:
    """Tell which version a file's tables are of.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open file.

    Returns
    -------
    int
        The version; 0 for an empty file.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    """Bring a file's tables up to date, in one transaction: wholly or not at all.

    Parameters
    ----------
    connection : sqlite3.Connection
        An open file, in autocommit mode.
    migrations : sequence of sequence of str
        Statements by version: `MIGRATIONS`, or what a later program will know.
    """
    version = schema_version(connection)
    if version >= len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in migrations[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has ended the transaction already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise

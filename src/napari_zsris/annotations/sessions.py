"""Projects for work that nobody has named yet, in the user's data folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from platformdirs import user_data_path

from napari_zsris.annotations.project import Project
from napari_zsris.errors import AnnotationError

__all__ = ["Session", "is_session", "open_session", "sessions_folder"]


@dataclass(frozen=True)
class Session:
    """An open session project, and how it came about.

    Parameters
    ----------
    project : Project
        Open for writing.
    continued : bool
        Whether it was begun earlier.
    obstacle : str
        Why the session before could not be continued; empty where there was none, or it is.
    """

    project: Project
    continued: bool
    obstacle: str = ""


def sessions_folder() -> Path:
    """Tell where session projects lie.

    Returns
    -------
    Path
        A folder in the user's data folder, which need not exist.
    """
    return user_data_path("napari-zsris", appauthor=False) / "sessions"


def is_session(path: Path) -> bool:
    """Tell session projects from those that a person named.

    Parameters
    ----------
    path : Path
        A project's file.

    Returns
    -------
    bool
        Whether it lies in the folder of sessions.
    """
    return path.absolute().parent == sessions_folder().absolute()


def open_session() -> Session:
    """Continue the session that was worked on last, or begin one.

    Returns
    -------
    Session
        A new one where there was none, where another process writes it, or where it is damaged.

    Raises
    ------
    AnnotationError
        No project can be made in the user's data folder.
    OutputError
        The file cannot be written.
    """
    folder = sessions_folder()
    latest = max(folder.glob("*.zsris"), key=_written, default=None)
    if latest is None:
        return Session(Project.open(_new_name(folder), create=True), continued=False)
    try:
        return Session(Project.open(latest), continued=True)
    except AnnotationError as error:
        project = Project.open(_new_name(folder), create=True)
        return Session(project, continued=False, obstacle=str(error))


def _written(path: Path) -> float:
    # What was written last may lie in the log beside the file still.
    files = (path, path.with_name(f"{path.name}-wal"))
    return max((file.stat().st_mtime for file in files if file.exists()), default=0.0)


def _new_name(folder: Path) -> Path:
    stem = f"{datetime.now().astimezone():%Y-%m-%d %H.%M.%S}"
    names = (f"{stem} {number}" if number else stem for number in range(10_000))
    return next(path for name in names if not (path := folder / f"{name}.zsris").exists())

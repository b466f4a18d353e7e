"""Open a project that a command is to fill."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from napari_zsris.errors import ZsrisError

if TYPE_CHECKING:
    from napari_zsris.annotations import Project

__all__ = ["project_to_fill"]


@contextlib.contextmanager
def project_to_fill(path: Path, *, create: bool = True) -> Generator[Project]:
    """Open a project for writing, and leave none behind that a failure kept empty.

    Parameters
    ----------
    path : Path
        The project's file.
    create : bool
        Whether to make it when it is not there.

    Yields
    ------
    Project
        The project.

    Raises
    ------
    AnnotationError
        It cannot be opened.
    """
    from napari_zsris.annotations import Project

    new, empty = not path.exists(), False
    try:
        with Project.open(path, create=create) as project:
            try:
                yield project
            finally:
                empty = next(project.items(), None) is None
    except (ZsrisError, typer.Exit):
        if new and empty:
            path.unlink()
        raise

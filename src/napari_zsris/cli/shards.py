"""Parts of a project for the jobs of an array, each in a file of its own."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from napari_zsris.errors import AnnotationError, shortened

if TYPE_CHECKING:
    from napari_zsris.annotations import MergeReport, Project
    from napari_zsris.annotations.imports import Shard
    from napari_zsris.progress import Steps

__all__ = ["Part", "fill_from_project", "join_command", "read_shard", "shard_path"]

Part: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Do one of N parts, into a file of its own, for job arrays.",
    ),
]


def read_shard(text: str) -> Shard:
    """Read which part is meant.

    Parameters
    ----------
    text : str
        Such as "2/8", counted from 1.

    Returns
    -------
    Shard
        The part.

    Raises
    ------
    AnnotationError
        It is written otherwise, or there is no such part.
    """
    from napari_zsris.annotations.imports import Shard

    if not re.fullmatch(r"\d{1,9}/\d{1,9}", text):
        raise AnnotationError(f"{shortened(text)} is no part: write it as 2/8, the second of eight")
    number, count = text.split("/")
    return Shard(int(number), int(count))


def shard_path(project: Path, part: Shard) -> Path:
    """Name the file of a part, beside the project.

    Parameters
    ----------
    project : Path
        The project as a whole.
    part : Shard
        The part.

    Returns
    -------
    Path
        Such as ``work-2-of-8.zsris``.
    """
    return project.with_stem(f"{project.stem}-{part.number}-of-{part.count}")


def join_command(project: Path, part: Shard) -> str:
    """Tell how the parts become the project.

    Parameters
    ----------
    project : Path
        The project as a whole.
    part : Shard
        Any of its parts.

    Returns
    -------
    str
        A command line.
    """
    stem = shlex.quote(str(project.with_suffix("")))
    parts = f"{stem}-*-of-{part.count}{shlex.quote(project.suffix)}"
    return f"zsris merge {shlex.quote(str(project))} {parts}"


def fill_from_project(work: Project, path: Path, part: Shard) -> Steps[MergeReport]:
    """Bring a part of what waits in a project into the part's own file.

    Parameters
    ----------
    work : Project
        The part, open for writing.
    path : Path
        The project as a whole, which is only read.
    part : Shard
        The part.

    Returns
    -------
    generator of Progress
        Its result says what is new.
    """
    from napari_zsris.annotations import Project

    with Project.open(path, readonly=True) as whole:
        waiting = [photo.id for photo in whole.rankings.pending(shard=part.of_project)]
    return work.merging(path, waiting)

"""Who does a verb's work: this process, or the workers of the cluster that --dask names."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import typer

from napari_zsris.cli.terminal import busy, say
from napari_zsris.errors import ClusterError, ModelUnavailableError

if TYPE_CHECKING:
    from napari_zsris.crew import Crew

__all__ = ["DaskPlace", "Workers", "crew_for", "telling_what_is_kept"]

DaskPlace: TypeAlias = Annotated[
    str | None,
    typer.Option("--dask", metavar="WHERE", help="local, a Dask scheduler's address, or its file."),
]

Workers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Processes of --dask local [default: one per GPU, or per core]."
    ),
]

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


@contextlib.contextmanager
def crew_for(
    load: Callable[[], Callable[[Task], Outcome]],
    failed: Callable[[Task, str], Outcome],
    device: str,
    dask: str | None,
    workers: int | None,
) -> Generator[Crew[Task, Outcome]]:
    """Find somebody for the work.

    Parameters
    ----------
    load : callable
        Makes a worker, with its models; it travels.
    failed : callable
        Gives the outcome of a task that cannot be done, for the task and the reason.
    device : str
        What the models run on.
    dask : str, optional
        What was given with --dask; this process by default.
    workers : int, optional
        What was given with --workers.

    Yields
    ------
    Crew
        Its cluster, if it was started for it, ends with the block.

    Raises
    ------
    ModelUnavailableError
        A model, or the package distributed, is not there.
    ClusterError
        No scheduler answers.
    """
    if dask is None:
        from napari_zsris.crew import InProcess

        with busy("Loading models"):
            worker = load()
        yield InProcess(worker)
        return
    try:
        from napari_zsris.crew.cluster import Cluster
        from napari_zsris.crew.connection import connect
    except ImportError as error:
        raise ModelUnavailableError(
            f"--dask needs dask.distributed ({error}): pip install 'napari-zsris[distributed]'"
        ) from error
    with connect(dask, workers, device) as client, Cluster(client, load, failed) as crew:
        yield crew


@contextlib.contextmanager
def telling_what_is_kept(kept: Callable[[], str]) -> Generator[None]:
    """Where work is broken off, by Ctrl-C or a scheduler that goes, say how far it is.

    Parameters
    ----------
    kept : callable
        Says how much is done and where it is.

    Yields
    ------
    None
        While the work goes on.
    """
    try:
        yield
    except (KeyboardInterrupt, ClusterError):
        say("warning", f"stopped: {kept()}")
        raise

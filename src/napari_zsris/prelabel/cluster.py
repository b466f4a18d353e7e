"""A Dask cluster as crew: the models loaded once per worker, and only the driver writes."""

from __future__ import annotations

import contextlib
import logging
import signal
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from pathlib import Path
from threading import Lock, current_thread, main_thread
from typing import TYPE_CHECKING, cast

import dask
from distributed import (
    Client,
    Future,
    KilledWorker,
    LocalCluster,
    Worker,
    WorkerPlugin,
    as_completed,
    get_worker,
)

from napari_zsris.errors import ZsrisError
from napari_zsris.prelabel.crew import Crew
from napari_zsris.prelabel.settings import Settings
from napari_zsris.prelabel.task import Outcome, Task

if TYPE_CHECKING:
    from dask.typing import Key

    from napari_zsris.prelabel.ranker import Ranker

__all__ = ["LOCAL", "Cluster", "ClusterError", "connect"]

LOCAL = "local"
"""What names a cluster of this machine's own cores."""

TASKS_PER_THREAD = 3
TRIMMING = "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_"
SECONDS_TO_CONNECT = 30


class ClusterError(ZsrisError):
    """A Dask scheduler cannot be reached or has gone, or its workers are of no use."""


class Cluster(Crew):
    """The workers of a Dask cluster, each of which ranks one photo at a time.

    Parameters
    ----------
    client : distributed.Client
        Connected to the cluster's scheduler.
    settings : Settings
        Which models, and how; each worker loads them once, at its first photo.
    """

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._photos: dict[Key, int] = {}
        with _explained():
            client.register_plugin(RankerPlugin(settings))

    def work(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Rank photos on the workers, which may come and go meanwhile.

        Parameters
        ----------
        tasks : iterable of Task
            The photos; the workers must reach their files at the same paths. They are sent a few
            ahead of what each worker is at.

        Yields
        ------
        Outcome
            One per task, as they come. A task whose worker dies is given to another.

        Raises
        ------
        ClusterError
            The scheduler has gone, or the workers cannot run this package.
        ModelUnavailableError
            The workers lack a model.
        """
        waiting = iter(tasks)
        running = as_completed(loop=self._client.loop)
        while True:
            with _explained():
                self._send(waiting, running)
            future = next(running, None)
            if future is None:
                return
            with _explained():
                outcome = self._outcome(future)
            yield outcome

    def _send(self, waiting: Iterator[Task], running: as_completed) -> None:
        # Asked every time, since workers of a job queue come and go.
        threads = sum(self._client.nthreads().values())
        wanted = TASKS_PER_THREAD * max(1, threads) - len(self._photos)
        for task in islice(waiting, max(0, wanted)):
            future = self._client.submit(rank_on_worker, task, pure=False)
            self._photos[future.key] = task.photo_id
            running.add(future)

    def _outcome(self, future: Future[Outcome]) -> Outcome:
        photo_id = self._photos.pop(future.key)
        if future.status in ("cancelled", "lost"):
            raise _gone()
        error = future.exception()
        if isinstance(error, KilledWorker):
            reason = "every worker that ranked this photo died; try it alone, with more memory"
            return Outcome(photo_id, failure=reason)
        if error is not None:
            raise error
        outcome: Outcome = future.result()
        return outcome


class RankerPlugin(WorkerPlugin):
    """What a Dask worker keeps between photos: the models, loaded once.

    Parameters
    ----------
    settings : Settings
        Which models, and how.
    """

    name = "napari-zsris"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - Dask calls it so
        """Begin on a worker, at its start or when the plugin is registered.

        Parameters
        ----------
        worker : distributed.Worker
            The worker; models wait for its first photo, so that its heartbeat goes on.
        """
        self._turn = Lock()
        self._ranker: Ranker | None = None

    def rank(self, task: Task) -> Outcome:
        """Rank a photo, when the one before is done.

        Parameters
        ----------
        task : Task
            The photo and its phrases.

        Returns
        -------
        Outcome
            What became of it.
        """
        with self._turn:
            if self._ranker is None:
                self._ranker = self._settings.ranker()
            return self._ranker(task)


def rank_on_worker(task: Task) -> Outcome:
    """Rank a photo with the models of the worker that this runs on.

    Parameters
    ----------
    task : Task
        The photo and its phrases.

    Returns
    -------
    Outcome
        What became of it.
    """
    plugin = cast("RankerPlugin", get_worker().plugins[RankerPlugin.name])
    return plugin.rank(task)


@contextlib.contextmanager
def connect(where: str, workers: int | None = None) -> Generator[Client]:
    """Connect to a cluster, or start one on this machine.

    Parameters
    ----------
    where : str
        ``local`` for worker processes of this machine, a scheduler's address (``tcp://...``), or
        the path of a scheduler file, as dask-jobqueue and dask-mpi write it.
    workers : int, optional
        How many processes ``local`` has; one per core by default.

    Yields
    ------
    distributed.Client
        Closed at the end; a cluster that was started for it ends with it.

    Raises
    ------
    ClusterError
        No scheduler answers there.
    """
    if where == LOCAL:
        with _local(workers) as cluster, Client(cluster) as client:
            yield client
        return
    options = {} if "://" in where else {"scheduler_file": where}
    try:
        # distributed would wait for the file for ever.
        if options and not Path(where).is_file():
            raise FileNotFoundError("there is no such file")
        client = Client(None if options else where, timeout=SECONDS_TO_CONNECT, **options)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {where} ({error}): check the address and that the "
            "scheduler is running, or use --dask local"
        ) from error
    with client:
        yield client


def _local(workers: int | None) -> LocalCluster:
    # Workers of one thread each leave the cores to each other. Memory is left to the system: the
    # share of one worker says nothing about what the largest photo needs, and Dask would give so
    # much back, so often, that a third of the time would go into getting it again.
    with _interrupts_ignored(), dask.config.set({TRIMMING: None}):
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )


@contextlib.contextmanager
def _interrupts_ignored() -> Generator[None]:
    """Have processes that are started meanwhile leave Ctrl-C to this one, which ends them."""
    if current_thread() is not main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


@contextlib.contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except ZsrisError:
        raise
    except OSError as error:
        raise _gone() from error
    except Exception as error:
        raise ClusterError(
            f"the Dask workers cannot rank: {type(error).__name__}: {error}; install the same "
            "napari-zsris and Python on all of them; what was ranked so far is in the project"
        ) from error


def _gone() -> ClusterError:
    return ClusterError(
        "the Dask scheduler has gone: what was ranked so far is in the project; start a scheduler "
        "and run the same command again to go on"
    )

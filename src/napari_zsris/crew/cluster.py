"""A Dask cluster as crew: the models are loaded once per worker, and only the driver writes."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from dask.utils import format_bytes
from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin, as_completed, get_worker

from napari_zsris.crew.crew import Crew
from napari_zsris.errors import ClusterError, ZsrisError, recorded_warnings, warn
from napari_zsris.memory import out_of_memory, why

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from dask.typing import Key

__all__ = ["Cluster"]

TASKS_PER_THREAD = 3

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
Answer = TypeVar("Answer")


class Cluster(Crew[Task, Outcome]):
    """The workers of a Dask cluster, each of which does one task at a time.

    Closing it, as a ``with`` block does at its end, has the workers forget their models; the client
    stays open.

    Parameters
    ----------
    client : distributed.Client
        Connected to the cluster's scheduler.
    load : callable
        Makes a worker, which does tasks; it travels, and each Dask worker calls it at its first
        task.
    failed : callable
        Gives the outcome of a task that cannot be done, for the task and the reason.
    """

    def __init__(
        self,
        client: Client,
        load: Callable[[], Callable[[Task], Outcome]],
        failed: Callable[[Task, str], Outcome],
    ) -> None:
        self._client = client
        self._failed = failed
        self._running: dict[Key, Task] = {}
        # Two commands may share a cluster; neither must find the other's models.
        self._name = f"napari-zsris-{uuid.uuid4().hex}"
        with _explained():
            client.register_plugin(Workplace(self._name, load))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Have the workers forget their models."""
        # A scheduler that has gone took the workers with it.
        if self._client.status == "running":
            with contextlib.suppress(OSError):
                self._client.unregister_worker_plugin(self._name)

    def work(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do tasks on the workers, which may come and go meanwhile.

        Parameters
        ----------
        tasks : iterable of Task
            What is to be done; the workers must reach files at the same paths. They are sent a few
            ahead of what each worker is at.

        Yields
        ------
        Outcome
            One per task, as they come. A task whose worker dies is given to another.

        Raises
        ------
        ClusterError
            The scheduler has gone, or the workers cannot run this package.
        ZsrisError
            What a worker raised, such as that it lacks a model.
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

    def ask(self, question: Callable[[Any], Answer]) -> Answer:
        """Ask one of the workers.

        Parameters
        ----------
        question : callable
            Is called with it, on its machine.

        Returns
        -------
        Answer
            What it gave.

        Raises
        ------
        ClusterError
            The scheduler has gone, or the workers cannot run this package.
        ZsrisError
            What the worker raised, such as that it lacks a model.
        """
        with _explained():
            future = self._client.submit(_ask, self._name, question, pure=False)
            error = _error(future)
            if isinstance(error, KilledWorker):
                raise ClusterError(f"the Dask workers cannot do it: {self._killed(error)}")
            if error is not None:
                raise error
            report: Report[Answer] = future.result()
        return report.told()

    def _send(self, waiting: Iterator[Task], running: as_completed) -> None:
        # Asked every time, since workers of a job queue come and go.
        threads = sum(self._client.nthreads().values())
        wanted = TASKS_PER_THREAD * max(1, threads) - len(self._running)
        for task in islice(waiting, max(0, wanted)):
            future = self._client.submit(_do, self._name, task, pure=False)
            self._running[future.key] = task
            running.add(future)

    def _outcome(self, future: Future[Report[Outcome]]) -> Outcome:
        task = self._running.pop(future.key)
        error = _error(future)
        if isinstance(error, KilledWorker):
            return self._failed(task, self._killed(error))
        if error is not None:
            raise error
        report: Report[Outcome] = future.result()
        return report.told()

    def _killed(self, error: KilledWorker) -> str:
        """Say what became of the workers that were at a task, the last of them by name."""
        last = error.last_worker.address
        ended = self._client.get_events("worker-restart-memory")
        if any(event["worker"] == last for _, event in ended):
            limit = format_bytes(error.last_worker.memory_limit)
            return (
                f"it needs more than the {limit} of memory that a worker may use, so that Dask "
                f"ended {last}; start workers with a higher --memory-limit, or choose a smaller "
                "model or photo"
            )
        return "every worker that was at it died; try it alone, with more memory"


@dataclass(frozen=True)
class Report(Generic[Answer]):
    """What a worker sends back: what it made of a task, and what it warned of meanwhile.

    Parameters
    ----------
    answer : Answer or None
        What it made of the task; None where there is an error.
    warnings : sequence of str
        What the user is to know.
    error : ZsrisError, optional
        Why it could make nothing of it.
    """

    answer: Answer | None
    warnings: Sequence[str]
    error: ZsrisError | None = None

    def told(self) -> Answer:
        """Give the answer, and the warnings to whoever listens in this process.

        Returns
        -------
        Answer
            What the worker made of the task.

        Raises
        ------
        ZsrisError
            It could make nothing of it.
        """
        for message in self.warnings:
            warn(message)
        if self.error is not None:
            raise self.error
        return cast("Answer", self.answer)


class Workplace(WorkerPlugin, Generic[Task, Outcome]):
    """What a Dask worker keeps between tasks: the worker of the crew, made once.

    Parameters
    ----------
    name : str
        What it is called; each crew has one of its own.
    load : callable
        Makes the worker.
    """

    def __init__(self, name: str, load: Callable[[], Callable[[Task], Outcome]]) -> None:
        self.name = name
        self._load = load

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - Dask calls it so
        """Begin on a Dask worker, at its start or when the plugin is registered.

        Parameters
        ----------
        worker : distributed.Worker
            It; the models wait for its first task, so that its heartbeat goes on.
        """
        self._turn = Lock()
        self._worker: Callable[[Task], Outcome] | None = None

    @contextlib.contextmanager
    def turn(self) -> Generator[Callable[[Task], Outcome]]:
        """Wait until the worker is free, and take it.

        Yields
        ------
        callable
            The worker; nobody else has it meanwhile.
        """
        with self._turn:
            if self._worker is None:
                self._worker = self._load()
            yield self._worker


def _do(name: str, task: object) -> Report[Any]:
    return _ask(name, lambda worker: worker(task))


def _ask(name: str, question: Callable[[Any], Answer]) -> Report[Answer]:
    with recorded_warnings() as messages:
        try:
            with _workplace(name).turn() as worker:
                return Report(question(worker), messages)
        except Exception as error:
            foreseen = _foreseen(error)
            if foreseen is None:
                raise
    # It travels as data: an error of the system, raised, would pass for one of the connection.
    return Report(None, messages, foreseen)


def _foreseen(error: Exception) -> ZsrisError | None:
    """Tell an error on a worker that can be mended there; None where it is a bug."""
    where = f"the Dask worker {get_worker().address}"
    if out_of_memory(error):
        return ClusterError(f"{where}: {why(error)}, or start fewer workers on its machine")
    match error:
        case ZsrisError():
            return error
        case OSError():
            what = f"cannot use {error.filename}" if error.filename else "failed"
            return ClusterError(
                f"{where} {what}: {error.strerror or error}; check that it is there on the "
                "worker's machine, and the rights of whoever runs the worker"
            )
    return None


def _error(future: Future[Report[Any]]) -> BaseException | None:
    """Wait for a task, and give the error that it ended in before or beside the work itself."""
    if future.status not in ("cancelled", "lost"):
        error: BaseException | None = future.exception()
    if future.status in ("cancelled", "lost"):
        raise _gone()
    # It is the worker's, such as a module that it may not read, not the connection's.
    return _cannot(error) if isinstance(error, OSError) else error


def _workplace(name: str) -> Workplace[Any, Any]:
    return cast("Workplace[Any, Any]", get_worker().plugins[name])


@contextlib.contextmanager
def _explained() -> Generator[None]:
    try:
        yield
    except ZsrisError:
        raise
    except OSError as error:
        raise _gone() from error
    except Exception as error:
        raise _cannot(error) from error


def _cannot(error: Exception) -> ClusterError:
    return ClusterError(
        f"the Dask workers cannot do it: {type(error).__name__}: {error}; install the same "
        "napari-zsris and Python on all of them, and run the same command again"
    )


def _gone() -> ClusterError:
    return ClusterError(
        "the Dask scheduler has gone: start a scheduler and run the same command again"
    )

"""The way to a Dask cluster: one that is there, or one of this machine's own processes."""

from __future__ import annotations

import contextlib
import logging
import signal
from collections.abc import Generator, Sequence
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client, LocalCluster, Nanny

from napari_zsris.device import choose_device, visible_gpus
from napari_zsris.errors import ClusterError

__all__ = ["LOCAL", "connect", "default_workers"]

LOCAL = "local"
"""What names a cluster of this machine's own processes."""

SECONDS_TO_CONNECT = 30

# What Dask does beside the work would cost workers of one core a fifth of it. Much given back to
# the system so often, or an arena of its own for the thread that works, is much to be got again;
# nobody looks at the samples of a profile; and a worker that hangs is noticed in seconds, too.
UNDISTURBED = {
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.nanny.pre-spawn-environ.MALLOC_ARENA_MAX": 1,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "1s",
}


@contextlib.contextmanager
def connect(where: str, workers: int | None = None, device: str = "auto") -> Generator[Client]:
    """Connect to a cluster, or start one on this machine.

    Parameters
    ----------
    where : str
        ``local`` for worker processes of this machine, a scheduler's address (``tcp://...``), or
        the path of a scheduler file, as dask-jobqueue and dask-mpi write it.
    workers : int, optional
        How many processes ``local`` has; see :func:`default_workers`.
    device : str
        What the workers' models run on, as for :func:`choose_device`. Where it leaves the choice of
        a GPU, each process of ``local`` has one to itself.

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
        with _local(workers, device) as cluster, Client(cluster) as client:
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


def default_workers(device: str, cores: int, gpus: int) -> int:
    """Tell how many processes make the best of a machine.

    Parameters
    ----------
    device : str
        What the models run on: "cpu", "cuda" for any GPU, or another device, which there is one of.
    cores, gpus : int
        How many the machine has.

    Returns
    -------
    int
        One per core on the CPU, one per GPU where any will do, else one.
    """
    if device == "cpu":
        return cores
    return max(1, gpus) if device == "cuda" else 1


def _local(workers: int | None, device: str) -> LocalCluster:
    device = str(choose_device()) if device == "auto" else device
    gpus = visible_gpus() if device == "cuda" else ()
    own: dict[str, Any] = {"worker_class": OneGpu, "gpus": gpus} if gpus else {}
    # Workers of one thread each leave the cores to each other. Memory is left to the system: the
    # share of one worker says nothing about what the largest photo needs.
    with _interrupts_ignored(), dask.config.set(UNDISTURBED):
        return LocalCluster(
            n_workers=workers or default_workers(device, CPU_COUNT, len(gpus)),
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address=None,
            # Even without a dashboard its port is taken, which another cluster may have.
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            silence_logs=logging.CRITICAL,
            **own,
        )


class OneGpu(Nanny):
    """Starts a worker process that sees one GPU alone, the next process the next.

    Parameters
    ----------
    scheduler : str
        The scheduler's address.
    name : int
        The worker's number.
    gpus : sequence of str
        What ``CUDA_VISIBLE_DEVICES`` may hold.
    **options : object
        As for Nanny.
    """

    def __init__(self, scheduler: str, name: int, gpus: Sequence[str], **options: Any) -> None:  # noqa: ANN401
        environment = {"CUDA_VISIBLE_DEVICES": gpus[name % len(gpus)]}
        super().__init__(scheduler, name=name, env=environment, **options)


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

"""The work done by Dask workers: small sums, so that only the crew is tried."""

import os
from functools import partial
from operator import add, attrgetter, methodcaller

import pytest

pytest.importorskip("distributed", reason="the extra `distributed` is not installed")

import dask
from distributed import Client, LocalCluster

from napari_zsris.crew.cluster import Cluster
from napari_zsris.crew.connection import connect
from napari_zsris.errors import ClusterError, ProposalError, recorded_warnings, warn

pytestmark = [
    pytest.mark.slow,
    # Workers that are killed, and clients that are closed meanwhile, leave sockets behind.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def client():
    """One worker process of this machine, which is not given a second try."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        connect("local", workers=1, device="cpu") as connected,
    ):
        yield connected


def crew(client, work):
    """Workers that call `work`; of the modules of tests they know nothing."""
    return Cluster(client, partial(partial, *work), lambda task, reason: (task, reason))


def test_each_task_has_an_outcome(client):
    with crew(client, (add, 1)) as adders:
        assert sorted(adders.work(range(20))) == list(range(1, 21))
        assert adders.ask(attrgetter("args")) == (1,)


def test_what_workers_warn_of_reaches_the_person_who_waits(client):
    with crew(client, (warn,)) as workers, recorded_warnings() as messages:
        assert list(workers.work(["a photo is damaged", "memory ran out"])) == [None, None]
        workers.ask(methodcaller("__call__", "the phrase is too long"))
    assert sorted(messages) == ["a photo is damaged", "memory ran out", "the phrase is too long"]


def test_workers_of_this_machine_are_left_to_their_work(client):
    assert set(client.run(os.getenv, "MALLOC_ARENA_MAX").values()) == {"1"}
    assert set(client.run(os.getenv, "MALLOC_TRIM_THRESHOLD_").values()) <= {None, "None"}
    profiled = client.run(dask.config.get, "distributed.worker.profile.enabled")
    assert set(profiled.values()) == {False}


def test_crews_of_one_cluster_do_not_meet(client):
    with crew(client, (add, 1)) as first, crew(client, (add, 100)) as second:
        outcomes = zip(first.work(range(9)), second.work(range(9)), strict=True)
        assert [sorted(each) for each in zip(*outcomes, strict=True)] == [
            list(range(1, 10)),
            list(range(100, 109)),
        ]


def test_a_crew_that_is_closed_leaves_nothing_behind(client):
    def names(dask_worker):
        return [name for name in dask_worker.plugins if name.startswith("napari-zsris")]

    with crew(client, (add, 1)):
        assert [len(each) for each in client.run(names).values()] == [1]
    assert list(client.run(names).values()) == [[]]


def test_a_task_that_kills_its_workers_fails_alone(client):
    with crew(client, (os._exit,)) as killed:
        ((task, reason),) = killed.work([1])
    assert task == 1
    assert reason == "every worker that was at it died; try it alone, with more memory"


def test_a_question_that_kills_its_worker_is_told_as_that(client):
    with (
        crew(client, (os._exit,)) as killed,
        pytest.raises(ClusterError, match=r"^the Dask workers cannot do it: every worker that was"),
    ):
        killed.ask(methodcaller("__call__", 1))


GREEDY = """
import time
kept = []
while True:
    kept.append(bytearray(b"x" * 2**24))
    time.sleep(0.02)
"""


def test_a_task_that_needs_more_than_a_worker_may_use_is_told_as_that():
    settings = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.worker.memory.monitor-interval": "20ms",
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=1, threads_per_worker=1, memory_limit="600MiB", dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,
        crew(client, (exec, GREEDY)) as greedy,
    ):
        ((_, reason),) = greedy.work([{}])
        assert reason.startswith(
            "it needs more than the 600.00 MiB of memory that a worker may use"
        )
    assert "--memory-limit" in reason


def refusal(client, work, task):
    """What one is told of a task and of a question that end in the same error on a worker."""
    told = []
    with crew(client, work) as workers:
        for ask in (
            lambda: list(workers.work([task])),
            lambda: workers.ask(methodcaller("__call__", task)),
        ):
            with pytest.raises(ClusterError) as info:
                ask()
            told.append(str(info.value))
    assert told[0] == told[1]
    return told[0]


def test_a_file_that_a_worker_may_not_read_is_named(client, tmp_path):
    closed = tmp_path / "weights.pt"
    forbidden = f"raise PermissionError(13, 'Permission denied', {str(closed)!r})"
    told = refusal(client, (exec, forbidden), {})
    assert told.startswith("the Dask worker tcp://")
    assert f"cannot use {closed}: Permission denied; check that" in told
    assert "scheduler" not in told
    # As the system itself says it.
    told = refusal(client, (open,), str(tmp_path / "missing.pt"))
    assert f"cannot use {tmp_path / 'missing.pt'}: No such file or directory" in told


EXHAUSTED = {
    "Python's own": "bytearray(1 << 60)",
    "torch's": "import torch; torch.empty(1 << 50, dtype=torch.uint8)",
    "after all has been tried": (
        "from napari_zsris.errors import OutOfMemoryError as Error; raise Error('memory ran out')"
    ),
}


@pytest.mark.parametrize("kind", EXHAUSTED)
def test_a_worker_without_memory_is_told_as_that(client, kind):
    told = refusal(client, (exec, EXHAUSTED[kind]), {})
    assert told.startswith("the Dask worker tcp://")
    assert ": memory ran out" in told
    assert told.endswith("or start fewer workers on its machine")
    assert "install the same" not in told


def test_a_warning_before_an_error_is_heard(client):
    warns = "from napari_zsris.errors import warn; warn('it is full'); bytearray(1 << 60)"
    with (
        crew(client, (exec, warns)) as workers,
        recorded_warnings() as messages,
        pytest.raises(ClusterError, match="memory ran out"),
    ):
        list(workers.work([{}]))
    assert messages == ["it is full"]


REFUSING = "from napari_zsris.errors import ProposalError; raise ProposalError('it has no masks')"


def test_an_error_of_the_user_comes_through(client):
    with crew(client, (exec, REFUSING)) as refusing:
        with pytest.raises(ProposalError, match="it has no masks"):
            list(refusing.work([{}]))
        with pytest.raises(ClusterError, match="the Dask workers cannot do it: AttributeError: "):
            refusing.ask(attrgetter("nonsense"))


def test_workers_of_another_version_are_told(client):
    with (
        Cluster(client, partial(int, "x"), max) as odd,
        pytest.raises(ClusterError, match="on all of them, and run the same command again"),
    ):
        list(odd.work([1]))

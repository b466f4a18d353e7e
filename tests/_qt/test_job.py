"""Work in a thread: progress, result, errors, and stopping between two steps."""

import threading
import time

import pytest

from napari_zsris._qt.job import Job
from napari_zsris.errors import warn
from napari_zsris.progress import Progress


def counting(stop_at, error=None, closed=None):
    try:
        for number in range(stop_at):
            yield Progress(f"stage {number}", number, stop_at)
        if error is not None:
            raise error
    finally:
        if closed is not None:
            closed.append(threading.current_thread().name)
    return "result"


def start(job):
    thread = threading.Thread(target=job.run, name="worker")
    thread.start()
    return thread


def test_progress_and_result_arrive(qtbot):
    job, seen, results = Job(counting(3)), [], []
    job.progressed.connect(lambda step: seen.append(step.done))
    job.returned.connect(results.append)
    with qtbot.waitSignal(job.finished, timeout=5000):
        thread = start(job)
    assert results == ["result"]
    assert seen == [0, 1, 2]
    thread.join()


@pytest.mark.parametrize("error", [ValueError("no"), RuntimeError("out of memory")])
def test_every_error_arrives_and_ends_the_work(qtbot, error):
    job, errors = Job(counting(2, error)), []
    job.failed.connect(errors.append)
    with qtbot.waitSignal(job.finished, timeout=5000):
        thread = start(job)
    assert errors == [error]
    thread.join()


def test_what_the_work_warns_of_arrives_also_when_it_fails(qtbot):
    def steps():
        warn("the phrase is too long")
        yield Progress("working", 0, 0)
        warn("memory ran out")
        raise ValueError("no")

    job, told = Job(steps()), []
    job.warned.connect(told.append)
    with qtbot.waitSignal(job.finished, timeout=5000):
        thread = start(job)
    assert told == ["the phrase is too long", "memory ran out"]
    thread.join()


def test_work_that_is_stopped_tells_only_its_end_and_is_closed_in_its_thread(qtbot):
    closed, told = [], []

    def steps():
        try:
            while True:
                yield Progress("endless", 0, 0)
        finally:
            closed.append(threading.current_thread().name)

    job = Job(steps())
    for signal in (job.returned, job.failed):
        signal.connect(told.append)
    with qtbot.waitSignal(job.finished, timeout=5000):
        thread = start(job)
        job.cancel()
    thread.join()
    assert closed == ["worker"]
    assert not told
    assert job.cancelled


def test_fast_progress_is_thinned_out_but_no_stage_is_lost(qtbot):
    def steps():
        for stage in ("a", "b"):
            for number in range(2000):
                yield Progress(stage, number, 2000)

    job, seen = Job(steps()), []
    job.progressed.connect(seen.append)
    with qtbot.waitSignal(job.finished, timeout=5000):
        thread = start(job)
    thread.join()
    assert {step.stage for step in seen} == {"a", "b"}
    assert len(seen) < 1000


def test_a_step_is_told_once_however_often_it_is_looked_at(qtbot):
    def steps():
        for number in (0, 1):
            for _ in range(100):
                time.sleep(0.002)
                yield Progress("a", number, 2)

    job, seen = Job(steps()), []
    job.progressed.connect(lambda step: seen.append(step.done))
    with qtbot.waitSignal(job.finished, timeout=5000):
        thread = start(job)
    thread.join()
    assert seen == [0, 1]

"""One request at a time, the latest one next."""

import threading

import pytest

from napari_zsris._qt.core.picture import Picture
from napari_zsris._qt.core.request import Request, Settings
from napari_zsris._qt.runner import Runner
from napari_zsris.progress import Progress


class Clerk:
    """Answers requests with their phrases, one step at a time, when it is allowed to."""

    def __init__(self):
        self.allowed = threading.Semaphore(0)
        self.worked_on = []
        self.threads = set()

    def prepare(self):
        yield Progress("starting", 0, 0)
        return ["ready"]

    def run(self, request):
        self.worked_on.append(request.phrase)
        self.threads.add(threading.get_ident())
        for number in range(3):
            yield Progress("working", number, 3)
            self.allowed.acquire(timeout=10)
            if request.phrase == "fail":
                raise RuntimeError("no memory")
        return request.phrase


@pytest.fixture
def clerk():
    return Clerk()


@pytest.fixture
def runner(clerk, qtbot):
    runner = Runner(clerk)
    yield runner
    runner.close()
    clerk.allowed.release(100)


def request_of(phrase, picture="one"):
    return Request(Picture(picture, ()), phrase, Settings())


def test_preparation_is_told(clerk, qtbot):
    runner = Runner(clerk)
    with qtbot.waitSignal(runner.prepared, timeout=5000) as signal:
        pass
    assert signal.args == [["ready"]]
    runner.close()


def test_a_request_is_answered(runner, clerk, qtbot):
    answers = []
    runner.answered.connect(answers.append)
    clerk.allowed.release(3)
    with qtbot.waitSignals([runner.started, runner.idle], timeout=5000):
        runner.ask(request_of("dog"))
        assert runner.busy
    assert answers == ["dog"]
    assert not runner.busy


def test_another_phrase_waits_for_the_encoding_they_share(runner, clerk, qtbot):
    answers = []
    runner.answered.connect(answers.append)
    runner.ask(request_of("dog"))
    qtbot.waitUntil(lambda: clerk.worked_on == ["dog"], timeout=5000)
    runner.ask(request_of("cat"))
    runner.ask(request_of("cow"))
    clerk.allowed.release(100)
    qtbot.waitUntil(lambda: not runner.busy, timeout=5000)
    assert answers == ["dog", "cow"]
    assert len(clerk.threads) == 1


def test_another_picture_ends_the_work(runner, clerk, qtbot):
    answers = []
    runner.answered.connect(answers.append)
    runner.ask(request_of("dog"))
    qtbot.waitUntil(lambda: clerk.worked_on == ["dog"], timeout=5000)
    runner.ask(request_of("cat", "two"))
    clerk.allowed.release(100)
    qtbot.waitUntil(lambda: not runner.busy, timeout=5000)
    assert answers == ["cat"]


def test_cancelling_takes_effect_at_the_next_step(runner, clerk, qtbot):
    answers = []
    runner.answered.connect(answers.append)
    runner.ask(request_of("dog"))
    qtbot.waitUntil(lambda: clerk.worked_on == ["dog"], timeout=5000)
    runner.ask(request_of("cat"))
    with qtbot.waitSignal(runner.idle, timeout=5000):
        runner.cancel()
        clerk.allowed.release(1)
    assert clerk.worked_on == ["dog"]
    assert not answers


def test_an_error_is_told_and_the_next_request_works(runner, clerk, qtbot):
    errors = []
    runner.failed.connect(errors.append)
    clerk.allowed.release(100)
    with qtbot.waitSignal(runner.idle, timeout=5000):
        runner.ask(request_of("fail"))
    assert [str(error) for error in errors] == ["no memory"]
    with qtbot.waitSignal(runner.answered, timeout=5000):
        runner.ask(request_of("dog"))


def test_closing_in_the_middle_leaves_no_thread(clerk, qtbot):
    before = set(threading.enumerate())
    runner, answers = Runner(clerk), []
    runner.answered.connect(answers.append)
    runner.ask(request_of("dog"))
    qtbot.waitUntil(lambda: clerk.worked_on == ["dog"], timeout=5000)
    runner.close()
    runner.ask(request_of("cat"))
    clerk.allowed.release(100)
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= before, timeout=5000)
    qtbot.wait(20)
    assert not answers
    assert clerk.worked_on == ["dog"]


def test_many_short_requests_and_runners_end_in_peace(clerk, qtbot):
    clerk.allowed.release(10_000)
    answers = []
    for number in range(20):
        runner = Runner(clerk)
        runner.answered.connect(answers.append)
        for phrase in ("dog", "cat"):
            with qtbot.waitSignal(runner.idle, timeout=5000):
                runner.ask(request_of(phrase))
        runner.ask(request_of(f"left {number}"))
        runner.close()
    assert answers == ["dog", "cat"] * 20

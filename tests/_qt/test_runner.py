"""One request at a time, the latest one next."""

import threading
from dataclasses import replace

import pytest

from napari_zsris._qt.runner import Runner
from napari_zsris.engine.engine import EngineError
from napari_zsris.engine.picture import Picture
from napari_zsris.engine.request import Request, Settings
from napari_zsris.errors import ImageError
from napari_zsris.progress import Progress


class Clerk:
    """Answers requests with their phrases, one step at a time, when it is allowed to."""

    def __init__(self):
        self.allowed = threading.Semaphore(0)
        self.worked_on = []
        self.threads = set()
        self.holds = 0

    def hold(self):
        self.holds += 1
        return self.release

    def release(self):
        self.holds -= 1

    def encode(self, request):
        yield from self.run(replace(request, phrase=f"picture {request.picture.key}"))

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


def test_pictures_are_encoded_ahead_in_their_order(runner, clerk, qtbot):
    encoded = []
    runner.encoded.connect(encoded.append)
    clerk.allowed.release(100)
    runner.encode_ahead([Picture(key, ()) for key in ("one", "two")], Settings())
    qtbot.waitUntil(lambda: len(encoded) == 2, timeout=5000)
    assert [picture.key for picture in encoded] == ["one", "two"]
    assert clerk.worked_on == ["picture one", "picture two"]
    assert not runner.busy


def test_a_question_overtakes_what_is_done_ahead_which_then_goes_on(runner, clerk, qtbot):
    heard = []
    runner.answered.connect(heard.append)
    runner.idle.connect(lambda: heard.append("idle"))
    runner.progressed.connect(lambda _step: heard.append("progress"))
    runner.encoded.connect(lambda picture: heard.append(picture.key))
    runner.encode_ahead([Picture("two", ())], Settings())
    qtbot.waitUntil(lambda: clerk.worked_on == ["picture two"], timeout=5000)
    assert not runner.busy
    runner.ask(request_of("dog"))
    assert runner.busy
    clerk.allowed.release(100)
    qtbot.waitUntil(lambda: "two" in heard, timeout=5000)
    assert clerk.worked_on == ["picture two", "dog", "picture two"]
    assert [one for one in heard if one != "progress"] == ["dog", "idle", "two"]


def test_another_picture_ahead_replaces_the_one_before(runner, clerk, qtbot):
    encoded = []
    runner.encoded.connect(encoded.append)
    runner.encode_ahead([Picture("one", ()), Picture("two", ())], Settings())
    qtbot.waitUntil(lambda: clerk.worked_on == ["picture one"], timeout=5000)
    runner.encode_ahead([Picture("three", ())], Settings())
    clerk.allowed.release(100)
    qtbot.waitUntil(lambda: len(encoded) == 1, timeout=5000)
    assert clerk.worked_on == ["picture one", "picture three"]


def test_the_same_picture_ahead_goes_on(runner, clerk, qtbot):
    encoded = []
    runner.encoded.connect(encoded.append)
    for others in ("two", "three"):
        runner.encode_ahead([Picture("one", ()), Picture(others, ())], Settings())
        qtbot.waitUntil(lambda: clerk.worked_on == ["picture one"], timeout=5000)
    clerk.allowed.release(100)
    qtbot.waitUntil(lambda: len(encoded) == 2, timeout=5000)
    assert clerk.worked_on == ["picture one", "picture three"]


def test_cancelling_ends_what_is_done_ahead_but_not_the_preparation(clerk, qtbot):
    runner, prepared = Runner(clerk), []
    runner.prepared.connect(prepared.append)
    runner.encode_ahead([Picture("one", ())], Settings())
    runner.cancel()
    qtbot.waitUntil(lambda: prepared == [["ready"]], timeout=5000)
    runner.encode_ahead([Picture("two", ())], Settings())
    qtbot.waitUntil(lambda: clerk.worked_on == ["picture two"], timeout=5000)
    runner.cancel()
    clerk.allowed.release(100)
    qtbot.wait(50)
    assert clerk.worked_on == ["picture two"]
    runner.close()
    assert clerk.holds == 0


def test_what_fails_ahead_is_left_until_it_is_asked_about(runner, clerk, qtbot):
    heard = []
    runner.failed.connect(heard.append)
    runner.warned.connect(heard.append)
    runner.encoded.connect(lambda picture: heard.append(picture.key))
    clerk.encode = lambda request: fail(request.picture.key)
    runner.encode_ahead([Picture("bad", ()), Picture("dead", ()), Picture("good", ())], Settings())
    qtbot.waitUntil(lambda: "good" in heard, timeout=5000)
    assert heard == ["the process died", "good"]


def fail(key):
    yield Progress("working", 0, 1)
    if key == "bad":
        raise ImageError("no pixels")
    if key == "dead":
        raise EngineError("the process died")


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
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= before, timeout=60_000)
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

"""Warnings: given in one way, kept by whoever listens in a thread, shown where nobody does."""

import threading
import warnings

import pytest

from napari_zsris.errors import ZsrisWarning, recorded_warnings, warn
from napari_zsris.progress import Progress


def test_a_warning_points_to_the_line_that_called_the_package():
    with pytest.warns(ZsrisWarning, match="the end is cut off") as caught:
        warn("the end is cut off")
    assert caught[0].filename == __file__


def test_a_warning_is_recorded_once_and_given_to_nobody_else():
    with warnings.catch_warnings(record=True) as others, recorded_warnings() as messages:
        warn("one")
        warn("two")
        warn("one")
    assert messages == ["one", "two"]
    assert not others


def test_after_an_error_the_record_is_closed():
    with pytest.raises(ValueError, match="no"), recorded_warnings() as messages:
        warn("before")
        raise ValueError("no")
    assert messages == ["before"]
    with pytest.warns(ZsrisWarning, match="after"):
        warn("after")
    assert messages == ["before"]


def test_a_record_in_a_record_hears_alone():
    with recorded_warnings() as outer:
        warn("out")
        with recorded_warnings() as inner:
            warn("in")
        warn("out again")
    assert (outer, inner) == (["out", "out again"], ["in"])


def test_threads_do_not_hear_each_other():
    meeting = threading.Barrier(8)
    heard = {}

    def work(number):
        with recorded_warnings() as messages:
            for step in range(50):
                meeting.wait()
                warn(f"{number}: {step}")
        heard[number] = messages

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {number: [f"{number}: {step}" for step in range(50)] for number in range(8)}


def test_the_steps_of_a_generator_are_recorded_one_by_one():
    def steps():
        for number in range(2):
            warn(f"step {number}")
            yield Progress("working", number, 2)

    work, heard = steps(), []
    for _ in range(2):
        with recorded_warnings() as messages:
            next(work)
        heard += messages
    assert heard == ["step 0", "step 1"]

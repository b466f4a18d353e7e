"""The work done by the process itself."""

from functools import partial
from operator import add, attrgetter

from napari_zsris.crew import InProcess


def test_tasks_are_done_in_their_order():
    assert list(InProcess(partial(add, 1)).work([1, 5, 3])) == [2, 6, 4]


def test_tasks_are_taken_one_by_one():
    taken = []
    tasks = (taken.append(number) or number for number in range(9))
    assert next(InProcess(abs).work(tasks)) == 0
    assert taken == [0]


def test_the_worker_can_be_asked():
    assert InProcess(partial(add, 1)).ask(attrgetter("args")) == (1,)

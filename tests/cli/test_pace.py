import pytest

from napari_zsris.cli.pace import Pace, duration, oversee
from napari_zsris.progress import Progress


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (99, "99 s"), (100, "2 min"), (5940, "99 min"), (12_300, "3 h 25 min")],
)
def test_times_are_told_as_people_do(seconds, told):
    assert duration(seconds) == told


def test_speed_counts_from_the_first_photo_on():
    clock = Clock()
    pace = Pace(clock)
    assert pace.at(Progress("photos", 0, 40)) == "photos: 0 of 40"
    clock.now = 60
    assert pace.at(Progress("photos", 1, 40)) == "photos: 1 of 40"
    clock.now = 62
    assert pace.at(Progress("photos", 5, 40)) == "photos: 5 of 40, 2.0/s, 18 s left"


def test_slow_work_is_told_by_the_minute():
    clock = Clock()
    pace = Pace(clock)
    for done in (1, 2):
        clock.now += 40
        told = pace.at(Progress("photos", done, 302))
    assert told == "photos: 2 of 302, 1.5/min, 3 h 20 min left"


def test_only_the_latest_steps_count():
    clock = Clock()
    pace = Pace(clock)
    for done in range(1, 300):
        clock.now += 1 if done < 150 else 0.1
        told = pace.at(Progress("photos", done, 1300))
    assert "10.0/s" in told


def test_work_without_a_known_end_has_no_time_left():
    clock = Clock()
    pace = Pace(clock)
    for done in (100, 200):
        clock.now += 1
        told = pace.at(Progress("rows", done, 0))
    assert told == "rows: 200, 100.0/s"


def test_a_log_gets_a_line_now_and_then(capsys):
    clock = Clock()

    def work():
        for done in range(9):
            clock.now += 10
            yield Progress("photos", done, 9)
        return "done"

    assert oversee(work(), clock) == "done"
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "photos: 2 of 9, 6.0/min, 70 s left"
    assert len(lines) == 3

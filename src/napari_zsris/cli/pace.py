"""How fast work of hours goes, and how long it will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import typer

from napari_zsris.progress import Progress, Steps, finish

__all__ = ["Pace", "duration", "oversee"]

Result = TypeVar("Result")

REMEMBERED_STEPS = 50
SECONDS_BETWEEN_LINES = 30.0


class Pace:
    """Measures the speed of work over its latest steps.

    Parameters
    ----------
    clock : callable
        Gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steps: deque[tuple[float, int]] = deque(maxlen=REMEMBERED_STEPS)

    def at(self, step: Progress) -> str:
        """Note a step, and say how it goes.

        Parameters
        ----------
        step : Progress
            Where the work is.

        Returns
        -------
        str
            Such as "photos: 12 of 40, 2.1/s, 13 s left"; without speed until it is known.
        """
        # Up to the first unit it is models that are loaded, which says nothing about the rest.
        if step.done:
            self._steps.append((self._clock(), step.done))
        total = f" of {step.total:,}" if step.total else ""
        return f"{step.stage}: {step.done:,}{total}{self._speed(step)}"

    def _speed(self, step: Progress) -> str:
        if len(self._steps) < 2:
            return ""
        (began, first), (now, last) = self._steps[0], self._steps[-1]
        if now <= began or last <= first:
            return ""
        speed = (last - first) / (now - began)
        told = f", {speed:.1f}/s" if speed >= 1 else f", {60 * speed:.1f}/min"
        left = (step.total - step.done) / speed
        return f"{told}, {duration(left)} left" if left > 0 else told


def duration(seconds: float) -> str:
    """Tell a time as people do.

    Parameters
    ----------
    seconds : float
        The time.

    Returns
    -------
    str
        Such as "13 s", "4 min" or "2 h 05 min".
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


def oversee(steps: Steps[Result], clock: Callable[[], float] = time.monotonic) -> Result:
    """Run work of hours: a bar on a terminal, else a line in the log now and then.

    Parameters
    ----------
    steps : generator of Progress
        The work; its return value is the result.
    clock : callable
        Gives seconds.

    Returns
    -------
    Result
        What the generator returned.
    """
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    pace, last = Pace(clock), clock()
    columns = BarColumn(), TextColumn("{task.description}", markup=False)
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("", total=None)

        def tell(step: Progress) -> None:
            nonlocal last
            text = pace.at(step)
            bars.update(bar, description=text, completed=step.done, total=step.total or None)
            if not console.is_terminal and clock() - last >= SECONDS_BETWEEN_LINES:
                last = clock()
                typer.echo(text, err=True)

        return finish(steps, tell)

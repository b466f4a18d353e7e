"""Long work as generators of progress: the caller may show each step, or stop between two of them.

Everything that takes longer than a moment is written once, as a generator that yields
:class:`Progress` and returns its result. A worker thread cancels it by closing the generator, and
:func:`finish` runs it to its end, telling a progress bar of each step.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

__all__ = ["Progress", "Steps", "finish"]

Result = TypeVar("Result")


@dataclass(frozen=True)
class Progress:
    """One step of long work.

    Parameters
    ----------
    stage : str
        What is being done, in words fit for a progress bar ("local features").
    done, total : int
        Units finished and units in this stage; `total` is 0 where it is not known.
    """

    stage: str
    done: int
    total: int


Steps: TypeAlias = Generator[Progress, None, Result]


def finish(steps: Steps[Result], tell: Callable[[Progress], object] | None = None) -> Result:
    """Run long work to its end and give its result.

    Parameters
    ----------
    steps : generator of Progress
        The work; its return value is the result.
    tell : callable, optional
        Is called with each step.

    Returns
    -------
    Result
        What the generator returned.
    """
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        if tell is not None:
            tell(step)

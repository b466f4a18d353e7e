"""What the window's process and the engine's say to each other."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.engine.request import Settings
from napari_zsris.prelabel.task import Task
from napari_zsris.progress import Progress
from napari_zsris.rle import Rle

__all__ = [
    "Ask",
    "Encode",
    "Failed",
    "Notice",
    "PhotoMissing",
    "PhotoPixels",
    "Prepare",
    "Rank",
    "RankTask",
    "Returned",
    "Step",
    "Stop",
    "Stopped",
    "Work",
]


@dataclass(frozen=True)
class Prepare:
    """Import what is heavy, and list the CLIP models as Choices."""


@dataclass(frozen=True)
class Encode:
    """Encode a photo, so that phrases can be asked of it at once.

    Parameters
    ----------
    photo : hashable
        Equal for photos with the same pixels and masks of their own.
    settings : Settings
        What to use.
    """

    photo: Hashable
    settings: Settings


@dataclass(frozen=True)
class Rank:
    """Find a phrase in a photo; gives a `Found`.

    Parameters
    ----------
    photo : hashable
        As for Encode.
    settings : Settings
        What to use.
    phrase : str
        What to look for.
    """

    photo: Hashable
    settings: Settings
    phrase: str


@dataclass(frozen=True)
class RankTask:
    """Rank all phrases of a stored photo; gives a prelabel Outcome.

    Parameters
    ----------
    task : Task
        The photo's file, its phrases and its own masks.
    settings : Settings
        What to use.
    """

    task: Task
    settings: Settings


Work: TypeAlias = Prepare | Encode | Rank | RankTask


@dataclass(frozen=True)
class Ask:
    """Begin a piece of work, once what was stopped before has ended.

    Parameters
    ----------
    ticket : int
        Its number, which all that is said of it carries.
    work : Prepare, Encode, Rank or RankTask
        What to do.
    """

    ticket: int
    work: Work


@dataclass(frozen=True)
class Stop:
    """Give a piece of work up at its next step.

    Parameters
    ----------
    ticket : int
        Its number.
    """

    ticket: int


@dataclass(frozen=True, eq=False)
class PhotoPixels:
    """A photo that was missing.

    Parameters
    ----------
    ticket : int
        The number of the work that needs it.
    pixels : (H, W, 3) uint8 array
        The photo.
    masks : tuple of Rle or None
        Proposals of its own.
    """

    ticket: int
    pixels: npt.NDArray[np.uint8]
    masks: tuple[Rle, ...] | None


@dataclass(frozen=True)
class PhotoMissing:
    """The photo of a piece of work is not known yet, and is waited for.

    Parameters
    ----------
    ticket : int
        The work's number.
    """

    ticket: int


@dataclass(frozen=True)
class Step:
    """A piece of work went on.

    Parameters
    ----------
    ticket : int
        Its number.
    progress : Progress
        How far.
    """

    ticket: int
    progress: Progress


@dataclass(frozen=True)
class Notice:
    """Something a person should know, although the work goes on.

    Parameters
    ----------
    text : str
        One sentence.
    """

    text: str


@dataclass(frozen=True)
class Stopped:
    """A piece of work was given up, as asked.

    Parameters
    ----------
    ticket : int
        Its number.
    """

    ticket: int


@dataclass(frozen=True, eq=False)
class Returned:
    """A piece of work came to its end.

    Parameters
    ----------
    ticket : int
        Its number.
    result : object
        What it gave.
    """

    ticket: int
    result: object = field(repr=False)


@dataclass(frozen=True)
class Failed:
    """A piece of work raised.

    Parameters
    ----------
    ticket : int
        Its number.
    name : str
        The error's class, as module and name.
    message : str
        What it says.
    foreseen : bool
        Whether it is a ZsrisError, written for people.
    trace : str
        Where it was raised, for the log.
    """

    ticket: int
    name: str
    message: str
    foreseen: bool
    trace: str

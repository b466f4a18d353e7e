"""What users are told on one line: errors they can mend, and warnings beside a result."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

__all__ = [
    "AnnotationError",
    "ClusterError",
    "ImageError",
    "MethodError",
    "ModelUnavailableError",
    "OutOfMemoryError",
    "PhraseError",
    "ProposalError",
    "ZsrisError",
    "ZsrisWarning",
    "one_line",
    "recorded_warnings",
    "shortened",
    "warn",
]

_PACKAGE = f"{Path(__file__).parent}{os.sep}"
_record: ContextVar[list[str] | None] = ContextVar("_record", default=None)


class ZsrisError(Exception):
    """Base of every error that a user can cause and mend.

    Parameters
    ----------
    message : str
        What happened, why, and what to do next; whatever a file's name or a library's error brings
        into it, it is kept on one line.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class ImageError(ZsrisError):
    """A photo cannot be read, or an array is not a picture."""


class PhraseError(ZsrisError):
    """A referring phrase has no words to search for."""


class ModelUnavailableError(ZsrisError):
    """A model's name is unknown, or its weights or package are not on this machine."""


class ProposalError(ZsrisError):
    """Masks or boxes do not fit the photo, or a proposal source is misconfigured."""


class MethodError(ZsrisError):
    """A method's setting is out of range, or asks for features that a scene does not hold."""


class AnnotationError(ZsrisError):
    """An annotation project or an annotation file cannot be read or written."""


class ClusterError(ZsrisError):
    """A Dask scheduler cannot be reached or has gone, or its workers are of no use."""


class OutOfMemoryError(ZsrisError):
    """Memory ran out, on the CPU too and for the smallest piece of the work."""


class ZsrisWarning(UserWarning):
    """Something a user should know of a result that is given all the same."""


def warn(message: str) -> None:
    """Warn the user with a :class:`ZsrisWarning`; all warnings of the package are given here.

    Parameters
    ----------
    message : str
        What happened and what to do about it, on one line.

    Warns
    -----
    ZsrisWarning
        At the line that called the package, unless :func:`recorded_warnings` is listening.
    """
    record, message = _record.get(), one_line(message)
    if record is None:
        warnings.warn(message, ZsrisWarning, stacklevel=_levels_inside())
    elif message not in record:
        record.append(message)


@contextmanager
def recorded_warnings() -> Generator[list[str]]:
    """Keep this thread's warnings of the package, for somebody else to show.

    It is safe in any number of threads, where :func:`warnings.catch_warnings` is not: it changes
    nothing that threads share, and does not hear threads that are started meanwhile. A generator is
    recorded step by step, around each ``next``: what is set inside it would outlive its ``yield``.

    Yields
    ------
    list of str
        What :func:`warn` was told so far, each text once.
    """
    messages: list[str] = []
    token = _record.set(messages)
    try:
        yield messages
    finally:
        _record.reset(token)


def one_line(text: str) -> str:
    """Put a text on one line that any terminal can show.

    Parameters
    ----------
    text : str
        Any text, such as a path with a line break in it.

    Returns
    -------
    str
        Line breaks with the blanks around them are one blank, what cannot be printed is "?".
    """
    joined = " ".join(line.strip() for line in text.splitlines() if line.strip())
    return "".join(letter if letter.isprintable() else "?" for letter in joined)


def shortened(value: object, most: int = 60) -> str:
    """Quote what a user gave, but not all of it where it is long.

    Parameters
    ----------
    value : object
        What was given.
    most : int
        How many characters of it at most.

    Returns
    -------
    str
        As :func:`repr` does, with "..." in place of the rest.
    """
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}..."


def _levels_inside() -> int:
    """Count the frames between :func:`warn` and the first caller outside the package."""
    frame, levels = inspect.currentframe(), 0
    while frame and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, levels = frame.f_back, levels + 1
    return levels

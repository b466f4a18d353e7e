"""Counts, long phrases and the states of work as people read them."""

from __future__ import annotations

__all__ = ["LONGEST_PHRASE", "count", "elide", "spoken_status"]

LONGEST_PHRASE = 40


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, as in "1 candidate" and "1,204 candidates".

    Parameters
    ----------
    number : int
        How many.
    noun : str
        What one is called.
    plural : str, optional
        What several are called; the noun with an "s" by default.

    Returns
    -------
    str
        Number and noun.
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def elide(text: str, longest: int = LONGEST_PHRASE) -> str:
    """Return a text on one line, its end left out where it is too long.

    Parameters
    ----------
    text : str
        The text.
    longest : int
        The characters there is room for, the ellipsis included.

    Returns
    -------
    str
        The text, or its beginning and an ellipsis.
    """
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def spoken_status(status: str) -> str:
    """Return the status of a phrase in words, as in "to do" and "none fits".

    Parameters
    ----------
    status : str
        As projects have it.

    Returns
    -------
    str
        The words.
    """
    return "to do" if status == "todo" else status.replace("-", " ")

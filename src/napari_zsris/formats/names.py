"""Names of files and words of the command line, where the locale's encoding is not UTF-8."""

from __future__ import annotations

import os

__all__ = ["as_system_name", "as_text"]


def as_text(name: str) -> str:
    """Read as UTF-8 what the system gave as bytes that its locale has no letters for.

    In the locale C, Python gives every byte beyond ASCII as half a surrogate pair. Files and
    terminals are in UTF-8 even there.

    Parameters
    ----------
    name : str
        A path, or a word of the command line.

    Returns
    -------
    str
        The text; what is not UTF-8 stays as it is.
    """
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:
        return name


def as_system_name(text: str) -> str:
    """Give a path as the system takes it, which undoes :func:`as_text`.

    Parameters
    ----------
    text : str
        A path as text.

    Returns
    -------
    str
        The text itself wherever the locale's encoding has all of its letters.
    """
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return os.fsdecode(text.encode("utf-8", "surrogateescape"))
    return text

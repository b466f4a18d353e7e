"""What readers of foreign datasets give, one record at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from napari_zsris.rle import Rle

__all__ = ["BadRow", "Entry", "Given", "ImportReport", "MaskUse", "Record", "Size", "Target"]

Size: TypeAlias = tuple[int, int]

Target: TypeAlias = Callable[[Size], Rle | None]
"""Gives a mask for a photo of (height, width) pixels; None where nothing fits the phrase."""

MaskUse: TypeAlias = Literal["none", "proposals", "finished"]
"""What becomes of a dataset's masks: nothing, proposals to choose from, or finished work."""


@dataclass(frozen=True)
class Entry:
    """A phrase of a photo.

    Parameters
    ----------
    where : str
        Its place in the dataset, such as "line 12".
    photo : str
        The photo's path, relative to the dataset's folder of photos.
    phrase : str
        The referring expression.
    category, split : str, optional
        Kept for exports.
    origin : str
        Tells apart phrases of the same words.
    target : callable, optional
        The finished mask, where the dataset has it.
    kind : str, optional
        What sort of phrase it is, where the dataset says so; evaluations report by it.
    """

    where: str
    photo: str
    phrase: str
    category: str | None = None
    split: str | None = None
    origin: str = ""
    target: Target | None = field(default=None, repr=False)
    kind: str | None = None


@dataclass(frozen=True)
class Given:
    """A mask to choose from.

    Parameters
    ----------
    where : str
        Its place in the dataset, such as "annotation 12"; also what it is known by.
    photo : str
        The photo's path, relative to the dataset's folder of photos.
    mask : callable
        The mask.
    category : str, optional
        The object's category, where the dataset has it.
    """

    where: str
    photo: str
    mask: Target = field(repr=False)
    category: str | None = None


@dataclass(frozen=True)
class BadRow:
    """A part of a dataset that was left out.

    Parameters
    ----------
    where : str
        Its place in the dataset, such as "line 12".
    reason : str
        Why, on one line.
    """

    where: str
    reason: str


Record: TypeAlias = Entry | Given | BadRow


@dataclass(frozen=True)
class ImportReport:
    """What an import did.

    Parameters
    ----------
    photos, phrases, proposals, finished : int
        How many were new to the project: photos, phrases, masks to choose from, finished masks.
    known : int
        Phrases that the project had already.
    bad : tuple of BadRow
        What was left out, and why.
    """

    photos: int
    phrases: int
    proposals: int
    finished: int
    known: int
    bad: tuple[BadRow, ...]

"""What readers of foreign datasets give, one record at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from napari_zsris.formats.segmentation import Remark, Size, no_remark
from napari_zsris.rle import Rle

__all__ = [
    "BadRow",
    "Contents",
    "Crowds",
    "DatasetCategory",
    "Entry",
    "Given",
    "ImportReport",
    "MaskUse",
    "Record",
    "Row",
    "Size",
    "Target",
]


class Target(Protocol):
    """Gives a mask for a photo."""

    def __call__(self, size: Size, orientation: int = 1, remark: Remark = no_remark) -> Rle | None:
        """Read the mask; see :func:`decode_segmentation`.

        Parameters
        ----------
        size : tuple of int
            The (height, width) of the upright photo, in pixels.
        orientation : int
            How EXIF says the photo lies, 1 to 8.
        remark : callable
            Is told what a person should know of the mask.

        Returns
        -------
        Rle or None
            The mask; None where nothing fits the phrase.
        """


Crowds: TypeAlias = Literal["auto", "skip", "take"]
"""Whether to take objects with ``iscrowd`` 1.

COCO marks groups of objects so; other programs every mask that was painted with a brush. "auto"
takes them where all objects of a file are marked, or where they have a phrase of their own.
"""

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
        Its place in the dataset, such as "annotation 12".
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


@dataclass(frozen=True)
class DatasetCategory:
    """A category as a dataset numbers it.

    Parameters
    ----------
    number : int or None
        Its id; None where that is no whole number.
    name : str
        Its name.
    supercategory : str or None
        What it belongs to, where the dataset says so.
    """

    number: int | None
    name: str
    supercategory: str | None


@dataclass(frozen=True)
class Contents:
    """What a dataset holds as a whole; readers give it first.

    Parameters
    ----------
    photos : frozenset of str
        The names of all photos, so that no two of them are taken for one.
    categories : tuple of DatasetCategory
        All categories, whether or not an object is of them.
    """

    photos: frozenset[str]
    categories: tuple[DatasetCategory, ...] = ()


Row: TypeAlias = Entry | Given | BadRow

Record: TypeAlias = Contents | Row


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
    notes : tuple of str
        What a person should know of what was taken.
    """

    photos: int
    phrases: int
    proposals: int
    finished: int
    known: int
    bad: tuple[BadRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def took_nothing(self) -> bool:
        """Whether the dataset has nothing that is in the project now."""
        return not (self.photos or self.phrases or self.proposals or self.finished or self.known)

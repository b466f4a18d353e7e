"""The question on the canvas: one phrase of one photo with its candidates and decisions so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from napari_zsris.engine.outcome import Card
from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["Entry", "Question", "Status", "same_mask"]


class Status(StrEnum):
    """What was decided about a candidate."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, eq=False)
class Entry:
    """A candidate in its list.

    Parameters
    ----------
    key : int
        Its place in the list, from 0.
    card : Card, optional
        How a ranked candidate is shown; None for a mask drawn from scratch.
    base : str
        What the mask began with, the same for ever: the candidate's `counts`; ``object ID`` for an
        accepted mask that is no candidate of this list; empty for one drawn from scratch.
    bitmap : Bitmap
        The mask as it is shown: brush work, else the accepted mask, else the candidate.
    kept : Bitmap
        The mask without brush work.
    status : Status
        What was decided.
    item_id : int, optional
        The item of the accepted object.
    """

    key: int
    card: Card | None
    base: str
    bitmap: Bitmap
    kept: Bitmap
    status: Status = Status.OPEN
    item_id: int | None = None

    @property
    def edited(self) -> bool:
        """Whether there is brush work that nobody has decided on."""
        return self.bitmap is not self.kept


@dataclass(frozen=True, eq=False)
class Question:
    """What a person is asked, which never changes: every decision leads to another question.

    Parameters
    ----------
    photo_id, item_id : int
        The photo's number in the project, and the phrase's item.
    phrase : str
        What is looked for.
    cards : tuple of Card
        The ranked candidates, best first.
    bases : tuple of str
        Their `counts`.
    entries : tuple of Entry
        Candidates, then accepted masks that are none of them, then masks drawn from scratch.
    chosen : int, optional
        The key of the entry that is shown.
    source : str
        Where the candidates come from.
    listed : bool
        Whether the work list led here, so that a decision leads on.
    """

    photo_id: int
    item_id: int
    phrase: str
    cards: tuple[Card, ...] = ()
    bases: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    chosen: int | None = None
    source: str = ""
    listed: bool = False

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @property
    def shown(self) -> Entry | None:
        """The entry that is shown."""
        return self.entry(self.chosen)

    def entry(self, key: int | None) -> Entry | None:
        """Find an entry.

        Parameters
        ----------
        key : int or None
            Its key.

        Returns
        -------
        Entry or None
            The entry, None when there is no such one.
        """
        known = key is not None and 0 <= key < len(self.entries)
        return self.entries[key] if known and key is not None else None

    def based_on(self, base: str) -> Entry | None:
        """Find an entry by what it began with.

        Parameters
        ----------
        base : str
            The entry's base.

        Returns
        -------
        Entry or None
            The entry, None when there is no such one.
        """
        return next((entry for entry in self.entries if entry.base == base), None)

    def choosing(self, key: int | None) -> Question:
        """Give this question with another entry shown.

        Parameters
        ----------
        key : int or None
            The entry's key.

        Returns
        -------
        Question
            A new one.
        """
        return replace(self, chosen=None if self.entry(key) is None else key)

    def stepping(self, by: int) -> Question:
        """Give this question with a neighbour shown, round and round.

        Parameters
        ----------
        by : int
            1 for the next entry, -1 for the previous one.

        Returns
        -------
        Question
            A new one.
        """
        if not self.entries:
            return self
        place = min(by, 0) if self.chosen is None else self.chosen + by
        return replace(self, chosen=place % len(self.entries))

    def next_open(self, after: int = -1) -> int | None:
        """Find the next entry that nobody has decided on, round and round.

        Parameters
        ----------
        after : int
            The key to go on from.

        Returns
        -------
        int or None
            Its key, None when there is none.
        """
        later = self.entries[after + 1 :] + self.entries[: after + 1]
        return next((entry.key for entry in later if entry.status is Status.OPEN), None)


def same_mask(mask: npt.NDArray[np.bool_], bitmap: Bitmap) -> bool:
    """Tell whether a mask has the very pixels of a bitmap.

    Parameters
    ----------
    mask : (H, W) bool array
        The mask.
    bitmap : Bitmap
        The bitmap, in the coordinates of the mask.

    Returns
    -------
    bool
        Whether they are the same.
    """
    height, width = mask.shape
    return np.array_equal(mask, bitmap.window(0, 0, width, height))

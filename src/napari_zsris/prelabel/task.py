"""What travels to whoever ranks a photo, and back: plain, small, picklable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from napari_zsris.annotations import PendingPhrase, Rle, Run, ScoredMask

__all__ = ["Outcome", "Task"]


@dataclass(frozen=True)
class Task:
    """One photo with the phrases that are to be ranked.

    Parameters
    ----------
    photo_id : int
        The photo's number in the project.
    path : Path
        The photo's file.
    phrases : tuple of PendingPhrase
        What is to be ranked.
    masks : tuple of Rle
        Masks that were imported as its proposals; the segmenter's source proposes where empty.
    """

    photo_id: int
    path: Path
    phrases: tuple[PendingPhrase, ...]
    masks: tuple[Rle, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Parameters
    ----------
    photo_id : int
        The photo's number in the project.
    candidates : mapping of int to tuple of ScoredMask
        By item, best first.
    heads : mapping of int to str
        The phrases' head nouns, by item.
    failures : mapping of int to str
        Why single phrases could not be ranked, by item.
    failure : str or None
        Why the photo as a whole could not be ranked.
    run : Run or None
        How the candidates were made; None where the photo failed.
    """

    photo_id: int
    candidates: Mapping[int, tuple[ScoredMask, ...]] = field(default_factory=dict, repr=False)
    heads: Mapping[int, str] = field(default_factory=dict)
    failures: Mapping[int, str] = field(default_factory=dict)
    failure: str | None = None
    run: Run | None = None

    @classmethod
    def failed(cls, task: Task, reason: str) -> Outcome:
        """Make the outcome of a photo that cannot be ranked.

        Parameters
        ----------
        task : Task
            The photo.
        reason : str
            Why, on one line.

        Returns
        -------
        Outcome
            It, to be noted in the project.
        """
        return cls(task.photo_id, failure=reason)

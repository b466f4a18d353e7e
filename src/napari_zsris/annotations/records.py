"""What a project holds, as small immutable records."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.annotations.paths import inside
from napari_zsris.rle import Rle, decode_rle

__all__ = [
    "DECIDED",
    "STATUSES",
    "Decision",
    "Failure",
    "Item",
    "PendingPhoto",
    "PendingPhrase",
    "QueueEntry",
    "RankedMask",
    "Run",
    "ScoredMask",
    "Status",
]

BoolArray: TypeAlias = npt.NDArray[np.bool_]

Status: TypeAlias = Literal["todo", "accepted", "corrected", "rejected", "skipped", "none-fits"]

DECIDED: tuple[Status, ...] = ("accepted", "corrected", "rejected", "skipped", "none-fits")
"""What a person can decide on an item; see :meth:`Project.decide`."""

STATUSES: tuple[Status, ...] = ("todo", *DECIDED)
"""Every state an item can be in; ``todo`` until somebody decides, or after an undo."""


@dataclass(frozen=True)
class ScoredMask:
    """A proposed mask with its score, on the way into a project.

    Parameters
    ----------
    rle : Rle
        The mask, of the photo's size.
    score : float
        How well it fits the phrase; higher is better.
    """

    rle: Rle
    score: float


@dataclass(frozen=True)
class RankedMask:
    """One candidate of an item.

    Parameters
    ----------
    rank : int
        Its place, 0 for the best.
    score : float
        How well it fits the phrase; higher is better.
    rle : Rle
        The mask, encoded.
    """

    rank: int
    score: float
    rle: Rle = field(repr=False)

    @property
    def mask(self) -> BoolArray:
        """The mask, (H, W) bool; a new array at every access."""
        return decode_rle(self.rle)


@dataclass(frozen=True)
class Run:
    """How candidates were made.

    Parameters
    ----------
    proposals : str
        The source of masks, as on the command line.
    model : str
        The CLIP model, as on the command line.
    method : str
        The method's settings, as JSON.
    """

    proposals: str
    model: str
    method: str = "{}"


@dataclass(frozen=True)
class Decision:
    """What was decided on an item.

    Parameters
    ----------
    id : int
        Its number in the project's history.
    status : Status
        What was decided; of an undone decision, what it had been.
    rle : Rle or None
        The final mask; None where there is none.
    rank, score : int or None, float or None
        The candidate it came from, and that candidate's score at the time.
    iou : float or None
        Intersection over union of the final mask with that candidate.
    who : str
        Who decided.
    at : str
        When, in UTC, as ISO 8601.
    seconds : float or None
        How long it took, where the caller measured it.
    imported : bool
        Whether it came with an imported dataset.
    undone : bool
        Whether it was taken back.
    """

    id: int
    status: Status
    rle: Rle | None = field(repr=False)
    rank: int | None
    score: float | None
    iou: float | None
    who: str
    at: str
    seconds: float | None
    imported: bool
    undone: bool = False


@dataclass(frozen=True)
class Item:
    """One phrase of one photo, with its candidates and what was decided.

    Parameters
    ----------
    id, photo_id : int
        Its number in the project, and its photo's.
    root : Path
        The folder of photos.
    photo : str
        The photo's path below `root`, with forward slashes.
    size : tuple of int
        The photo's (height, width), in pixels.
    phrase : str
        The referring expression.
    category, split : str or None
        As imported.
    head : str or None
        The phrase's head noun, where the one who ranked it told it.
    status : Status
        ``todo`` or what was decided.
    candidates : tuple of RankedMask
        Best first; empty until ranked.
    decision : Decision or None
        The decision in force.
    ranked : bool
        Whether the phrase has been ranked; with no proposals it has no candidates even so.
    failure : str or None
        Why the photo or the phrase could not be ranked at the last attempt.
    added : bool
        Whether it is a further object of a phrase, or one painted without a phrase.
    """

    id: int
    photo_id: int
    root: Path = field(repr=False)
    photo: str
    size: tuple[int, int]
    phrase: str
    category: str | None
    split: str | None
    head: str | None
    status: Status
    candidates: tuple[RankedMask, ...]
    decision: Decision | None
    ranked: bool
    failure: str | None
    added: bool = False

    @property
    def image_path(self) -> Path:
        """The photo's file.

        Raises
        ------
        AnnotationError
            The project names a file outside its folder of photos.
        """
        return inside(self.root, self.photo)

    @property
    def final_mask(self) -> BoolArray | None:
        """The decided mask, (H, W) bool, a new array at every access; None where there is none."""
        if self.decision is None or self.decision.rle is None:
            return None
        return decode_rle(self.decision.rle)


@dataclass(frozen=True)
class QueueEntry:
    """One row of the review list: an item without its masks.

    Parameters
    ----------
    id : int
        The item's id.
    photo : str
        The photo's path below the project's root, with forward slashes.
    phrase : str
        The referring expression.
    status : Status
        ``todo`` or what was decided.
    top_score : float
        The best candidate's score; -inf without candidates.
    margin : float
        How far the best candidate leads the second; inf with fewer than two.
    photo_id : int
        The photo's number.
    """

    id: int
    photo: str
    phrase: str
    status: Status
    top_score: float
    margin: float
    photo_id: int = 0


@dataclass(frozen=True)
class PendingPhrase:
    """A phrase that waits to be ranked.

    Parameters
    ----------
    id : int
        The item's id.
    text : str
        The referring expression.
    """

    id: int
    text: str


@dataclass(frozen=True)
class PendingPhoto:
    """A photo with phrases that wait to be ranked.

    Parameters
    ----------
    id : int
        Its number in the project.
    root : Path
        The folder of photos.
    photo : str
        Its path below `root`, with forward slashes.
    size : tuple of int
        Its (height, width), in pixels, at import.
    phrases : tuple of PendingPhrase
        What is to be ranked.
    """

    id: int
    root: Path = field(repr=False)
    photo: str
    size: tuple[int, int]
    phrases: tuple[PendingPhrase, ...]

    @property
    def image_path(self) -> Path:
        """The photo's file.

        Raises
        ------
        AnnotationError
            The project names a file outside its folder of photos.
        """
        return inside(self.root, self.photo)


@dataclass(frozen=True)
class Failure:
    """A photo or a phrase that could not be ranked.

    Parameters
    ----------
    photo : str
        The photo's path below the project's root.
    phrase : str or None
        The phrase; None where the photo itself failed.
    reason : str
        Why.
    """

    photo: str
    phrase: str | None
    reason: str

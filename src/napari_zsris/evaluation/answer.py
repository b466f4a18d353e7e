"""What became of one phrase: all that any metric needs to know of it, and no pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from napari_zsris.evaluation.dataset import EvaluationPhoto

__all__ = ["Answer", "Overlap", "PhotoResult"]


class Overlap(NamedTuple):
    """How a mask lies on the target: pixels, or their expectation over several masks."""

    intersection: float
    union: float

    @property
    def iou(self) -> float:
        """Intersection over union; 1 for nothing where nothing was asked for."""
        return self.intersection / self.union if self.union else 1.0


@dataclass(frozen=True)
class Answer:
    """What a contestant answered to one phrase.

    Parameters
    ----------
    phrase : str
        The referring expression.
    kind : str or None
        What sort of phrase the dataset calls it.
    relations : tuple of str
        The kinds of spatial statement that the parser found in it, "left".
    has_target : bool
        Whether anything in the photo fits the phrase (gRefCOCO asks for what is not there).
    proposals : int
        How many masks there were to choose from.
    predicted : bool
        Whether any mask was chosen.
    chosen, best, random : Overlap
        Of the chosen mask, of the best proposal there was, and expected of one drawn at random.
    random_iou : float
        The expected IoU of a proposal drawn at random.
    right : bool or None
        Whether the best proposal was chosen; None without a target or without any that meets it.
    random_right : float
        How often a proposal drawn at random is the best.
    category_right : bool or None
        Whether the chosen mask is of the target's category; None where categories are unknown.
    milliseconds : float
        From the phrase to its ranking.
    """

    phrase: str
    kind: str | None
    relations: tuple[str, ...]
    has_target: bool
    proposals: int
    predicted: bool
    chosen: Overlap
    best: Overlap
    random: Overlap
    random_iou: float
    right: bool | None
    random_right: float
    category_right: bool | None
    milliseconds: float

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Answer:
        """Read an answer back.

        Parameters
        ----------
        fields : mapping
            What :func:`dataclasses.asdict` made of it and JSON kept.

        Returns
        -------
        Answer
            The answer.

        Raises
        ------
        TypeError, ValueError, LookupError
            They are of something else.
        """
        overlaps = {name: Overlap(*fields[name]) for name in ("chosen", "best", "random")}
        return cls(**{**fields, **overlaps, "relations": tuple(fields["relations"])})


@dataclass(frozen=True)
class PhotoResult:
    """What became of one photo.

    Parameters
    ----------
    photo : str
        Its path relative to the folder of photos.
    answers : mapping of str to tuple of Answer
        Of each contestant, by name, to each of the photo's phrases.
    milliseconds : mapping of str to float
        What each contestant took before the first phrase: proposals and features.
    failures : tuple of str
        Why the photo, or some of its phrases, could not be evaluated.
    """

    photo: str
    answers: Mapping[str, tuple[Answer, ...]]
    milliseconds: Mapping[str, float]
    failures: tuple[str, ...] = ()

    @classmethod
    def failed(cls, photo: EvaluationPhoto, reason: str) -> PhotoResult:
        """Make the result of a photo that cannot be evaluated.

        Parameters
        ----------
        photo : EvaluationPhoto
            The photo.
        reason : str
            Why, on one line.

        Returns
        -------
        PhotoResult
            It, without answers.
        """
        return cls(photo.name, {}, {}, (reason,))

    def to_json(self) -> dict[str, Any]:
        """Give what JSON can keep.

        Returns
        -------
        dict
            All of it.
        """
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> PhotoResult:
        """Read a result back.

        Parameters
        ----------
        fields : mapping
            From :meth:`to_json`.

        Returns
        -------
        PhotoResult
            The result.

        Raises
        ------
        TypeError, ValueError, LookupError
            They are of something else.
        """
        answers = {
            name: tuple(Answer.from_json(each) for each in given)
            for name, given in fields["answers"].items()
        }
        failures = tuple(fields["failures"])
        return cls(fields["photo"], answers, dict(fields["milliseconds"]), failures)

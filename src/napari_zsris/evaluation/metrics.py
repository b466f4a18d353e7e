"""Metrics of referring segmentation, one class each.

Every one is a ratio of two sums over phrases, so that it can be counted for any part of a dataset
and resampled photo by photo. Below, I_i and U_i are the pixels of the intersection and the union of
phrase i's mask with its target, and n is the number of phrases.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.evaluation.answer import Answer

__all__ = [
    "METRICS",
    "Choice",
    "ClassConditionalIoU",
    "MaskClassAccuracy",
    "MeanIoU",
    "Metric",
    "NoTargetAccuracy",
    "OverallIoU",
    "PrecisionAt",
    "SelectionAccuracy",
    "TargetAccuracy",
]

FloatArray: TypeAlias = npt.NDArray[np.float64]
Choice: TypeAlias = Literal["chosen", "best", "random"]
Parts: TypeAlias = tuple[float, float]

_BOUNDS = {"chosen": "", "best": "oracle ", "random": "random "}


class Metric(ABC):
    """A ratio of two sums over phrases."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in tables."""

    def table(self, answers: Sequence[Answer]) -> FloatArray:
        """Give what all phrases add.

        Parameters
        ----------
        answers : sequence of Answer
            n of them.

        Returns
        -------
        (n, 2) float64 array
            Numerators and denominators.
        """
        return np.array([self._parts(each) for each in answers], np.float64).reshape(-1, 2)

    def __call__(self, answers: Sequence[Answer]) -> float | None:
        """Count.

        Parameters
        ----------
        answers : sequence of Answer
            Of one contestant.

        Returns
        -------
        float or None
            0 to 1; None where no phrase counts.
        """
        above, below = self.table(answers).sum(axis=0)
        return float(above / below) if below else None

    @abstractmethod
    def _parts(self, answer: Answer) -> Parts:
        """Give what a phrase adds to the numerator and the denominator; (0, 0) for nothing."""


@dataclass(frozen=True)
class OverallIoU(Metric):
    """Overall IoU: sum_i I_i / sum_i U_i, the cumulative IoU of Wu et al. (PhraseCut, CVPR 2020).

    Large objects count more. With part-masks it may fall while the mean rises: report both.

    Parameters
    ----------
    choice : {"chosen", "best", "random"}
        The mask that was chosen; the best proposal (of the highest IoU), as an upper bound; or the
        expectation of I and U over all proposals, as what guessing reaches.
    """

    choice: Choice = "chosen"

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"{_BOUNDS[self.choice]}oIoU"

    def _parts(self, answer: Answer) -> Parts:
        overlap = getattr(answer, self.choice)
        return overlap.intersection, overlap.union


@dataclass(frozen=True)
class MeanIoU(Metric):
    """Mean IoU: (1 / n) sum_i I_i / U_i, every phrase alike.

    As gIoU of gRefCOCO (Liu, Ding and Jiang, CVPR 2023), a phrase without a target counts 1 when
    nothing is predicted, and else 0.

    Parameters
    ----------
    choice : {"chosen", "best", "random"}
        As for :class:`OverallIoU`; at random it is the mean IoU of all proposals.
    """

    choice: Choice = "chosen"

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"{_BOUNDS[self.choice]}mIoU"

    def _parts(self, answer: Answer) -> Parts:
        if self.choice == "random":
            return answer.random_iou, 1.0
        iou: float = getattr(answer, self.choice).iou
        return iou, 1.0


@dataclass(frozen=True)
class PrecisionAt(Metric):
    """Precision at an IoU: (1 / n) sum_i [I_i / U_i >= X] (Hu, Rohrbach and Darrell, ECCV 2016).

    Parameters
    ----------
    threshold : float
        X, as 0.5 to 0.9.
    choice : {"chosen", "best"}
        As for :class:`OverallIoU`.
    """

    threshold: float
    choice: Choice = "chosen"

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"{_BOUNDS[self.choice]}Pr@{self.threshold:g}"

    def _parts(self, answer: Answer) -> Parts:
        return float(getattr(answer, self.choice).iou >= self.threshold), 1.0


@dataclass(frozen=True)
class SelectionAccuracy(Metric):
    """Right masks: the share of phrases whose best proposal was chosen, (1 / n) sum_i [right_i].

    It tells the selection from the masks: with true masks as proposals it is the share of objects
    found, with others it leaves out how good the best of them are. Phrases that no proposal meets
    count as wrong.

    Parameters
    ----------
    choice : {"chosen", "random"}
        What was chosen, or the share of proposals that are the best.
    """

    choice: Choice = "chosen"

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"{_BOUNDS[self.choice]}right"

    def _parts(self, answer: Answer) -> Parts:
        if not answer.has_target:
            return 0.0, 0.0
        return answer.random_right if self.choice == "random" else float(bool(answer.right)), 1.0


@dataclass(frozen=True)
class NoTargetAccuracy(Metric):
    """N-acc of gRefCOCO: TP / (TP + FN), a positive being a phrase without a target.

    Liu, Ding and Jiang, "GRES: Generalized Referring Expression Segmentation", CVPR 2023. A ranking
    always has a best mask, so that it is 0 unless unsure answers are withheld.
    """

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return "N-acc"

    def _parts(self, answer: Answer) -> Parts:
        return (0.0, 0.0) if answer.has_target else (float(not answer.predicted), 1.0)


@dataclass(frozen=True)
class TargetAccuracy(Metric):
    """T-acc of gRefCOCO: TN / (TN + FP), how often a phrase with a target gets a mask at all.

    Liu, Ding and Jiang, "GRES: Generalized Referring Expression Segmentation", CVPR 2023.
    """

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return "T-acc"

    def _parts(self, answer: Answer) -> Parts:
        return (float(answer.predicted), 1.0) if answer.has_target else (0.0, 0.0)


@dataclass(frozen=True)
class MaskClassAccuracy(Metric):
    """MC-Acc: the share of chosen masks that are of the target's category.

    A mask is of the category of the annotated object that it has the highest IoU with, of none
    where it meets no object. Phrases whose target has no single category do not count.
    """

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return "MC-Acc"

    def _parts(self, answer: Answer) -> Parts:
        return (0.0, 0.0) if answer.category_right is None else (float(answer.category_right), 1.0)


@dataclass(frozen=True)
class ClassConditionalIoU(Metric):
    """cc-oIoU: sum_i I_i / sum_i U_i over phrases whose chosen mask is of the right category.

    What is lost by confusing objects of one kind, and by the masks, but not by confusing kinds.
    """

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return "cc-oIoU"

    def _parts(self, answer: Answer) -> Parts:
        intersection, union = answer.chosen if answer.category_right else (0.0, 0.0)
        return intersection, union


METRICS: tuple[Metric, ...] = (
    OverallIoU(),
    MeanIoU(),
    *(PrecisionAt(tenths / 10) for tenths in (5, 6, 7, 8, 9)),
    SelectionAccuracy(),
    MaskClassAccuracy(),
    ClassConditionalIoU(),
    NoTargetAccuracy(),
    TargetAccuracy(),
    OverallIoU("best"),
    MeanIoU("best"),
    PrecisionAt(0.5, "best"),
    OverallIoU("random"),
    MeanIoU("random"),
    SelectionAccuracy("random"),
)
"""All that a report counts, in its order."""

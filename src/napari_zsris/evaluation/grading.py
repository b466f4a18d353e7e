"""Proposals laid on what a dataset says is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.evaluation.answer import Answer, Overlap

if TYPE_CHECKING:
    from napari_zsris.annotations.imports import Entry
    from napari_zsris.method import Ranking
    from napari_zsris.proposals import Proposals

__all__ = ["Grades", "Objects", "grade", "overlaps"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Objects:
    """A photo's annotated objects.

    Parameters
    ----------
    masks : (M, H, W) bool array
        Their masks.
    categories : sequence of str or None
        What each is; None where the dataset does not say.
    """

    masks: BoolArray
    categories: Sequence[str | None]

    def category(self, proposals: Proposals, index: int) -> str | None:
        """Say what a proposal is of: the object that it has the highest IoU with.

        Parameters
        ----------
        proposals : Proposals
            Of the same photo.
        index : int
            Which of them.

        Returns
        -------
        str or None
            The object's category; None where it meets no object.
        """
        alone = proposals.select([index])
        ious = [_ious(overlaps(alone, mask))[0] for mask in self.masks]
        best = int(np.argmax(ious)) if ious else 0
        return self.categories[best] if ious and ious[best] > 0 else None


@dataclass(frozen=True, eq=False)
class Grades:
    """How each of N proposals lies on a target.

    Parameters
    ----------
    target : (H, W) bool array or None
        The target; None where nothing fits the phrase.
    pixels : (N, 2) float64 array
        Intersection and union of each proposal with the target, in pixels.
    """

    target: BoolArray | None
    pixels: FloatArray

    @property
    def nothing(self) -> Overlap:
        """The overlap of no mask at all."""
        return Overlap(0.0, 0.0 if self.target is None else float(self.target.sum()))

    @property
    def best(self) -> Overlap:
        """The overlap of the proposal with the highest IoU; of none where that is better."""
        if self.target is None or not len(self.pixels):
            return self.nothing
        return self.of(int(np.argmax(_ious(self.pixels))))

    @property
    def random(self) -> Overlap:
        """The expectation over all proposals."""
        return Overlap(*map(float, self.pixels.mean(axis=0))) if len(self.pixels) else self.nothing

    @property
    def random_iou(self) -> float:
        """The mean IoU of all proposals."""
        return float(_ious(self.pixels).mean()) if len(self.pixels) else self.nothing.iou

    @property
    def is_best(self) -> BoolArray:
        """Which proposals are the best; none where none meets the target, (N,) bool."""
        ious = _ious(self.pixels)
        highest: BoolArray = (ious == ious.max(initial=0.0)) & (ious > 0)
        return highest

    def of(self, index: int) -> Overlap:
        """Give the overlap of a proposal.

        Parameters
        ----------
        index : int
            Which one.

        Returns
        -------
        Overlap
            Its intersection and union.
        """
        return Overlap(*map(float, self.pixels[index]))


def overlaps(proposals: Proposals, target: BoolArray | None) -> FloatArray:
    """Count the pixels that proposals share with a target.

    Parameters
    ----------
    proposals : Proposals
        N of them.
    target : (H, W) bool array or None
        The target, of the photo's size; None for an empty one.

    Returns
    -------
    (N, 2) float64 array
        Intersections and unions.
    """
    areas = proposals.areas
    if target is None:
        return np.stack([np.zeros(len(areas)), areas], axis=1)
    shared = np.zeros(len(areas))
    for index, bitmap in enumerate(proposals.bitmaps):
        x0, y0, x1, y1 = bitmap.box
        shared[index] = np.count_nonzero(target[y0:y1, x0:x1] & bitmap.unpack())
    return np.stack([shared, areas + np.count_nonzero(target) - shared], axis=1)


def grade(
    entry: Entry,
    ranking: Ranking,
    grades: Grades,
    objects: Objects,
    *,
    predicted: bool,
    milliseconds: float,
) -> Answer:
    """Say how well a phrase was answered.

    Parameters
    ----------
    entry : Entry
        The phrase.
    ranking : Ranking
        Its candidates.
    grades : Grades
        How each proposal lies on the phrase's target.
    objects : Objects
        The photo's annotated objects.
    predicted : bool
        Whether the best candidate is the answer, or none is.
    milliseconds : float
        What the ranking took.

    Returns
    -------
    Answer
        All that metrics need.
    """
    chosen = ranking[0].index if predicted else None
    is_best, has_target = grades.is_best, grades.target is not None
    named = None
    if has_target and entry.category is not None and len(objects.masks):
        named = chosen is not None and (
            objects.category(ranking.proposals, chosen) == entry.category
        )
    return Answer(
        phrase=entry.phrase,
        kind=entry.kind,
        relations=tuple(sorted({str(each.kind) for each in ranking.expression.relations})),
        has_target=has_target,
        proposals=len(ranking.proposals),
        predicted=predicted,
        chosen=grades.nothing if chosen is None else grades.of(chosen),
        best=grades.best,
        random=grades.random,
        random_iou=grades.random_iou,
        right=has_target and chosen is not None and bool(is_best[chosen]),
        random_right=float(is_best.mean()) if has_target and len(is_best) else 0.0,
        category_right=named,
        milliseconds=milliseconds,
    )


def _ious(pixels: FloatArray) -> FloatArray:
    ious: FloatArray = pixels[:, 0] / np.maximum(pixels[:, 1], 1.0)
    return ious

"""A photo's question sheet: its phrases, with their targets and all annotated objects as pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import AnnotationError, ProposalError
from napari_zsris.evaluation.grading import Grades, Objects, overlaps
from napari_zsris.proposals import Proposals
from napari_zsris.rle import decode_rle

if TYPE_CHECKING:
    from napari_zsris.annotations.imports import Entry, Given
    from napari_zsris.annotations.imports.records import Size, Target

__all__ = ["Sheet"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sheet:
    """What is asked of a photo and what would be right.

    Parameters
    ----------
    phrases : tuple of Entry
        The phrases whose targets can be read.
    targets : tuple of (H, W) bool array or None
        What each refers to; None for nothing. Phrases of one object share one array.
    objects : Objects
        All annotated objects.
    failures : tuple of str
        What could not be read, and why.
    """

    phrases: tuple[Entry, ...]
    targets: tuple[BoolArray | None, ...]
    objects: Objects
    failures: tuple[str, ...]

    @classmethod
    def read(
        cls,
        phrases: Iterable[Entry],
        objects: Iterable[Given],
        size: Size,
        orientation: int = 1,
    ) -> Sheet:
        """Decode a photo's masks.

        Parameters
        ----------
        phrases : iterable of Entry
            The phrases.
        objects : iterable of Given
            The annotated objects.
        size : tuple of int
            The photo's (height, width).
        orientation : int
            How EXIF says that the photo's file is stored, 1 (upright) to 8.

        Returns
        -------
        Sheet
            All that can be read; the rest is among the failures.
        """
        failures: list[str] = []
        known: dict[Target, BoolArray | None] = {}
        asked: list[tuple[Entry, BoolArray | None]] = []
        for entry in phrases:
            try:
                asked.append((entry, _decoded(entry.target, size, orientation, known)))
            except AnnotationError as error:
                failures.append(f"{entry.where}: {error}")
        found: list[tuple[BoolArray, str | None]] = []
        for each in objects:
            try:
                mask = _decoded(each.mask, size, orientation, known)
            except AnnotationError as error:
                failures.append(f"{each.where}: {error}")
                continue
            if mask is not None and mask.any():
                found.append((mask, each.category))
        masks = np.array([mask for mask, _ in found], bool).reshape(-1, *size)
        return cls(
            tuple(entry for entry, _ in asked),
            tuple(target for _, target in asked),
            Objects(masks, [category for _, category in found]),
            tuple(failures),
        )

    def proposals(self) -> Proposals:
        """Give the annotated objects as proposals.

        Returns
        -------
        Proposals
            One per object.

        Raises
        ------
        ProposalError
            The dataset has no objects for this photo.
        """
        if not len(self.objects.masks):
            raise ProposalError(
                "the dataset has no objects of this photo: choose other masks with --proposals"
            )
        return Proposals.from_masks(self.objects.masks)

    def grades(self, proposals: Proposals) -> list[Grades]:
        """Lay proposals on every phrase's target.

        Parameters
        ----------
        proposals : Proposals
            N masks of the photo.

        Returns
        -------
        list of Grades
            One per phrase.
        """
        known: dict[int, Grades] = {}
        for target in self.targets:
            if id(target) not in known:
                known[id(target)] = Grades(target, overlaps(proposals, target))
        return [known[id(target)] for target in self.targets]


def _decoded(
    read: Target | None, size: Size, orientation: int, known: dict[Target, BoolArray | None]
) -> BoolArray | None:
    if read is None:
        return None
    if read not in known:
        rle = read(size, orientation)
        known[read] = None if rle is None else decode_rle(rle)
    return known[read]

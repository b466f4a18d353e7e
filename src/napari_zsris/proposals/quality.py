"""Controls on proposals that need no text: how many, how large, how sure, how much overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ProposalError
from napari_zsris.proposals.geometry import distinct, intersections
from napari_zsris.proposals.proposals import Proposals

__all__ = ["Quality"]

Indices: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Quality:
    """What a source's proposals must satisfy; the defaults let all of them through.

    Parameters
    ----------
    max_count : int, optional
        How many proposals to keep, best first; all by default.
    min_area : float
        Smallest mask, as a fraction of the photo's area, 0 to 1.
    min_score : float, optional
        Lowest score, of the source's own kind; any by default.
    max_overlap : float
        Of two masks with a higher IoU than this only the better scored is kept; 1 keeps both.
    part_area : float
        A mask inside a larger good one is ranked behind all others, as a part, when it covers
        less than this fraction of it; 0 knows no parts.
    part_inside : float
        How much of a part's own area lies in the larger mask, 0 to 1.
    part_score : float
        A larger mask is good when it has at least this fraction of the part's score.

    Raises
    ------
    ProposalError
        A value is out of its range.
    """

    max_count: int | None = None
    min_area: float = 0.0
    min_score: float | None = None
    max_overlap: float = 1.0
    part_area: float = 0.0
    part_inside: float = 0.95
    part_score: float = 0.9

    def __post_init__(self) -> None:
        if self.max_count is not None and self.max_count < 1:
            raise ProposalError(
                f"max_count is {self.max_count}, but at least one proposal is needed: "
                "give 1 or more, or none for no limit"
            )
        for name in ("min_area", "max_overlap", "part_area", "part_inside", "part_score"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ProposalError(f"{name} is {value}, but it is a fraction: give 0 to 1")

    def ranking(self, proposals: Proposals) -> Indices:
        """Choose proposals and put them in order.

        Parameters
        ----------
        proposals : Proposals
            At any resolution: all controls are relative.

        Returns
        -------
        (K,) intp array
            The chosen ones' indices, best scored first and parts last; equal scores keep the
            source's order.
        """
        order = np.argsort(-proposals.scores, kind="stable")
        order = order[self._large_and_sure(proposals)[order]]
        if self.max_overlap < 1.0 or self.part_area > 0.0:
            chosen = proposals.select(order)
            shared = intersections(chosen.bitmaps)
            order = order[self._arranged(shared, chosen.scores)]
        return order[: self.max_count]

    def apply(self, proposals: Proposals) -> Proposals:
        """Give the chosen proposals, in order.

        Parameters
        ----------
        proposals : Proposals
            What a source found.

        Returns
        -------
        Proposals
            Those that satisfy the controls.
        """
        return proposals.select(self.ranking(proposals).tolist())

    def _large_and_sure(self, proposals: Proposals) -> npt.NDArray[np.bool_]:
        height, width = proposals.size
        passed = proposals.areas >= self.min_area * height * width
        if self.min_score is not None:
            passed &= proposals.scores >= self.min_score
        return passed

    def _arranged(self, shared: npt.NDArray[np.int64], scores: npt.NDArray[np.float32]) -> Indices:
        areas = shared.diagonal()
        union = areas[:, None] + areas[None, :] - shared
        kept = distinct(shared > self.max_overlap * union)
        shared, areas, scores = shared[np.ix_(kept, kept)], areas[kept], scores[kept]
        part = (
            (areas[:, None] < self.part_area * areas[None, :])
            & (shared >= self.part_inside * areas[:, None])
            & (scores[None, :] >= self.part_score * scores[:, None])
        ).any(axis=1)
        return np.concatenate([kept[~part], kept[part]])

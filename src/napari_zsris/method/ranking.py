"""The proposals of a scene in the order in which they fit a phrase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from napari_zsris.method.expression import Expression
    from napari_zsris.method.method import Method
    from napari_zsris.proposals import Proposals

__all__ = [
    "APPEARANCE",
    "COHERENCE",
    "CONSENSUS",
    "CONTEXT",
    "COPY",
    "COVERAGE",
    "OBJECTNESS",
    "OTHERS",
    "Candidate",
    "Ranking",
]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]

APPEARANCE = "appearance"
"""The term that says how much a mask looks like what the phrase describes."""
CONTEXT = "context"
"""The term that says how well a mask fits the sentence when its surroundings are seen."""
COHERENCE = "coherence"
"""The term that says how well a mask gathers what a map of the photo shows of the phrase."""
OTHERS = "other nouns"
"""The term that says how much a mask looks like the phrase's other nouns, which it is not."""
CONSENSUS = "consensus"
"""The term that says how much likely masks of the same object agree with a mask."""
OBJECTNESS = "objectness"
"""The term that says which IoU with an object the source of masks expects of a mask."""
COVERAGE = "coverage"
"""The term that puts masks behind the best in the order in which they add most to it."""
COPY = "copy"
"""The term that takes near copies of a better mask behind all others."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """One proposal in its place in a ranking.

    Parameters
    ----------
    index : int
        Which proposal of the scene this is.
    rank : int
        Its place, 0 for the best.
    score : float
        How well it fits the phrase; comparable within one ranking.
    terms : mapping of str to float
        What the score is the sum of, by name: "appearance", what each spatial statement adds,
        "consensus", and what makes the list diverse, "coverage" or "copy".
    proposals : Proposals
        The scene's proposals.
    """

    index: int
    rank: int
    score: float
    terms: Mapping[str, float]
    proposals: Proposals

    @property
    def mask(self) -> BoolArray:
        """The mask at full size, (H, W) bool; a new array at every access."""
        return self.proposals.mask(self.index)

    @property
    def box(self) -> FloatArray:
        """The source's box, (4,) float32: x0, y0, x1, y1 in pixels; a new array, as the mask."""
        box: FloatArray = self.proposals.boxes[self.index].copy()
        return box


@dataclass(frozen=True, eq=False)
class Ranking(Sequence[Candidate]):
    """A scene's proposals, best first.

    Parameters
    ----------
    expression : Expression
        The phrase and what the parser found in it.
    method : Method
        The settings that made the scores.
    text_features : (D,) float32 array
        The paper's t, not normalised.
    scores : (N,) float32 array
        A score per proposal, in the order of the proposals; the published score,
        ``exp(logit_scale) * cos(f_m, t)``, where the method is the published one.
    terms : mapping of str to (N,) float32 array
        What the scores are the sum of, by name.
    order : (K,) int64 array
        Indices of the proposals, best first; equal scores keep the proposals' order.
    proposals : Proposals
        The scene's proposals.
    """

    expression: Expression
    method: Method
    text_features: FloatArray
    scores: FloatArray
    terms: Mapping[str, FloatArray]
    order: npt.NDArray[np.int64]
    proposals: Proposals

    @classmethod
    def by_terms(
        cls,
        expression: Expression,
        method: Method,
        text_features: FloatArray,
        terms: Mapping[str, FloatArray],
        proposals: Proposals,
        top: int | None = None,
    ) -> Ranking:
        """Rank proposals by the sum of their terms.

        Parameters
        ----------
        expression : Expression
            The phrase and what the parser found in it.
        method : Method
            The settings that made the terms.
        text_features : (D,) float32 array
            The paper's t, not normalised.
        terms : mapping of str to (N,) float32 array
            What each proposal's score is the sum of, by name; one at least.
        proposals : Proposals
            The scene's N proposals.
        top : int, optional
            How many candidates to keep; all by default.

        Returns
        -------
        Ranking
            The candidates, best first.
        """
        scores: FloatArray = np.sum(list(terms.values()), axis=0, dtype=np.float32)
        order = np.argsort(-scores, kind="stable")[:top]
        return cls(expression, method, text_features, scores, terms, order, proposals)

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, place: int) -> Candidate: ...

    @overload
    def __getitem__(self, place: slice) -> list[Candidate]: ...

    def __getitem__(self, place: int | slice) -> Candidate | list[Candidate]:
        if isinstance(place, slice):
            return [self[rank] for rank in range(*place.indices(len(self)))]
        rank = range(len(self))[place]
        index = int(self.order[rank])
        terms = {name: float(values[index]) for name, values in self.terms.items()}
        return Candidate(index, rank, float(self.scores[index]), terms, self.proposals)

"""Why a candidate ranks where it does: the terms of its score as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari_zsris.engine.outcome import Card

__all__ = ["Bar", "Explanation"]


@dataclass(frozen=True)
class Bar:
    """One term of a candidate's score; lengths are shares of the width that bars have.

    Parameters
    ----------
    name : str
        The term's name.
    value : float
        What it adds to the score.
    begin, end : float
        The bar's left and right end, 0 to 1.
    best : float
        Where the best candidate's bar ends that is not at zero, 0 to 1.
    """

    name: str
    value: float
    begin: float
    end: float
    best: float

    @property
    def amount(self) -> str:
        """The value as people read it, as in `zsris segment --explain`."""
        # What rounds to nothing has no sign.
        return f"{round(self.value, 2) + 0.0:+.2f}"


@dataclass(frozen=True)
class Explanation:
    """The terms of one candidate's score, on a scale that all candidates of its list share.

    Parameters
    ----------
    rank : int
        The candidate's place, 0 for the best.
    score : float
        Its score, the sum of the bars' values.
    zero : float
        Where bars begin, 0 to 1: left of it they speak against the candidate.
    bars : tuple of Bar
        One per term that is not zero for every candidate of the list.
    """

    rank: int
    score: float
    zero: float
    bars: tuple[Bar, ...]

    @classmethod
    def of(cls, card: Card, cards: Sequence[Card]) -> Explanation:
        """Explain a candidate.

        Parameters
        ----------
        card : Card
            The candidate.
        cards : sequence of Card
            All of its list, best first.

        Returns
        -------
        Explanation
            The terms in their own order.
        """
        named = [(name, value) for each in cards for name, value in each.terms.items()]
        values = [value for _, value in named]
        low = min([0.0, *values])
        span = (max([0.0, *values]) - low) or 1.0
        best = cards[0].terms
        bars = tuple(
            Bar(
                name,
                value := card.terms.get(name, 0.0),
                begin=(min(value, 0.0) - low) / span,
                end=(max(value, 0.0) - low) / span,
                best=(best.get(name, 0.0) - low) / span,
            )
            for name in dict.fromkeys(name for name, value in named if value)
        )
        return cls(card.rank, card.score, -low / span, bars)

    @property
    def title(self) -> str:
        """What the bars are."""
        return f"Why candidate {self.rank + 1}: {self.score:.2f} is the sum of"

    @property
    def text(self) -> str:
        """The whole explanation in words."""
        return f"{self.title} {', '.join(f'{bar.name} {bar.amount}' for bar in self.bars)}"

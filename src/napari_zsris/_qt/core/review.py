"""The candidates of one phrase on one plane, and what a person decides about them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from napari_zsris._qt.core.annotation import Site
from napari_zsris._qt.core.outcome import Card, Outcome

__all__ = ["Entry", "Question", "Review", "Status"]


class Status(StrEnum):
    """What was decided about a candidate."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Question:
    """What a review is about; equal for reviews of the same candidates.

    Parameters
    ----------
    site : Site
        The plane the candidates lie on.
    phrase : str
        What is looked for.
    origin : hashable
        What the numbers of the proposals depend on; None while there are none.
    """

    site: Site
    phrase: str
    origin: Hashable = None


@dataclass(frozen=True, eq=False)
class Entry:
    """A candidate in its list.

    Parameters
    ----------
    key : int
        The proposal's index; negative for a mask drawn from scratch, -1 for the first.
    card : Card, optional
        How the candidate is shown; None for a mask drawn from scratch.
    status : Status
        What was decided.
    """

    key: int
    card: Card | None
    status: Status = Status.OPEN


class Review:
    """A list of candidates with one of them chosen.

    Parameters
    ----------
    question : Question
        What the candidates are for.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.outcome: Outcome | None = None
        self._entries: list[Entry] = []
        self._chosen: int | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    @property
    def chosen(self) -> Entry | None:
        """The candidate shown on the canvas."""
        return self.entry(self._chosen)

    def entry(self, key: int | None) -> Entry | None:
        """Find a candidate.

        Parameters
        ----------
        key : int or None
            Its key.

        Returns
        -------
        Entry or None
            The candidate, None when there is no such one.
        """
        return next((entry for entry in self._entries if entry.key == key), None)

    def rank(self, outcome: Outcome, decided: Mapping[int, Status]) -> None:
        """Take candidates in a new order; masks drawn from scratch stay, the best is chosen.

        Parameters
        ----------
        outcome : Outcome
            The ranking.
        decided : mapping of int to Status
            What was decided earlier, by the candidates' keys.
        """
        self.outcome = outcome
        self.offer(outcome.cards, decided)

    def offer(self, cards: Sequence[Card], decided: Mapping[int, Status]) -> None:
        """Take candidates that were ranked before; otherwise like `rank`.

        Parameters
        ----------
        cards : sequence of Card
            The candidates, best first.
        decided : mapping of int to Status
            What was decided earlier, by the candidates' keys.
        """
        drawn = [entry for entry in self._entries if entry.card is None]
        ranked = [
            Entry(card.proposal, card, decided.get(card.proposal, Status.OPEN)) for card in cards
        ]
        self._entries = ranked + drawn
        self._chosen = self._first_open(self._entries)

    def choose(self, key: int | None) -> None:
        """Choose a candidate.

        Parameters
        ----------
        key : int or None
            Its key; None to choose none.
        """
        self._chosen = key if self.entry(key) is not None else None

    def step(self, by: int) -> None:
        """Choose a neighbour of the chosen candidate, round and round.

        Parameters
        ----------
        by : int
            1 for the next one, -1 for the previous one.
        """
        keys = [entry.key for entry in self._entries]
        if not keys:
            return
        place = keys.index(self._chosen) + by if self._chosen in keys else min(by, 0)
        self._chosen = keys[place % len(keys)]

    def draw(self) -> Entry:
        """Add a candidate to be drawn from scratch, and choose it.

        Returns
        -------
        Entry
            The new candidate.
        """
        lowest = min((entry.key for entry in self._entries), default=0)
        entry = Entry(min(lowest, 0) - 1, None)
        self._entries.append(entry)
        self._chosen = entry.key
        return entry

    def decide(self, key: int, status: Status) -> None:
        """Note what was decided; a rejected candidate gives way to the next open one.

        Parameters
        ----------
        key : int
            The candidate's key.
        status : Status
            The decision, or OPEN to take one back.
        """
        places = [place for place, entry in enumerate(self._entries) if entry.key == key]
        for place in places:
            self._entries[place] = replace(self._entries[place], status=status)
            later = self._entries[place:] + self._entries[:place]
            self._chosen = self._first_open(later) if status is Status.REJECTED else key

    def discard(self, key: int) -> None:
        """Take a candidate off the list, as when the layer of a drawn mask was deleted.

        Parameters
        ----------
        key : int
            The candidate's key.
        """
        self._entries = [entry for entry in self._entries if entry.key != key]
        if self._chosen == key:
            self._chosen = self._first_open(self._entries)

    @staticmethod
    def _first_open(entries: list[Entry]) -> int | None:
        return next((entry.key for entry in entries if entry.status is Status.OPEN), None)

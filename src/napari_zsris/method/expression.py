"""What a referring phrase says: its sentence, its noun phrase and its spatial relations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Expression", "Relation", "RelationKind"]


_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


class RelationKind(StrEnum):
    """Where an object lies, as the viewer of the photo sees it, or how large it looks there."""

    LEFT = "left"
    RIGHT = "right"
    ABOVE = "above"
    BELOW = "below"
    FRONT = "front"
    BEHIND = "behind"
    MIDDLE = "middle"
    BIGGER = "bigger"
    SMALLER = "smaller"
    TALLER = "taller"
    SHORTER = "shorter"
    INSIDE = "inside"
    BETWEEN = "between"
    NEAR = "near"
    FAR = "far"


@dataclass(frozen=True)
class Relation:
    """One spatial statement of a phrase about the object that it refers to.

    Parameters
    ----------
    kind : RelationKind
        Where the object lies, or how large it is.
    targets : tuple of str
        The noun phrases that it is compared with: one, or for `BETWEEN` up to two; empty when it
        is compared with the other objects of its own kind ("left zebra").
    rank : int, optional
        Place in the order that `kind` gives, counted from 1: 1 for a superlative ("leftmost"),
        2 for "second from left"; None where the phrase gives none ("left zebra").
    negated : bool
        The phrase denies the statement ("not on the left").
    """

    kind: RelationKind
    targets: tuple[str, ...] = ()
    rank: int | None = None
    negated: bool = False

    def __str__(self) -> str:
        place = f"{self.rank}{_ENDINGS.get(self.rank, 'th')}" if self.rank else ""
        words = ("not" if self.negated else "", place, self.kind, " and ".join(self.targets))
        return " ".join(word for word in words if word)


@dataclass(frozen=True)
class Expression:
    """A referring phrase T, taken apart.

    Parameters
    ----------
    raw : str
        The phrase as it was given.
    sentence : str
        The lower-cased tokens joined by single blanks: what CLIP sees of the phrase.
    noun_phrase : str
        NP(T) as the published method finds it; the whole sentence when there is none.
    head : str
        The noun phrase's head; the whole sentence when there is no noun phrase.
    other_noun_phrases : tuple of str
        The sentence's further noun phrases, without those that only name a location.
    relations : tuple of Relation
        The spatial statements about the object.
    appearance : str
        The sentence without its locations, relations and denials: what the object looks like.
        Empty when nothing remains ("second from left").
    name : str
        The noun phrase without its locations: "zebra" of "left zebra"; the appearance when nothing
        remains of it.
    excluded : tuple of str
        What the object is said not to be, have or wear: "red" of "man not in red".
    """

    raw: str
    sentence: str
    noun_phrase: str
    head: str
    other_noun_phrases: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    appearance: str = ""
    name: str = ""
    excluded: tuple[str, ...] = ()

    @property
    def companions(self) -> tuple[str, ...]:
        """Other noun phrases that no relation speaks of: "a dog" of "man with a dog on left"."""
        targets = [target for relation in self.relations for target in relation.targets]
        return tuple(
            name
            for name in self.other_noun_phrases
            if not any(f" {name} " in f" {text} " for text in (*targets, *self.excluded))
        )

    @property
    def landmarks(self) -> tuple[str, ...]:
        """All that the object's place is told from: targets, companions, and what is excluded."""
        targets = (target for relation in self.relations for target in relation.targets)
        return tuple(dict.fromkeys((*targets, *self.companions, *self.excluded)))

"""Reading the constructions of the grammar in a phrase, one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from napari_zsris.method import grammar
from napari_zsris.method.expression import Relation
from napari_zsris.method.expression import RelationKind as Kind
from napari_zsris.method.lexicon import NAMELESS, ORDINALS, PREPOSITIONS, SIDES, SIZES, STOPS
from napari_zsris.method.words import Words

__all__ = ["Construction", "Scanner"]

Match: TypeAlias = re.Match[str]
Span: TypeAlias = tuple[int, int]

LONGEST_NAME = 6
VERB_TAGS = frozenset({"VBG", "VBZ", "VBP", "VBD", "VBN"})
NOWHERE: Span = (0, 0)

_BARE = frozenset(SIDES.values()) | frozenset(SIZES.values())
_LOCATIONS = frozenset(grammar.RULES) - {"ignored", "emphasis", "contained"}
_SUPERLATIVES = MappingProxyType(SIZES | {"closest": Kind.FRONT, "furthest": Kind.BEHIND})


@dataclass(frozen=True)
class Construction:
    """A construction found in a phrase.

    Parameters
    ----------
    start, end : int
        Where it stands in the text of the words, the end excluded.
    relations : tuple of Relation
        What it says of place.
    kept : tuple of int
        The part of it that names the object: "zebra" of "third zebra from left".
    target : tuple of int
        The part of it that names the object's target.
    excluded : str
        What it denies, unless that is a place.
    """

    start: int
    end: int
    relations: tuple[Relation, ...] = ()
    kept: Span = NOWHERE
    target: Span = NOWHERE
    excluded: str = ""


class Scanner:
    """Reads the constructions of one phrase from left to right.

    Parameters
    ----------
    words : Words
        The phrase.
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self.text = words.text
        self._readers: dict[str, Callable[[Match], Construction | None]] = {
            "ignored": self._ignored,
            "emphasis": self._emphasis,
            "ordinal_from": self._ordinal_side,
            "ordinal_size": self._ordinal_size,
            "ordinal_on": self._ordinal_side,
            "ordinal": self._ordinal,
            "toward_viewer": self._toward_viewer,
            "from_viewer": self._from_viewer,
            "near_side": self._near_side,
            "side_of": self._side_of,
            "preposition": self._preposition,
            "contained": self._contained,
            "sides": self._side,
            "nearest": self._nearest,
            "farthest": self._from_viewer,
            "size": self._size,
        }

    def __iter__(self) -> Iterator[Construction]:
        position = 1
        while position < len(self.text):
            found = self._denial(position) or self._construction(position)
            if found:
                yield found
            position = found.end if found else self.words.after(position)

    def _construction(self, position: int) -> Construction | None:
        for name, pattern in grammar.RULES.items():
            match = pattern.match(self.text, position)
            found = match and self._readers[name](match)
            if found:
                return found
        return None

    def _denial(self, position: int) -> Construction | None:
        match = grammar.NEGATION.match(self.text, position)
        if not match:
            return None
        denied = self._construction(match.start("wearing"))
        if denied and denied.relations:
            relations = tuple(replace(each, negated=True) for each in denied.relations)
            return replace(denied, start=position, relations=relations)
        start = end = match.end()
        while end < len(self.text) and not self._ends_denial(end):
            end = self.words.after(end)
        excluded = self.words.written(start, end)
        return Construction(position, end, excluded=excluded) if excluded else None

    def _ends_denial(self, position: int) -> bool:
        placed = self._construction(position)
        ended = grammar.EXCLUSION_END.match(self.text, position)
        return bool(ended or (placed and placed.relations))

    def _ignored(self, match: Match) -> Construction:
        return Construction(*match.span(), kept=match.span())

    def _emphasis(self, match: Match) -> Construction:
        return Construction(*match.span())

    def _ordinal_side(self, match: Match) -> Construction:
        rank = ORDINALS[match["rank"].strip()]
        return Construction(*match.span(), _sides(match, rank), kept=match.span("kept"))

    def _ordinal_size(self, match: Match) -> Construction:
        kind = _SUPERLATIVES[match["size"].strip()]
        return _bare(match, kind, ORDINALS[match["rank"].strip()])

    def _ordinal(self, match: Match) -> Construction:
        word = match["rank"].strip()
        return _bare(match, Kind.RIGHT if word == "last" else Kind.LEFT, ORDINALS[word])

    def _toward_viewer(self, match: Match) -> Construction:
        return _bare(match, Kind.FRONT, 1 if match["most"] else None)

    def _from_viewer(self, match: Match) -> Construction:
        return _bare(match, Kind.BEHIND, 1 if match["most"] else None)

    def _nearest(self, match: Match) -> Construction:
        """Tell "closest zebra" from "zebra closest the fence"."""
        modifier = self.text[: match.start()].strip() in {"", "the"}
        related = None if modifier else self._related(Kind.NEAR, match)
        return _ranked(related) if related else self._toward_viewer(match)

    def _near_side(self, match: Match) -> Construction:
        return Construction(*match.span(), _sides(match, 1 if match["most"] else None))

    def _side(self, match: Match) -> Construction:
        """Read a bare location; "at the back of the truck" says no more than "at the back"."""
        far = match["far"] or match["very"] or (match["place"] or "").startswith("most")
        found = Construction(*match.span(), _sides(match, 1 if far else None))
        whole = match["lead"] and self.text.startswith("of ", match.end())
        target = self._name(match.end() + len("of ")) if whole else None
        return replace(found, end=target[1], target=target) if target else found

    def _side_of(self, match: Match) -> Construction | None:
        """Read "to the left of the tree"; "left half of the pizza" is a part of what is sought."""
        first = not match["lead"] and self.text[: match.start()].strip() in {"", "the"}
        if match["place"] and first:
            return Construction(match.start(), match.end("place"), _sides(match, None))
        return self._related(SIDES[match["sides"].strip()], match)

    def _preposition(self, match: Match) -> Construction | None:
        preposition = match["preposition"].strip()
        found = self._related(PREPOSITIONS[preposition], match)
        superlative = preposition.startswith(("closest", "furthest"))
        return _ranked(found) if found and superlative else found

    def _contained(self, match: Match) -> Construction | None:
        return self._related(Kind.INSIDE, match)

    def _size(self, match: Match) -> Construction | None:
        """Read an adjective of size; a plain one only where it belongs to the object's own name."""
        word = match["size"].strip()
        if word.endswith(("er", "est")):
            return _bare(match, SIZES[word], 1 if word.endswith("est") else None)
        before = self.words.tokens[: self.words.index(match.start())]
        foreign = any(token.text in STOPS or token.tag_ in VERB_TAGS for token in before)
        return None if foreign else replace(_bare(match, SIZES[word], None), kept=match.span())

    def _related(self, kind: Kind, match: Match) -> Construction | None:
        """Read the noun phrase after a preposition; without one, "behind" is a bare location."""
        start = match.end()
        others = grammar.OTHERS.match(self.text, start)
        target = None if others else self._name(start, alone=kind is Kind.BETWEEN)
        if target is None or self._nameless(target):
            end = others.end() if others else target[1] if target else start
            bare = Kind.MIDDLE if kind is Kind.BETWEEN else kind
            return Construction(match.start(), end, (Relation(bare),)) if bare in _BARE else None
        names = [target]
        if kind is Kind.BETWEEN and self.text.startswith("and ", target[1]):
            second = self._name(target[1] + len("and "))
            names += [second] if second else []
        relation = Relation(kind, tuple(self._target(*name) for name in names))
        span = (start, names[-1][1])
        return Construction(match.start(), span[1], (relation,), target=span)

    def _name(self, position: int, *, alone: bool = False) -> Span | None:
        """Find the noun phrase that starts at a position: "the woman", or "the woman in red"."""
        end = self._plain_name(position)
        extension = None if alone or end is None else grammar.EXTENSION.match(self.text, end)
        if end and extension and not self._places(end):
            end = self._plain_name(extension.end()) or end
        return (position, end) if end else None

    def _places(self, position: int) -> bool:
        """Tell "the woman in front" from "the woman in red", without reading any further."""
        return any(grammar.RULES[name].match(self.text, position) for name in _LOCATIONS)

    def _plain_name(self, position: int) -> int | None:
        while determiner := grammar.DETERMINERS.match(self.text, position):
            position = determiner.end()
        first = last = self.words.index(position)
        begun = False
        while last < min(len(self.words), first + LONGEST_NAME):
            word, tag = self.words[last], self.words.tokens[last].tag_
            if word in STOPS or (begun and (tag in VERB_TAGS or word in SIDES or word in ORDINALS)):
                break
            begun |= word not in SIDES
            last += 1
        return self.words.after(self.words.starts[last - 1]) if last > first else None

    def _target(self, start: int, end: int) -> str:
        """Write a target without its own place: "the left zebra" is known as "the zebra"."""
        return self.words.written(start, end, without=frozenset(SIDES))

    def _nameless(self, name: Span) -> bool:
        return all(word in NAMELESS for word in self._target(*name).split())


def _bare(match: Match, kind: Kind, rank: int | None) -> Construction:
    return Construction(*match.span(), (Relation(kind, rank=rank),))


def _ranked(found: Construction) -> Construction:
    return replace(found, relations=tuple(replace(each, rank=1) for each in found.relations))


def _sides(match: Match, rank: int | None) -> tuple[Relation, ...]:
    """Read the sides of a match; only the first has the rank: "second from the bottom right"."""
    kinds = dict.fromkeys(SIDES[word] for word in match["sides"].split() if word in SIDES)
    return tuple(Relation(kind, rank=None if k else rank) for k, kind in enumerate(kinds))

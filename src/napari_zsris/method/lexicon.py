"""The words of place and size, as people use them to tell the objects of a photo apart."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from napari_zsris.method.expression import RelationKind as Kind

__all__ = [
    "DANGLING",
    "NAMELESS",
    "ORDINALS",
    "PREPOSITIONS",
    "SIDES",
    "SIZES",
    "SPELLINGS",
    "STOPS",
    "any_of",
]


def any_of(words: str | Iterable[str]) -> str:
    """Build a regular expression for any of some phrases, each word followed by one blank.

    Parameters
    ----------
    words : str or iterable of str
        The phrases; a string holds them separated by commas.

    Returns
    -------
    str
        A non-capturing group that tries the longest phrase first.
    """
    phrases = words.split(",") if isinstance(words, str) else words
    longest_first = sorted({phrase.strip() for phrase in phrases}, key=lambda p: (-len(p), p))
    return "(?:" + "|".join(f"{phrase} " for phrase in longest_first) + ")"


def _table(lines: str) -> dict[str, str]:
    """Read lines of `meaning: phrase, phrase` into a table from phrase to meaning."""
    table: dict[str, str] = {}
    for line in lines.strip().splitlines():
        meaning, _, phrases = line.partition(":")
        table |= {phrase.strip(): meaning.strip() for phrase in phrases.split(",")}
    return table


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _kinds(lines: str) -> MappingProxyType[str, Kind]:
    return MappingProxyType({phrase: Kind(kind) for phrase, kind in _table(lines).items()})


SPELLINGS = MappingProxyType(
    _table("""
        left: l, lft, lefthand, west, western
        right: r, rt, rgt, righthand, east, eastern
        left most: leftmost
        right most: rightmost
        top most: topmost, uppermost, highest
        bottom most: bottommost, lowermost, lowest
        front most: frontmost, foremost
        top: upper, tp
        bottom: btm, lower, bot
        middle: center, centre, central, mid, ctr, mddle, centered
        front: frnt
        back: rear, bck
        background: bg, backround
        foreground: fg
        picture: pic, image, photo, photograph, screen, frame, shot, scene, img, pix, view
        camera: lens, viewer, photographer, cam
        closest: nearest
        closer: nearer
        furthest: farthest
        further: farther
        biggest: largest
        bigger: larger
        smallest: littlest, tiniest
        smaller: tinier
        first: 1st
        second: 2nd
        third: 3rd
        fourth: 4th, forth
        fifth: 5th
        sixth: 6th
        seventh: 7th
        eighth: 8th
        without: w/o
        with: w/
        and: &
        not: n't, nt, isnt, dont
    """)
)
"""One spelling for words that mean the same in a location."""

SIDES = _kinds("""
    left: left
    right: right
    above: top
    below: bottom
    front: front, foreground
    behind: back, background, distance
    middle: middle
""")
"""The sides of a photo, and of a group of objects."""

SIZES = _kinds("""
    bigger: bigger, biggest, longest, widest, big, large, huge, giant
    smaller: smaller, smallest, small, tiny, little
    taller: taller, tallest, tall
    shorter: shorter, shortest, short
    above: higher
""")
"""Adjectives of size and height."""

PREPOSITIONS = _kinds("""
    front: in front of, infront of, ahead of
    behind: behind, in back of, beyond
    above: above, over, atop, on top of, on the top of, higher than
    below: below, beneath, under, underneath, bottom than
    near: next to, beside, besides, alongside, adjacent to, by, near, near to, close to, closer to
    near: closest to, against, touching
    far: far from, away from, further from, furthest from, furthest away from
    inside: inside, inside of, within
    bigger: bigger than
    smaller: smaller than
    taller: taller than
    shorter: shorter than
    between: between, in between, inbetween
""")
"""What relates an object to another noun phrase."""

_PLACES = (
    "first last, second two 2, third three 3, fourth four 4, fifth five 5, sixth, seventh, eighth"
)
ORDINALS = MappingProxyType(
    {word: rank for rank, names in enumerate(_PLACES.split(","), 1) for word in names.split()}
)
"""Places in an order, counted from 1."""

STOPS = _words("""
    of in on at to from with by near and or but not without who that which whose is are was has for
    as behind above below under over next beside between against inside within into onto up down
    along toward towards through off out while wearing holding having than closest furthest , . ; :
    ( ) " / he she it they him them us me you i we
""")
"""Words that end an object's name."""

DANGLING = _words("of in on at to from with near and or but that who which is are was , . ; : -")
"""Words that make no sense at either end of what remains of a phrase."""

NAMELESS = _words("the a an one ones row thing object item this that other is - , .")
"""Words that tell nothing of what an object looks like."""

"""Everyday words as hand-written mixtures of ImageNet's classes and of colours.

The tables in `words/*.txt` hold one concept per line::

    term, synonym, ... = class name * weight; first class .. last class; @other term; #colour * 0.3

Weights are 1 where none is given. A class is named as in open_clip, `..` takes a range of classes,
`@` another concept's whole mixture, `#` a colour the thing usually has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES

from napari_zsris.clip.lite.colours import COLOURS

__all__ = ["CLASSES", "Concept", "Mixture", "plural", "read_concepts"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

CLASSES = tuple(IMAGENET_CLASSNAMES)
TABLES = ("people", "parts", "clothes", "animals", "food", "home", "outdoors", "actions")
_ITEM = re.compile(r"(?P<what>.+?)(?: \* (?P<weight>[0-9.]+))?")
_IRREGULAR = {
    "man": "men", "woman": "women", "child": "children", "person": "people", "foot": "feet",
    "tooth": "teeth", "mouse": "mice", "goose": "geese", "knife": "knives", "leaf": "leaves",
    "loaf": "loaves", "shelf": "shelves", "wolf": "wolves", "calf": "calves", "wife": "wives",
    "scarf": "scarves", "half": "halves", "sheep": "sheep", "deer": "deer", "fish": "fish",
    "bison": "bison", "moose": "moose", "ox": "oxen", "cattle": "cattle", "potato": "potatoes",
    "tomato": "tomatoes", "mango": "mangoes", "hero": "heroes", "buffalo": "buffalo",
    "bus": "buses",
}  # fmt: skip


class Mixture(NamedTuple):
    """What a word looks like.

    Parameters
    ----------
    classes : (1000,) float32 array
        Weights of ImageNet's classes, which sum to 1.
    colours : (11,) float32 array
        How much of each colour is to be expected, 0 to 1 each.
    """

    classes: FloatArray
    colours: FloatArray


@dataclass(frozen=True)
class Concept:
    """One line of a table.

    Parameters
    ----------
    terms : tuple of str
        Words that mean it; the first is its name.
    table : str
        The table it stands in, which says what kind of thing it is.
    mixture : Mixture
        What it looks like.
    """

    terms: tuple[str, ...]
    table: str
    mixture: Mixture


def read_concepts() -> list[Concept]:
    """Read all tables.

    Returns
    -------
    list of Concept
        In the order of the tables.

    Raises
    ------
    ValueError
        A line names a class, concept or colour that there is not, a term stands in two lines, or
        concepts refer to each other in a circle.
    """
    rows = []
    for table, line in _lines():
        left, right = line.split(" = ")
        rows.append((table, tuple(left.split(", ")), right))
    _check_unique([term for _, terms, _ in rows for term in terms])
    mixer = _Mixer({terms[0]: right for _, terms, right in rows})
    return [Concept(terms, table, mixer.mix(terms[0])) for table, terms, _ in rows]


def plural(term: str) -> str:
    """Put the last word of a term in the plural.

    Parameters
    ----------
    term : str
        A noun or a compound.

    Returns
    -------
    str
        Its plural, by rule but for the commonest exceptions.

    Examples
    --------
    >>> plural("tennis player"), plural("box"), plural("cherry"), plural("old woman")
    ('tennis players', 'boxes', 'cherries', 'old women')
    """
    rest, space, word = term.rpartition(" ")
    if word in _IRREGULAR:
        ending = _IRREGULAR[word]
    elif re.search(r"[^aeiou]y$", word):
        ending = f"{word[:-1]}ies"
    elif re.search(r"(s|x|z|ch|sh)$", word):
        ending = f"{word}es"
    else:
        ending = f"{word}s"
    return f"{rest}{space}{ending}"


def _lines() -> Iterator[tuple[str, str]]:
    folder = files("napari_zsris.clip.lite") / "words"
    for table in TABLES:
        text = folder.joinpath(f"{table}.txt").read_text(encoding="utf-8")
        yield from ((table, line) for line in text.splitlines() if line and line[0] != "#")


def _check_unique(terms: list[str]) -> None:
    doubled = {term for term in terms if terms.count(term) > 1}
    if doubled:
        raise ValueError(f"these terms stand in two lines: {', '.join(sorted(doubled))}")


class _Mixer:
    """Resolves the right-hand sides of the tables."""

    def __init__(self, sides: Mapping[str, str]) -> None:
        self._sides = sides
        self._mixed: dict[str, Mixture] = {}
        self._open: list[str] = []
        self._classes: dict[str, list[int]] = {}
        for number, name in enumerate(CLASSES):
            self._classes.setdefault(name, []).append(number)

    def mix(self, name: str) -> Mixture:
        if name not in self._sides or name in self._open:
            raise ValueError(f"'@{name}' in {self._open[-1:]} is no concept, or refers to itself")
        if name not in self._mixed:
            self._open.append(name)
            self._mixed[name] = self._sum(self._sides[name])
            self._open.pop()
        return self._mixed[name]

    def _sum(self, side: str) -> Mixture:
        classes = np.zeros(len(CLASSES), np.float32)
        colours = np.zeros(len(COLOURS), np.float32)
        for item in side.split("; "):
            found = _ITEM.fullmatch(item)
            if found is None:
                raise ValueError(f"'{item}' is neither a class, a concept nor a colour")
            what, weight = found["what"], float(found["weight"] or 1)
            if what.startswith("#"):
                if what[1:] not in COLOURS:
                    raise ValueError(f"'{what}' is none of the colours {', '.join(COLOURS)}")
                colours[COLOURS.index(what[1:])] += weight
            elif what.startswith("@"):
                classes += weight * self.mix(what[1:]).classes
            else:
                numbers = self._numbers(what)
                classes[numbers] += weight / (1 if " .. " in what else len(numbers))
        return Mixture(classes / classes.sum(), colours)

    def _numbers(self, what: str) -> list[int]:
        names = what.split(" .. ")
        unknown = [name for name in names if name not in self._classes]
        if unknown:
            raise ValueError(f"ImageNet has no class called {unknown}")
        if len(names) == 1:
            return self._classes[what]
        return list(range(self._classes[names[0]][0], self._classes[names[1]][-1] + 1))

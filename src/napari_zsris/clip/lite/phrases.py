"""Referring phrases made up from word lists, each with what it is about."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from random import Random
from typing import Any

from napari_zsris.clip.lite.concepts import Concept, plural

__all__ = ["Describer", "Description", "Surroundings", "read_grammar"]

# How often each kind of thing is referred to, about as in photos of daily life.
KINDS = {
    "people": 0.34,
    "animals": 0.14,
    "food": 0.13,
    "home": 0.2,
    "outdoors": 0.12,
    "clothes": 0.07,
}
# "Man", "woman" and "kid" are said far more often than "violinist".
COMMON_PEOPLE = 8
# What is worn or held is a part of what is seen; what something stands on shows only at its edge.
WORN, HELD, UNDER = 0.4, 0.35, 0.15


def read_grammar() -> dict[str, Any]:
    """Read the words that stand around a noun.

    Returns
    -------
    dict
        The tables of `words/grammar.toml`.
    """
    text = (files("napari_zsris.clip.lite") / "words" / "grammar.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass
class Description:
    """A phrase without location or template, and what it means.

    Parameters
    ----------
    text : str
        The phrase.
    meaning : str
        The same with nouns in the singular, for the teacher.
    concepts : list of (Concept, float)
        What is seen of it, the head first with weight 1.
    colours : list of str
        The colour words it holds.
    """

    text: str
    meaning: str
    concepts: list[tuple[Concept, float]]
    colours: list[str] = field(default_factory=list)

    def before(self, word: str) -> Description:
        """Put a word before the phrase.

        Parameters
        ----------
        word : str
            An adjective or a quantity.

        Returns
        -------
        Description
            The longer phrase.
        """
        return Description(
            f"{word} {self.text}", f"{word} {self.meaning}", self.concepts, self.colours
        )

    def after(self, words: str) -> Description:
        """Put words that name no other thing after the phrase.

        Parameters
        ----------
        words : str
            Such as "standing up".

        Returns
        -------
        Description
            The longer phrase.
        """
        return Description(
            f"{self.text} {words}", f"{self.meaning} {words}", self.concepts, self.colours
        )

    def joined(self, link: str, other: Description, weight: float) -> Description:
        """Join what belongs to the thing.

        Parameters
        ----------
        link : str
            Such as "wearing".
        other : Description
            What is joined.
        weight : float
            How much of what is seen it makes up, beside 1.

        Returns
        -------
        Description
            The longer phrase.
        """
        parts = [(concept, weight * share) for concept, share in other.concepts]
        return Description(
            f"{self.text} {link} {other.text}".replace("  ", " "),
            f"{self.meaning} {link} {other.meaning}".replace("  ", " "),
            self.concepts + parts,
            self.colours + (other.colours if weight > UNDER else []),
        )


class Describer:
    """Makes descriptions up.

    Parameters
    ----------
    concepts : sequence of Concept
        All concepts.
    grammar : dict
        As :func:`read_grammar` gives it.
    random : Random
        Where chance comes from.
    """

    def __init__(
        self, concepts: Sequence[Concept], grammar: dict[str, Any], random: Random
    ) -> None:
        self._grammar = grammar
        self._random = random
        self._tables: dict[str, list[Concept]] = {}
        for concept in concepts:
            self._tables.setdefault(concept.table, []).append(concept)

    def describe(self) -> Description:
        """Make one description up.

        Returns
        -------
        Description
            From a bare noun to a noun with two modifiers and something that belongs to it.
        """
        random = self._random
        kind = random.choices(list(KINDS), list(KINDS.values()))[0]
        thing = self._modified(kind)
        if random.random() < 0.05:
            thing = thing.before(self._pick("quantities", "of"))
        if random.random() < 0.5:
            return thing
        if kind == "people":
            return self._with_clothes(thing)
        if kind == "animals":
            return self._with_pose(thing, "animals", "parts")
        if kind == "food":
            return thing.joined(self._pick("quantities", "full"), self._modified("food"), 0.5)
        return self._with_pose(thing, "things", kind)

    def noun(self, kind: str) -> Description:
        """Choose a noun.

        Parameters
        ----------
        kind : str
            A table's name.

        Returns
        -------
        Description
            The noun, in every sixth case in the plural.
        """
        random = self._random
        concepts = self._tables[kind]
        if kind == "people" and random.random() < 0.7:
            concepts = concepts[:COMMON_PEOPLE]
        concept = random.choice(concepts)
        term = concept.terms[0] if random.random() < 0.3 else random.choice(concept.terms)
        text = plural(term) if kind != "actions" and random.random() < 1 / 6 else term
        return Description(text, term, [(concept, 1.0)])

    def _modified(self, kind: str) -> Description:
        random = self._random
        thing = self.noun(kind)
        if random.random() < 0.25:
            group = kind if kind in self._grammar["adjectives"] else "things"
            group = "all" if random.random() < 0.4 else group
            thing = thing.before(self._pick("adjectives", group))
        if random.random() < (0.15 if kind == "people" else 0.4):
            thing = self._coloured(thing)
        return thing

    def _coloured(self, thing: Description) -> Description:
        colours = self._grammar["colours"]
        # The plain colours are by far the commonest words for them, and stand first.
        names = list(colours)[: 12 if self._random.random() < 0.7 else None]
        colour = self._random.choice(names)
        coloured = thing.before(colour)
        return Description(
            coloured.text, coloured.meaning, thing.concepts, [*thing.colours, colour]
        )

    def _with_clothes(self, person: Description) -> Description:
        random = self._random
        chance = random.random()
        if chance < 0.35:
            clothes = self._modified("clothes")
            if random.random() < 0.2:
                clothes = clothes.joined("and", self._modified("clothes"), 1.0)
            return person.joined(self._pick("wearers"), clothes, WORN)
        if chance < 0.45:
            colour = self._coloured(Description("", "", [])).text.strip()
            worn = person.after(f"in {colour}")
            return Description(worn.text, worn.meaning, worn.concepts, [*worn.colours, colour])
        if chance < 0.6:
            clothes = self._coloured(self.noun("clothes"))
            worn = clothes.joined("", person, 1.0)
            return Description(worn.text, worn.meaning, worn.concepts[::-1], worn.colours)
        if chance < 0.75:
            held = self._modified(random.choice(["food", "home", "clothes", "home"]))
            return person.joined(self._pick("carriers"), held, HELD)
        if chance < 0.85:
            action = self.noun("actions")
            return person.joined("", action, 1.0)
        if chance < 0.9:
            return person.joined("with", self._modified("parts"), WORN)
        return self._with_pose(person, "people", "parts")

    def _with_pose(self, thing: Description, kind: str, part: str) -> Description:
        chance = self._random.random()
        if chance < 0.45:
            return thing.after(self._pick("poses", kind))
        if chance < 0.75:
            place = self._modified(self._random.choice(["home", "outdoors"]))
            return thing.joined(self._pick("support"), place, UNDER)
        return thing.joined("with", self._modified(part), WORN)

    def _pick(self, table: str, group: str | None = None) -> str:
        words = self._grammar[table]
        choice: str = self._random.choice(words[group] if group else words)
        return choice


class Surroundings:
    """Says where a thing is, in words that must not change what it is.

    Parameters
    ----------
    grammar : dict
        As :func:`read_grammar` gives it.
    others : sequence of str
        Phrases for the things it may stand beside.
    random : Random
        Where chance comes from.
    """

    def __init__(self, grammar: dict[str, Any], others: Sequence[str], random: Random) -> None:
        self._grammar = grammar
        self._others = others
        self._random = random

    def around(self, text: str) -> str:
        """Put location words, articles, a template or a slip of the keyboard around a phrase.

        Parameters
        ----------
        text : str
            A phrase.

        Returns
        -------
        str
            The same thing referred to in another way.
        """
        random, grammar = self._random, self._grammar
        if random.random() < 0.15:
            text = f"{random.choice(grammar['places']['before'])} {text}"
        if random.random() < 0.5:
            text = f"{random.choice(grammar['articles'])} {text}"
        if random.random() < 0.25:
            text = f"{text} {random.choice(grammar['places']['after'])}"
        if random.random() < 0.15:
            other = f"{random.choice(grammar['articles'])} {random.choice(self._others)}"
            text = f"{text} {random.choice(grammar['relations'])} {other}"
        if random.random() < 0.08:
            text = random.choice(grammar["templates"]).format(text)
        return _slip(text, random) if random.random() < 0.06 else text


def _slip(text: str, random: Random) -> str:
    """Leave a letter out, double it, or swap it with the next."""
    place = random.randrange(max(1, len(text) - 1))
    here, after = text[place : place + 1], text[place + 1 : place + 2]
    slipped = random.choice(["", here + here, after + here])
    rest = text[place + 2 :] if slipped == after + here else text[place + 1 :]
    return text[:place] + slipped + rest

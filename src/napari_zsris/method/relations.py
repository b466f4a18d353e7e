"""The spatial relations of a phrase, read from its words.

Small parsers misread the clipped language of referring expressions ("left zebra" becomes a
sentence with the verb "left"), so locations are found by what is written, in the spirit of the
heuristics of ReCLIP (Subramanian et al., ACL 2022) and HybridGL (Liu and Li, CVPR 2025), but over
whole constructions: "on the far left of the picture", "third from the right", "not in front of
the tree". The parser's tags only tell where the noun phrase after a preposition ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_zsris.method.constructions import Construction, Scanner
from napari_zsris.method.expression import Relation, RelationKind
from napari_zsris.method.lexicon import DANGLING, NAMELESS
from napari_zsris.method.words import Words

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["Placement", "describing", "read_relations"]

_HORIZONTAL = frozenset({RelationKind.LEFT, RelationKind.RIGHT})


@dataclass(frozen=True)
class Placement:
    """What a phrase says of place, and what remains of it.

    Parameters
    ----------
    relations : tuple of Relation
        The spatial statements about the object, in the order of the phrase.
    appearance : str
        The phrase without them: what the object looks like; empty when nothing remains.
    excluded : tuple of str
        What the object is said not to be or to have ("red" of "man not in red").
    places : frozenset of int
        Indices of the tokens that speak of place only.
    """

    relations: tuple[Relation, ...]
    appearance: str
    excluded: tuple[str, ...]
    places: frozenset[int]


def read_relations(doc: Doc) -> Placement:
    """Find what a phrase says of place, and tell it from what the object looks like.

    Parameters
    ----------
    doc : spacy.tokens.Doc
        The lower-cased phrase, tagged.

    Returns
    -------
    Placement
        Relations, appearance and exclusions.
    """
    words = Words(doc)
    found = list(Scanner(words))
    places = frozenset(i for item in found for i in _tokens(words, item) - _target(words, item))
    dropped = frozenset(i for item in found for i in _tokens(words, item))
    left = [token.text for token in words.span(0, len(words.text)) if token.i not in dropped]
    return Placement(
        relations=_consistent(relation for item in found for relation in item.relations),
        appearance=describing(left),
        excluded=tuple(item.excluded for item in found if item.excluded),
        places=places,
    )


def _tokens(words: Words, found: Construction) -> set[int]:
    kept = {token.i for token in words.span(*found.kept)}
    return {token.i for token in words.span(found.start, found.end)} - kept


def _target(words: Words, found: Construction) -> set[int]:
    return {token.i for token in words.span(*found.target)}


def _consistent(relations: Iterable[Relation]) -> tuple[Relation, ...]:
    """Leave out repetitions, and the side of a target: "left of the tree on the right"."""
    kept: list[Relation] = []
    for relation in relations:
        beside = relation.kind in _HORIZONTAL and any(
            other.targets and other.kind in _HORIZONTAL for other in kept
        )
        if relation not in kept and (relation.targets or not beside):
            kept.append(relation)
    return tuple(kept)


def describing(texts: Sequence[str]) -> str:
    """Join what remains of a phrase without its locations.

    Parameters
    ----------
    texts : sequence of str
        The remaining tokens.

    Returns
    -------
    str
        The tokens without dangling words at either end; empty when they describe nothing.
    """
    kept = [text for k, text in enumerate(texts) if (text, *texts[max(k - 1, 0) : k]) != (",", ",")]
    while kept and kept[-1] in DANGLING | {"the", "a", "an"}:
        kept.pop()
    while kept and kept[0] in DANGLING:
        kept.pop(0)
    return "" if all(text in NAMELESS for text in kept) else " ".join(kept)

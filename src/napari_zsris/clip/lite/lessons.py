"""What the text network is taught: phrases, and the mixtures of classes and colours they mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from timm.data.imagenet_info import ImageNetInfo
from torch import Tensor

from napari_zsris.clip.lite.colours import COLOURS
from napari_zsris.clip.lite.concepts import CLASSES, Concept
from napari_zsris.clip.lite.phrases import Describer, Description

__all__ = ["Lessons", "MeaningModel", "class_lessons", "described_lessons", "noun_lessons"]

# The tables know what a thing looks like, the teacher what the words around it add.
TABLE_SHARE = 0.5
# A class's own name means that class, and a little of what is near to it.
CLASS_SHARE = 0.6
NOUNS = "imagenet-12k"


class MeaningModel(Protocol):
    """What is asked of a teacher."""

    def embed(self, texts: list[str]) -> Tensor:
        """Embed sentences.

        Parameters
        ----------
        texts : list of str
            n sentences.

        Returns
        -------
        (n, E) float32 tensor
            One embedding per sentence.
        """

    def mixtures(self, embedded: Tensor) -> Tensor:
        """Weigh the image tower's classes by what sentences mean.

        Parameters
        ----------
        embedded : (n, E) float32 tensor
            Embedded sentences.

        Returns
        -------
        (n, 1000) float32 tensor
            Weights that sum to 1.
        """

    def common_words(self) -> list[str]:
        """List words of the language, the commonest first."""


@dataclass(frozen=True)
class Lessons:
    """Phrases and their targets.

    Parameters
    ----------
    texts : list of str
        n phrases.
    classes : (n, 1000) float16 tensor
        Mixtures of classes; each sums to 1.
    colours : (n, 11) float16 tensor
        The colours that are asked for.
    """

    texts: list[str]
    classes: Tensor
    colours: Tensor


class Scale:
    """Weighs mixtures by their directions in feature space.

    The mean of many prototypes is short. Unless it is made longer, a sharp mixture drowns a broad
    one that it is mixed with.

    Parameters
    ----------
    prototypes : (1000, D) float tensor
        Directions of the classes.
    """

    def __init__(self, prototypes: Tensor) -> None:
        self._prototypes = prototypes

    def mix(self, parts: Sequence[tuple[Tensor, float]]) -> Tensor:
        """Mix mixtures.

        Parameters
        ----------
        parts : sequence of ((n, 1000) tensor, float)
            Mixtures, and the lengths that their directions shall have.

        Returns
        -------
        (n, 1000) float32 tensor
            A mixture in the direction of the sum of the parts' directions.
        """
        total = torch.stack(
            [
                mixture * (weight / (mixture @ self._prototypes).norm(dim=1, keepdim=True))
                for mixture, weight in parts
            ]
        ).sum(dim=0)
        return total / total.sum(dim=1, keepdim=True)


def described_lessons(
    describer: Describer,
    count: int,
    grammar: dict[str, Any],
    teacher: MeaningModel,
    prototypes: Tensor,
) -> Lessons:
    """Make phrases up and say what they mean.

    Parameters
    ----------
    describer : Describer
        Makes them up.
    count : int
        How many; doubles are dropped.
    grammar : dict
        Holds what colour words ask for.
    teacher : MeaningModel
        Adds what the tables do not know.
    prototypes : (1000, D) float tensor
        Directions of the classes.

    Returns
    -------
    Lessons
        At most `count`.
    """
    made = (describer.describe() for _ in range(count))
    unique = list({description.text: description for description in made}.values())
    scale = Scale(prototypes)
    taught = teacher.mixtures(teacher.embed([description.meaning for description in unique]))
    known = torch.cat([_known(description, scale) for description in unique])
    classes = scale.mix([(known, TABLE_SHARE), (taught, 1 - TABLE_SHARE)])
    colours = torch.stack([_colours(description, grammar) for description in unique])
    texts = [description.text for description in unique]
    return Lessons(texts, classes.half(), colours.half())


def class_lessons(teacher: MeaningModel, prototypes: Tensor) -> Lessons:
    """Teach the names of ImageNet's classes and their synonyms.

    Parameters
    ----------
    teacher : MeaningModel
        Says what else they mean.
    prototypes : (1000, D) float tensor
        Directions of the classes.

    Returns
    -------
    Lessons
        One per name.
    """
    info = ImageNetInfo()
    names: dict[str, set[int]] = {}
    for number, name in enumerate(CLASSES):
        for synonym in (name, *info.index_to_description(number).split(", ")):
            names.setdefault(synonym.lower(), set()).add(number)
    texts = list(names)
    own = torch.zeros(len(texts), len(CLASSES))
    for row, numbers in enumerate(names.values()):
        own[row, list(numbers)] = 1 / len(numbers)
    taught = teacher.mixtures(teacher.embed(texts))
    classes = Scale(prototypes).mix([(own, CLASS_SHARE), (taught, 1 - CLASS_SHARE)])
    return Lessons(texts, classes.half(), torch.zeros(len(texts), len(COLOURS)).half())


def noun_lessons(taken: Iterable[str], words: Sequence[str], teacher: MeaningModel) -> Lessons:
    """Teach nouns, and words of any kind, of which only the teacher knows what they mean.

    Parameters
    ----------
    taken : iterable of str
        Phrases of other lessons, which are left out.
    words : sequence of str
        Words of any kind.
    teacher : MeaningModel
        Says what they mean; of nouns it gets to read WordNet's definition, too.

    Returns
    -------
    Lessons
        First the nouns that `NOUNS` has pictures for, then the words.
    """
    info = ImageNetInfo(NOUNS)
    meanings = {word: word for word in words}
    definitions = info.label_descriptions(detailed=True)
    for names, definition in zip(info.label_descriptions(), definitions, strict=True):
        meanings |= {noun.lower(): definition for noun in names.split(", ")}
    for phrase in taken:
        meanings.pop(phrase, None)
    texts = list(meanings)
    embedded = teacher.embed(texts) + teacher.embed(list(meanings.values()))
    classes = teacher.mixtures(torch.nn.functional.normalize(embedded, dim=1))
    return Lessons(texts, classes.half(), torch.zeros(len(texts), len(COLOURS)).half())


def _known(description: Description, scale: Scale) -> Tensor:
    parts = [
        (torch.from_numpy(concept.mixture.classes)[None], weight)
        for concept, weight in description.concepts
    ]
    return scale.mix(parts)


def _colours(description: Description, grammar: dict[str, Any]) -> Tensor:
    named = [grammar["colours"][word] for word in description.colours]
    if not named:
        head: Concept = description.concepts[0][0]
        return torch.from_numpy(head.mixture.colours)
    asked = [[colours.get(colour, 0.0) for colour in COLOURS] for colours in named]
    return torch.tensor(asked).mean(dim=0)

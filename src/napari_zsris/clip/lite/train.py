"""Train the text tower: ``python -m napari_zsris.clip.lite.train``.

No photo is used. A phrase's target is a mixture of the 1,000 classes that the image tower was
trained to tell apart: half of it comes from hand-written tables of everyday words, half from a
sentence model that compares the phrase with the classes' names and definitions.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from napari_zsris.clip.lite import VOCABULARY, WEIGHTS
from napari_zsris.clip.lite.colours import COLOURS
from napari_zsris.clip.lite.concepts import CLASSES, Concept, plural, read_concepts
from napari_zsris.clip.lite.image import class_prototypes
from napari_zsris.clip.lite.lessons import (
    Lessons,
    class_lessons,
    described_lessons,
    noun_lessons,
)
from napari_zsris.clip.lite.network import EMBEDDING, TextNetwork
from napari_zsris.clip.lite.phrases import Describer, Surroundings, read_grammar
from napari_zsris.clip.lite.teacher import Teacher
from napari_zsris.clip.lite.tokenizer import Tokenizer, Tokens, split_words
from napari_zsris.files import atomic_write
from napari_zsris.imagenet import load_classifier
from napari_zsris.progress import Progress, Steps, finish

if TYPE_CHECKING:
    from napari_zsris.clip.lite.lessons import MeaningModel

__all__ = ["Settings", "main", "training"]


@dataclass(frozen=True)
class Settings:
    """How long and how hard to train.

    Parameters
    ----------
    seed : int
        Of all chance.
    phrases : int
        How many descriptions to make up.
    words : int
        Size of the vocabulary.
    steps, batch : int
        Updates, and phrases in each.
    rate : float
        Highest learning rate.
    forgetting : float
        Share of the vocabulary that is hidden in each step, so that spelling is learnt.
    """

    seed: int = 0
    phrases: int = 25_000
    words: int = 16_000
    steps: int = 1_500
    batch: int = 256
    rate: float = 2e-3
    forgetting: float = 0.12


# How often a phrase of each kind of lesson is drawn: descriptions, class names, other words.
SHARES = (0.66, 0.12, 0.22)
# Weights of the losses beside the divergence of the mixtures.
DIRECTION, COLOUR = 4.0, 4.0
OTHERS = 2_000
# Letter groups start low, so that they do not shout down the words beside them.
QUIET = 0.1


@dataclass(frozen=True)
class Course:
    """All that is needed to train, but the network.

    Parameters
    ----------
    lessons : tuple of Lessons
        Descriptions, class names, other words.
    surroundings : Surroundings
        Says where things are.
    vocabulary : list of str
        The known words.
    start : (words + 1, EMBEDDING) float tensor
        First vectors of the known words, and of none.
    prototypes : (1000, D) float tensor
        Directions of the classes.
    """

    lessons: tuple[Lessons, Lessons, Lessons]
    surroundings: Surroundings
    vocabulary: list[str]
    start: Tensor
    prototypes: Tensor


def training(folder: Path, settings: Settings, teacher: MeaningModel) -> Steps[float]:
    """Train the text network and write it.

    Parameters
    ----------
    folder : Path
        Where the weights and the vocabulary go.
    settings : Settings
        How long and how hard to train.
    teacher : MeaningModel
        Says what phrases mean.

    Yields
    ------
    Progress
        After each step.

    Returns
    -------
    float
        The loss over the last tenth of the steps.
    """
    random = Random(settings.seed)  # noqa: S311
    yield Progress("making phrases up", 0, 0)
    course = _prepare(settings, teacher, random)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = TextNetwork(len(course.vocabulary), len(CLASSES), len(COLOURS))
    with torch.no_grad():
        network.words.weight.copy_(course.start)
        network.groups.weight.mul_(QUIET)
    losses = yield from _fit(network, course, settings, random)
    _save(network.half(), course.vocabulary, folder)
    return sum(losses) / len(losses)


def main() -> None:
    """Run the training from the command line."""
    parser = argparse.ArgumentParser(prog="python -m napari_zsris.clip.lite.train")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--steps", type=int, default=Settings.steps)
    parser.add_argument("--phrases", type=int, default=Settings.phrases)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    chosen = parser.parse_args()
    settings = Settings(seed=chosen.seed, phrases=chosen.phrases, steps=chosen.steps)
    began = time.monotonic()
    loss = finish(training(chosen.out, settings, Teacher()), _print_some)
    print(f"loss {loss:.4f} after {time.monotonic() - began:.0f} s")  # noqa: T201


def _print_some(step: Progress) -> None:
    if step.done % 100 == 0:
        print(f"{step.stage} {step.done}/{step.total}", flush=True)  # noqa: T201


def _prepare(settings: Settings, teacher: MeaningModel, random: Random) -> Course:
    concepts, grammar = read_concepts(), read_grammar()
    prototypes = class_prototypes(load_classifier())
    describer = Describer(concepts, grammar, random)
    described = described_lessons(describer, settings.phrases, grammar, teacher, prototypes)
    named = class_lessons(teacher, prototypes)
    words = _vocabulary(concepts, [*described.texts, *named.texts], teacher, settings.words)
    other = noun_lessons([*described.texts, *named.texts], words, teacher)
    surroundings = Surroundings(grammar, described.texts[:OTHERS], random)
    start = _first_vectors(words, teacher)
    return Course((described, named, other), surroundings, words, start, prototypes)


def _vocabulary(
    concepts: Sequence[Concept], texts: Sequence[str], teacher: MeaningModel, size: int
) -> list[str]:
    terms = [term for concept in concepts for term in concept.terms]
    phrases = itertools.chain(terms, map(plural, terms), texts, teacher.common_words())
    words = (word for phrase in phrases for word in split_words(phrase))
    return list(itertools.islice(dict.fromkeys(words), size))


def _first_vectors(words: list[str], teacher: MeaningModel) -> Tensor:
    """Start from what the teacher makes of each word, in its principal directions."""
    embedded = teacher.embed(words)
    centred = embedded - embedded.mean(dim=0)
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    reduced = centred @ vectors[:, -EMBEDDING:].flip(1)
    return F.pad(reduced / reduced.std(), (0, 0, 1, 0)) * 0.3


def _fit(
    network: TextNetwork, course: Course, settings: Settings, random: Random
) -> Steps[list[float]]:
    optimizer = torch.optim.AdamW(network.parameters(), settings.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate(step, settings.steps)
    )
    batches = _batches(course, settings, random)
    last: list[float] = []
    for step in range(settings.steps):
        loss = _loss(network, next(batches), course.prototypes)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        value = loss.item()
        if step + 1 > settings.steps * 0.9:
            last.append(value)
        yield Progress(f"training, loss {value:.3f}", step + 1, settings.steps)
    return last


def _rate(step: int, steps: int) -> float:
    warmup = max(1, steps // 20)
    return min(1.0, (step + 1) / warmup) * 0.5 * (1 + math.cos(math.pi * step / steps))


def _batches(
    course: Course, settings: Settings, random: Random
) -> Iterator[tuple[Tokens, Tensor, Tensor]]:
    """Draw phrases without end: tokens, (batch, 1000) mixtures and (batch, 11) colours."""
    tokenizer = Tokenizer(course.vocabulary)
    forgotten = round(settings.forgetting * len(course.vocabulary))
    while True:
        drawn = random.choices(course.lessons, SHARES, k=settings.batch)
        rows = [random.randrange(len(lessons.texts)) for lessons in drawn]
        pairs = list(zip(drawn, rows, strict=True))
        texts = [course.surroundings.around(lessons.texts[row]) for lessons, row in pairs]
        partial = tokenizer.without(set(random.sample(course.vocabulary, forgotten)))
        classes = torch.stack([lessons.classes[row] for lessons, row in pairs])
        colours = torch.stack([lessons.colours[row] for lessons, row in pairs])
        yield partial(texts), classes.float(), colours.float()


def _loss(network: TextNetwork, batch: tuple[Tokens, Tensor, Tensor], prototypes: Tensor) -> Tensor:
    """Compare mixtures by their divergence and by their directions, colours by their squares."""
    tokens, classes, colours = batch
    logits, said = network(tokens)
    divergence = F.kl_div(F.log_softmax(logits, dim=1), classes, reduction="batchmean")
    cosines = F.cosine_similarity(logits.softmax(dim=1) @ prototypes, classes @ prototypes)
    squares = (said - colours).square().sum(dim=1).mean()
    total: Tensor = divergence + DIRECTION * (1 - cosines).mean() + COLOUR * squares
    return total


def _save(network: TextNetwork, vocabulary: list[str], folder: Path) -> None:
    with atomic_write(folder / WEIGHTS) as path:
        save_file({name: t.contiguous() for name, t in network.state_dict().items()}, path)
    with atomic_write(folder / VOCABULARY) as path:
        path.write_text("\n".join(vocabulary) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

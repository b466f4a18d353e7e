"""Learning what objects are from photos whose objects are known.

Each of the three networks reads what those before it say of a photo. What they say of the photos
that they learnt from is surer than what they will say of any other, so each photo's figure,
affinity and groups come from networks that were fitted without it: the photos are dealt into folds,
and every stage is fitted once per fold without that fold, and once with all photos.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_zsris.errors import ProposalError
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.objects.examples import Example
from napari_zsris.proposals.objects.model import ObjectModel
from napari_zsris.proposals.objects.photo import MAPS
from napari_zsris.proposals.objects.trees import gather

__all__ = ["Settings", "Trained", "training"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.intp]
Batch: TypeAlias = tuple[Tensor, ...]

ROWS_FOR_COMPONENTS = 6000
PHOTOS_AT_ONCE, PAIRS_OF_EACH = 4, 600
REGIONS_AT_ONCE, GROUPS_AT_ONCE = 512, 1536
FEWEST_STEPS = 10
SAME_PAIRS, OTHER_PAIRS = 2500, 3500
RATE, DECAY = 3e-3, 2e-2
#: Groups of a photo with less overlap than this are as good as noise: half of them will do.
POOR = 0.4


@dataclass(frozen=True)
class Settings:
    """How long to train.

    Parameters
    ----------
    seed : int
        Of all that is drawn by chance.
    folds : int
        Into how many parts the photos are dealt.
    regions, pairs, groups : int
        Steps of gradient descent of each network for a hundred photos; in proportion for others.
    """

    seed: int = 0
    folds: int = 5
    regions: int = 300
    pairs: int = 800
    groups: int = 1000


@dataclass(frozen=True, eq=False)
class Trained:
    """What training gives.

    Parameters
    ----------
    model : ObjectModel
        Learnt from all photos.
    fold_models : list of ObjectModel
        One per fold, learnt from the photos outside it: their results on its photos are those on
        new photos.
    """

    model: ObjectModel
    fold_models: list[ObjectModel]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Some pairs of one photo's regions, and whether both are of one object."""

    first: Tensor
    second: Tensor
    same: Tensor
    weights: Tensor
    cues: Tensor


def training(examples: Sequence[Example], settings: Settings) -> Steps[Trained]:
    """Learn from photos whose objects are known.

    Parameters
    ----------
    examples : sequence of Example
        At least as many photos as folds; photo k is in fold k modulo the number of folds.
    settings : Settings
        How long to train.

    Yields
    ------
    Progress
        Before every network and every photo of each stage.

    Returns
    -------
    Trained
        The models; the same settings and photos give the same ones on the same machine.

    Raises
    ------
    ProposalError
        There are fewer photos than folds.
    """
    if len(examples) < settings.folds:
        raise ProposalError(
            f"{len(examples)} photos with objects are too few to learn from: give at least "
            f"{settings.folds}, and better a hundred"
        )
    course = _Course(examples, settings)
    figures = yield from course.learn_figure()
    pairs = yield from course.learn_grouping(figures)
    yield from course.learn_objectness(figures, pairs)
    return Trained(course.models[-1], course.models[:-1])


class _Course:
    """One model per fold, and a last one for all photos, taught stage by stage."""

    def __init__(self, examples: Sequence[Example], settings: Settings) -> None:
        self.examples = examples
        self.settings = settings
        self.random = np.random.default_rng(settings.seed)
        self.fold = np.arange(len(examples)) % settings.folds
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            first = ObjectModel()
        _fit_components(first, examples, self.random)
        self.models = [copy.deepcopy(first) for _ in range(settings.folds + 1)]
        self.descriptions = [first.describe(example.photo) for example in examples]

    def learn_figure(self) -> Steps[list[FloatArray]]:
        for fold, model in enumerate(self.models):
            chosen = self._outside(fold)
            rows = torch.cat([self.descriptions[k] for k in chosen])
            model.figure.standard.fit(rows)
            truth = _gathered(self.examples[k].figure for k in chosen)
            weights = _gathered(np.sqrt(self.examples[k].photo.shares) for k in chosen)
            table = rows, truth, weights / weights.mean()
            batches = _drawn(table, REGIONS_AT_ONCE, self.random)
            yield from self._fit(model.figure, batches, self.settings.regions, "figure", fold)
        return [self._of(k).find_figure(example.photo) for k, example in enumerate(self.examples)]

    def learn_grouping(self, figures: Sequence[FloatArray]) -> Steps[list[FloatArray]]:
        pairs = []
        for k, example in enumerate(self.examples):
            yield Progress("pairs", k, len(self.examples))
            cues = self.models[-1].pair_cues(example.photo, figures[k])
            pairs.append(_sample(example, cues, self.random))
        for fold, model in enumerate(self.models):
            chosen = [k for k in self._outside(fold) if len(pairs[k].first)]
            model.grouping.standard.fit(torch.cat([pairs[k].cues for k in chosen]))
            model.grouping.regions.fit(torch.cat([self.descriptions[k] for k in chosen]))
            batches = self._pairs(
                [self.descriptions[k] for k in chosen], [pairs[k] for k in chosen]
            )
            yield from self._fit(model.grouping, batches, self.settings.pairs, "grouping", fold)
        affinities = []
        for k, example in enumerate(self.examples):
            yield Progress("affinity", k, len(self.examples))
            cues = self._of(k).pair_cues(example.photo, figures[k])
            affinities.append(self._of(k).find_affinity(example.photo, cues))
        return affinities

    def learn_objectness(
        self, figures: Sequence[FloatArray], affinities: Sequence[FloatArray]
    ) -> Steps[None]:
        rows, truth = [], []
        for k, example in enumerate(self.examples):
            yield Progress("groups", k, len(self.examples))
            members = gather(example.photo, affinities[k])
            best = example.iou(members).max(axis=1)
            kept = (best > POOR) | (self.random.random(len(best)) < 0.5)
            measured = self.models[-1].measure(
                example.photo, members[kept], figures[k], affinities[k]
            )
            rows.append(torch.from_numpy(measured))
            truth.append(torch.from_numpy(best[kept]))
        for fold, model in enumerate(self.models):
            chosen = self._outside(fold)
            table = torch.cat([rows[k] for k in chosen]), torch.cat([truth[k] for k in chosen])
            model.objectness.standard.fit(table[0])
            weighted = *table, 1 + 4 * table[1].square()
            batches = _drawn(weighted, GROUPS_AT_ONCE, self.random)
            yield from self._fit(model.objectness, batches, self.settings.groups, "objects", fold)

    def _outside(self, fold: int) -> list[int]:
        return [int(photo) for photo in np.flatnonzero(self.fold != fold)]

    def _of(self, photo: int) -> ObjectModel:
        """Give the model that was taught without a photo."""
        return self.models[photo % self.settings.folds]

    def _pairs(self, descriptions: list[Tensor], pairs: list[Pairs]) -> Iterator[Batch]:
        """Draw pairs of a few photos without end."""
        while True:
            rows: list[Batch] = []
            begin = 0
            for k in self.random.integers(0, len(pairs), PHOTOS_AT_ONCE):
                each = pairs[k]
                drawn = torch.from_numpy(self.random.integers(0, len(each.first), PAIRS_OF_EACH))
                places = each.first[drawn] + begin, each.second[drawn] + begin
                rows.append(
                    (
                        descriptions[k],
                        each.cues[drawn],
                        *places,
                        each.same[drawn],
                        each.weights[drawn],
                    )
                )
                begin += len(descriptions[k])
            yield tuple(torch.cat(column) for column in zip(*rows, strict=True))

    def _fit(
        self, network: nn.Module, batches: Iterator[Batch], steps: int, stage: str, fold: int
    ) -> Steps[None]:
        """Fit logits to shares, the last two columns of a batch being truth and weight."""
        steps = max(FEWEST_STEPS, steps * len(self.examples) // 100)
        optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, RATE, total_steps=steps, pct_start=0.2
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.settings.seed + fold)
            network.train()
            for step in range(steps):
                if step % 50 == 0:
                    done = fold * steps + step
                    yield Progress(stage, done, len(self.models) * steps)
                *inputs, truth, weights = next(batches)
                loss = F.binary_cross_entropy_with_logits(network(*inputs), truth, weights)
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
                schedule.step()
            network.eval()


def _fit_components(
    model: ObjectModel, examples: Sequence[Example], random: np.random.Generator
) -> None:
    counts = [len(example.photo) for example in examples]
    drawn = random.permutation(sum(counts))[:ROWS_FOR_COMPONENTS]
    maps = []
    for number in range(len(MAPS)):
        rows = np.concatenate([example.photo.appearance[number] for example in examples])
        maps.append(torch.from_numpy(np.ascontiguousarray(rows[drawn], np.float32)))
    with torch.no_grad():
        model.reduction.fit(maps)


def _sample(example: Example, cues: FloatArray, random: np.random.Generator) -> Pairs:
    """Draw pairs of which one region at least lies on an object; neighbours count twice."""
    owner, count = example.owner, len(example.photo)
    first, second = np.triu_indices(count, 1)
    known = (owner[first] >= 0) | (owner[second] >= 0)
    same = (owner[first] == owner[second]) & known
    drawn = [
        random.permutation(np.flatnonzero(kind))[:most]
        for kind, most in ((same, SAME_PAIRS), (known & ~same, OTHER_PAIRS))
    ]
    near_first, near_second = example.photo.graph.edges.T
    near = (owner[near_first] >= 0) | (owner[near_second] >= 0)
    far = np.concatenate(drawn)
    one = np.concatenate([first[far], near_first[near]])
    other = np.concatenate([second[far], near_second[near]])
    weights = np.repeat([1.0, 2.0], [len(far), int(near.sum())])
    return Pairs(
        torch.from_numpy(one),
        torch.from_numpy(other),
        torch.from_numpy((owner[one] == owner[other]).astype(np.float32)),
        torch.from_numpy(weights.astype(np.float32)),
        torch.from_numpy(np.ascontiguousarray(cues[:, one, other].T)),
    )


def _drawn(table: Batch, size: int, random: np.random.Generator) -> Iterator[Batch]:
    while True:
        rows = torch.from_numpy(random.integers(0, len(table[0]), size))
        yield tuple(column[rows] for column in table)


def _gathered(rows: Iterable[FloatArray]) -> Tensor:
    return torch.from_numpy(np.concatenate([*rows]).astype(np.float32))

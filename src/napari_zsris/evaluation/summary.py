"""All answers of an evaluation as figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from napari_zsris.evaluation.answer import Answer, PhotoResult
from napari_zsris.evaluation.bootstrap import Bootstrap, Interval
from napari_zsris.evaluation.contestant import Contestant
from napari_zsris.evaluation.metrics import METRICS, MeanIoU, Metric, OverallIoU, SelectionAccuracy

__all__ = ["Figure", "Group", "Score", "Summary", "summarize"]

_GROUP_METRICS: tuple[Metric, ...] = (OverallIoU(), MeanIoU(), SelectionAccuracy())


@dataclass(frozen=True)
class Figure:
    """One metric of one contestant.

    Parameters
    ----------
    value : float or None
        With phrases of photos without proposals counted as failed; None where nothing counts.
    interval : Interval or None
        95 %, by bootstrap over photos.
    skipped : float or None
        The value without photos that have no proposals, as published evaluations count.
    gain : float or None
        How far it is above that of the first contestant.
    gain_interval : Interval or None
        95 % of that, paired.
    """

    value: float | None
    interval: Interval | None
    skipped: float | None
    gain: float | None = None
    gain_interval: Interval | None = None


@dataclass(frozen=True)
class Group:
    """A part of the phrases.

    Parameters
    ----------
    phrases : int
        How many.
    figures : mapping of str to float or None
        Metrics of the part, by name.
    """

    phrases: int
    figures: Mapping[str, float | None]


@dataclass(frozen=True)
class Score:
    """All figures of one contestant.

    Parameters
    ----------
    contestant : Contestant
        Who.
    figures : mapping of str to Figure
        By the metrics' names.
    groups : mapping of str to Group
        By the dataset's kinds ("kind: short") and the relations found ("relation: left").
    phrases : int
        How many were answered.
    without_proposals : int
        How many phrases had no mask to choose from.
    proposals : float
        Masks per phrase, on average.
    milliseconds_per_photo, milliseconds_per_phrase : float
        Medians: proposals and features; from the phrase to its ranking.
    """

    contestant: Contestant
    figures: Mapping[str, Figure]
    groups: Mapping[str, Group]
    phrases: int
    without_proposals: int
    proposals: float
    milliseconds_per_photo: float
    milliseconds_per_phrase: float


@dataclass(frozen=True)
class Summary:
    """An evaluation.

    Parameters
    ----------
    settings : mapping
        Dataset, models, sources and all else that the figures depend on.
    photos : int
        How many photos were evaluated.
    scores : tuple of Score
        One per contestant.
    failures : tuple of str
        Photos and phrases that could not be evaluated, and why.
    """

    settings: Mapping[str, Any]
    photos: int
    scores: tuple[Score, ...]
    failures: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give what JSON can keep.

        Returns
        -------
        dict
            All of it.
        """
        return asdict(self)


def summarize(
    rows: Sequence[Contestant],
    results: Sequence[PhotoResult],
    settings: Mapping[str, Any],
    failures: Sequence[str] = (),
) -> Summary:
    """Count all metrics.

    Parameters
    ----------
    rows : sequence of Contestant
        Who answered.
    results : sequence of PhotoResult
        What became of each photo.
    settings : mapping
        What the figures depend on.
    failures : sequence of str
        What was left out before.

    Returns
    -------
    Summary
        The figures.
    """
    complete = [result for result in results if result.answers]
    photos = [each.photo for each in complete for _ in each.answers[rows[0].name]]
    bootstrap = Bootstrap(photos)
    first = [answer for each in complete for answer in each.answers[rows[0].name]]
    scores = []
    for row in rows:
        answers = [answer for each in complete for answer in each.answers[row.name]]
        encoding = [each.milliseconds[row.name] for each in complete]
        others = first if row is not rows[0] else None
        scores.append(_score(row, answers, encoding, bootstrap, others))
    notes = [f"{each.photo}: {reason}" for each in results for reason in each.failures]
    return Summary(settings, len(complete), tuple(scores), (*failures, *notes))


def _score(
    row: Contestant,
    answers: Sequence[Answer],
    encoding: Sequence[float],
    bootstrap: Bootstrap,
    first: Sequence[Answer] | None,
) -> Score:
    count = len(answers)
    return Score(
        contestant=row,
        figures={each.name: _figure(each, answers, bootstrap, first) for each in METRICS},
        groups=_groups(answers),
        phrases=count,
        without_proposals=sum(not answer.proposals for answer in answers),
        proposals=sum(answer.proposals for answer in answers) / max(count, 1),
        milliseconds_per_photo=median(encoding) if encoding else 0.0,
        milliseconds_per_phrase=median(each.milliseconds for each in answers) if count else 0.0,
    )


def _figure(
    metric: Metric,
    answers: Sequence[Answer],
    bootstrap: Bootstrap,
    first: Sequence[Answer] | None,
) -> Figure:
    value, parts = metric(answers), metric.table(answers)
    figure = Figure(
        value,
        bootstrap.interval(parts),
        metric([answer for answer in answers if answer.proposals]),
    )
    base = None if first is None else metric(first)
    if first is None or base is None or value is None:
        return figure
    interval = bootstrap.interval(parts, metric.table(first))
    return Figure(figure.value, figure.interval, figure.skipped, value - base, interval)


def _groups(answers: Sequence[Answer]) -> dict[str, Group]:
    kinds = sorted({answer.kind for answer in answers if answer.kind})
    relations = sorted({name for answer in answers for name in answer.relations})
    groups = {f"kind: {kind}": _part(answers, lambda a, k=kind: a.kind == k) for kind in kinds}
    groups |= {
        f"relation: {name}": _part(answers, lambda a, n=name: n in a.relations)
        for name in relations
    }
    if relations:
        groups["any relation"] = _part(answers, lambda a: bool(a.relations))
        groups["no relation"] = _part(answers, lambda a: not a.relations)
    return groups


def _part(answers: Sequence[Answer], belongs: Callable[..., bool]) -> Group:
    part = [answer for answer in answers if belongs(answer)]
    return Group(len(part), {metric.name: metric(part) for metric in _GROUP_METRICS})

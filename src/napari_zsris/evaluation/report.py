"""An evaluation as tables, for a terminal or as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from napari_zsris.evaluation.bootstrap import Interval
from napari_zsris.evaluation.published import PUBLISHED, SPLITS
from napari_zsris.evaluation.summary import Figure, Score, Summary
from napari_zsris.wording import count

__all__ = ["Table", "markdown", "published_table", "tables"]

_MISSING = "-"
_MORE = (
    *("Pr@0.5", "Pr@0.7", "Pr@0.9"),
    *("MC-Acc", "cc-oIoU", "N-acc"),
)
_BOUNDS = (
    *("oracle oIoU", "oracle mIoU", "oracle Pr@0.5"),
    *("random oIoU", "random mIoU", "random right"),
)
_FAILURES_SHOWN = 10


@dataclass(frozen=True)
class Table:
    """A table of text.

    Parameters
    ----------
    title : str
        What it shows, with its units.
    header : tuple of str
        The columns' names; the first column names the rows.
    rows : tuple of tuple of str
        The cells.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Give the table as Markdown, its title in bold above it.

        Returns
        -------
        str
            Lines without a final line end.
        """
        rule = ("---", *("---:" for _ in self.header[1:]))
        cells = (self.header, rule, *self.rows)
        lines = [
            "| " + " | ".join(each.replace("|", "\\|") for each in row) + " |" for row in cells
        ]
        return "\n".join([f"**{self.title}**", "", *lines])


def tables(summary: Summary, *, every: bool = False) -> list[Table]:
    """Lay an evaluation out.

    Parameters
    ----------
    summary : Summary
        The figures.
    every : bool
        Give parts of the dataset for every contestant, which makes wide tables, and not only for
        the first.

    Returns
    -------
    list of Table
        Accuracy, speed, bounds, and parts of the dataset.
    """
    scores = summary.scores
    shown = scores if every else scores[:1]
    return [
        _accuracy(scores),
        _more(scores),
        _bounds(scores),
        *_skipped(scores),
        *_groups(shown),
    ]


def markdown(summary: Summary) -> str:
    """Lay an evaluation out as Markdown.

    Parameters
    ----------
    summary : Summary
        The figures.

    Returns
    -------
    str
        A title, what was run, the tables, and what could not be evaluated.
    """
    told = summary.settings
    splits = ", ".join(told["splits"]) or "all splits"
    first = summary.scores[0]
    counts = f"{count(summary.photos, 'photo')}, {count(first.phrases, 'phrase')}"
    origin = f"{told['date']}, version {told['version']}, device {told['device']}"
    masks = ", ".join(dict.fromkeys(score.contestant.proposals for score in summary.scores))
    title = f"## {told['dataset']}, {splits}: {told['comparison']}, masks of {masks}"
    lines = [title, "", f"{counts}; {origin}."]
    for table in tables(summary, every=True):
        lines += ["", table.markdown()]
    if summary.failures:
        lines += ["", f"Not evaluated: {len(summary.failures)}"]
        lines += [f"- {reason}" for reason in summary.failures[:_FAILURES_SHOWN]]
    return "\n".join(lines) + "\n"


def published_table() -> Table:
    """Lay out what others published.

    Returns
    -------
    Table
        Mean IoU, a row per split.
    """
    columns = zip(*(row.mean_iou for row in PUBLISHED), strict=True)
    rows = tuple(
        (split, *map(_number, values)) for split, values in zip(SPLITS, columns, strict=True)
    )
    header = ("", *(f"{row.name} ({row.source})" for row in PUBLISHED))
    return Table("Published mIoU in %, for comparison", header, rows)


def _accuracy(scores: Sequence[Score]) -> Table:
    several = len(scores) > 1
    header = ["", "oIoU", "mIoU", "95 %", "right", "95 %"]
    header += ["mIoU gain", "right gain"] if several else []
    rows = []
    for score in scores:
        row = [score.contestant.name, _percent(score.figures["oIoU"].value)]
        for name in ("mIoU", "right"):
            row += [_percent(score.figures[name].value), _range(score.figures[name].interval)]
        if several:
            row += [_gain(score.figures[name]) for name in ("mIoU", "right")]
        rows.append(tuple(row))
    title = "Accuracy in %; right: the best proposal was chosen"
    if several:
        title += f"; gain: over {scores[0].contestant.name}, paired"
    return Table(title, tuple(header), tuple(rows))


def _more(scores: Sequence[Score]) -> Table:
    names = [name for name in _MORE if any(score.figures[name].value for score in scores)]
    rows = tuple(
        (
            score.contestant.name,
            *(_percent(score.figures[name].value) for name in names),
            f"{score.milliseconds_per_photo:.0f}",
            f"{score.milliseconds_per_phrase:.1f}",
        )
        for score in scores
    )
    header = ("", *names, "ms/photo", "ms/phrase")
    return Table("Precision and classes in %, and medians of time", header, rows)


def _bounds(scores: Sequence[Score]) -> Table:
    # The same for all that choose among the same masks.
    first = {score.contestant.proposals: score for score in reversed(scores)}
    rows = tuple(
        (
            source,
            f"{score.proposals:.0f}",
            *(_percent(score.figures[name].value) for name in _BOUNDS),
        )
        for source, score in sorted(first.items())
    )
    title = "What the masks allow in %: the best choice among them, and a random one"
    return Table(title, ("", "masks", *_BOUNDS), rows)


def _skipped(scores: Sequence[Score]) -> Iterator[Table]:
    concerned = [score for score in scores if score.without_proposals]
    if not concerned:
        return
    rows = tuple(
        (
            score.contestant.name,
            str(score.without_proposals),
            *(_percent(score.figures[name].value) for name in ("oIoU", "mIoU")),
            *(_percent(score.figures[name].skipped) for name in ("oIoU", "mIoU")),
        )
        for score in concerned
    )
    header = ("", "phrases", "oIoU, as 0", "mIoU, as 0", "oIoU, skipped", "mIoU, skipped")
    yield Table(
        "Photos without proposals counted as 0, and skipped as published, in %", header, rows
    )


def _groups(scores: Sequence[Score]) -> Iterator[Table]:
    parts = scores[0].groups if scores else {}
    if not parts:
        return
    alone = len(scores) == 1
    metrics = ("mIoU", "right") if alone else ("mIoU",)
    header = metrics if alone else tuple(score.contestant.name for score in scores)
    title = (
        f"Parts of the phrases in %: {scores[0].contestant.name}"
        if alone
        else "Parts of the phrases: mIoU in %"
    )
    rows = tuple(
        (
            part,
            str(parts[part].phrases),
            *(_percent(score.groups[part].figures[name]) for score in scores for name in metrics),
        )
        for part in parts
    )
    yield Table(title, ("", "phrases", *header), rows)


def _percent(value: float | None) -> str:
    return _MISSING if value is None else f"{100 * value:.1f}"


def _number(value: float | None) -> str:
    return _MISSING if value is None else f"{value:.2f}"


def _range(interval: Interval | None) -> str:
    return _MISSING if interval is None else f"{100 * interval.low:.0f}-{100 * interval.high:.0f}"


def _gain(figure: Figure) -> str:
    if figure.gain is None or figure.gain_interval is None:
        return _MISSING
    low, high = figure.gain_interval
    return f"{100 * figure.gain:+.1f} ({100 * low:+.0f}..{100 * high:+.0f})"

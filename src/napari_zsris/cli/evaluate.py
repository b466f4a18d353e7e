"""`zsris evaluate`: how good a model, a source of masks or a method is on a dataset."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from napari_zsris._version import __version__
from napari_zsris.cli.crews import DaskPlace, Workers, crew_for, telling_what_is_kept
from napari_zsris.cli.options import (
    Alpha,
    Assignments,
    Beta,
    Consensus,
    DeviceName,
    Images,
    LanguageName,
    MaskLayers,
    Spatial,
    SplitBy,
    Splits,
    given,
)
from napari_zsris.cli.pace import oversee
from napari_zsris.cli.terminal import say
from napari_zsris.defaults import DEFAULT_CLIP, DEFAULT_PROPOSALS
from napari_zsris.errors import AnnotationError
from napari_zsris.wording import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_zsris.crew import Crew
    from napari_zsris.evaluation import (
        Dataset,
        EvaluationPhoto,
        Panel,
        PhotoResult,
        Plan,
        Summary,
    )

__all__ = ["evaluate"]


DatasetPath: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="DATASET",
        help="Folder with refs(...).p or grefs(...).json and instances.json, or PhraseCut's "
        "refer_....json; its photos are in images beside them, unless --images names others.",
        show_default=False,
    ),
]

ClipNames: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--clip", metavar="MODEL", help="CLIP model [default: lite]. May be repeated, to compare."
    ),
]

SourceNames: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--proposals",
        metavar="SOURCE",
        help="Where masks come from; ground-truth for DATASET's own objects "
        "[default: regions]. May be repeated, to compare.",
    ),
]

Compared: TypeAlias = Annotated[
    Literal["none", "baselines", "masks", "contexts", "settings", "terms"],
    typer.Option(
        "--compare",
        help="baselines, masks, contexts: the paper's Tables 1, 2 and 3. settings: each of our "
        "settings put back to the published one. terms: what goes beyond the paper, each off or "
        "on.",
    ),
]

StartFrom: TypeAlias = Annotated[
    Literal["ours", "published"],
    typer.Option("--method", help="Which settings to measure, and to vary in comparisons."),
]

Out: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Folder for results.json and results.md; a broken run goes on from it."
    ),
]

Limit: TypeAlias = Annotated[
    int | None, typer.Option("--limit", min=1, help="Only the first photos [default: all].")
]

NoneBelow: TypeAlias = Annotated[
    float,
    typer.Option(
        "--none-below",
        min=0.0,
        max=1.0,
        help="Answer nothing where the best mask has a smaller share.",
    ),
]


def evaluate(  # numpydoc ignore=PR01
    dataset: DatasetPath,
    *,
    images: Images = None,
    split_by: SplitBy = None,
    split: Splits = None,
    clip: ClipNames = None,
    proposals: SourceNames = None,
    compare: Compared = "none",
    start: StartFrom = "ours",
    out: Out = None,
    limit: Limit = None,
    none_below: NoneBelow = 0.0,
    dask: DaskPlace = None,
    workers: Workers = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.")] = False,
    device: DeviceName = "auto",
    language: LanguageName = None,
    alpha: Alpha = None,
    beta: Beta = None,
    mask_layers: MaskLayers = None,
    spatial: Spatial = None,
    consensus: Consensus = None,
    assign: Assignments = None,
) -> None:
    """Measure accuracy and speed on a dataset of referring expressions.

    Counts overall and mean IoU, precision, right masks and more, each with what perfect and random
    choices among the same masks would reach, and with 95 % intervals over photos.
    """
    from napari_zsris.evaluation import Plan, load_dataset
    from napari_zsris.evaluation.published import published_alpha

    data = load_dataset(dataset, images, split_by=split_by, splits=split or ()).first(limit)
    changes = given(
        assign,
        alpha=alpha,
        beta=beta,
        mask_layers=mask_layers,
        spatial=spatial,
        consensus=consensus,
    )
    plan = Plan(
        clips=tuple(clip or [DEFAULT_CLIP]),
        proposals=tuple(proposals or [DEFAULT_PROPOSALS]),
        comparison=compare,
        changes=changes,
        published=published_alpha(data.name),
        start=start,
        none_below=none_below,
        device=device,
        language=language,
    )
    summary = _run(data, plan, out, dask, workers)
    if as_json:
        typer.echo(json.dumps(summary.to_json(), indent=2, allow_nan=False))
        return
    _show(summary, out)


def _run(
    data: Dataset, plan: Plan, out: Path | None, dask: str | None, workers: int | None
) -> Summary:
    from napari_zsris.evaluation import Examiner, PhotoResult, summarize

    with crew_for(plan.examiner, PhotoResult.failed, plan.device, dask, workers) as crew:
        panel = crew.ask(Examiner.panel)
        settings = _settings(data, plan, panel)
        results = _results(data, crew, settings, out)
    if not any(result.answers for result in results):
        raise AnnotationError(
            f"none of {len(results)} photos could be evaluated, the first because "
            f"{results[0].failures[0]}"
        )
    bad = [f"{row.where}: {row.reason}" for row in data.bad]
    date = datetime.now(UTC).date().isoformat()
    summary = summarize(panel.rows, results, settings | {"date": date}, [*panel.missing, *bad])
    if out:
        _write(summary, out)
    return summary


def _settings(data: Dataset, plan: Plan, panel: Panel) -> dict[str, Any]:
    return {
        "comparison": plan.comparison,
        "device": ", ".join(panel.devices),
        "language": plan.language,
        "dataset": data.name,
        "splits": list(data.splits),
        "contestants": [row.to_json() for row in panel.rows],
        "none_below": plan.none_below,
        "version": __version__,
    }


def _results(
    data: Dataset,
    crew: Crew[EvaluationPhoto, PhotoResult],
    settings: Mapping[str, Any],
    out: Path | None,
) -> list[PhotoResult]:
    from napari_zsris.evaluation import Journal
    from napari_zsris.evaluation import evaluate as evaluating

    journal = Journal(out, settings) if out else None

    def kept() -> str:
        if journal is None:
            return "nothing is kept without --out FOLDER"
        done = sum(bool(result.answers) for result in journal.done.values())
        return (
            f"{done:,} of {len(data.photos):,} photos are in {journal.path}; the same "
            "command goes on from there"
        )

    with telling_what_is_kept(kept):
        return oversee(evaluating(data, crew, journal))


def _write(summary: Summary, out: Path) -> None:
    from napari_zsris.evaluation import markdown
    from napari_zsris.files import atomic_write

    with atomic_write(out / "results.json") as part:
        part.write_text(json.dumps(summary.to_json(), indent=2, allow_nan=False), encoding="utf-8")
    with atomic_write(out / "results.md") as part:
        part.write_text(markdown(summary), encoding="utf-8")


def _show(summary: Summary, out: Path | None) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from napari_zsris.evaluation import published_table, tables

    console = Console(highlight=False)
    phrases = summary.scores[0].phrases
    console.print(
        Text(
            f"{summary.settings['dataset']}: {count(summary.photos, 'photo')}, "
            f"{count(phrases, 'phrase')}"
        )
    )
    for table in (*tables(summary), published_table()):
        shown = Table(title=table.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for place, name in enumerate(table.header):
            shown.add_column(name, justify="right" if place else "left", overflow="fold")
        for row in table.rows:
            # Names may be broken, numbers not.
            shown.add_row(row[0], *(Text(cell, no_wrap=True) for cell in row[1:]))
        console.print(shown)
    if out:
        console.print(Text(f"Results in {out}: results.json, results.md"))
    if summary.failures:
        say("warning", f"{len(summary.failures)} not evaluated, first {summary.failures[0]}")

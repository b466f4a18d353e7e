"""`zsris stats`: how far a project's review is, and whether pre-labelling pays."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_zsris.wording import count

if TYPE_CHECKING:
    from rich.table import Table

    from napari_zsris.annotations import Statistics

__all__ = ["stats"]


def stats(  # numpydoc ignore=PR01
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="A .zsris file.", show_default=False)
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Count a project's items, and say how good the proposed masks were.

    The project may be open elsewhere meanwhile.
    """
    from napari_zsris.annotations import Project

    with Project.open(project, readonly=True) as opened:
        statistics = opened.statistics()
    if as_json:
        typer.echo(json.dumps(_values(statistics), indent=2, allow_nan=False))
        return
    from rich.console import Console

    console = Console(highlight=False)
    for table in _tables(statistics):
        console.print(table)
    console.print(_summary(statistics))


def _values(statistics: Statistics) -> dict[str, Any]:
    values = dataclasses.asdict(statistics)
    for row in values["acceptance"]:
        # Candidates are counted from 1 wherever people read.
        row["rank"] += 1
    return values


def _tables(statistics: Statistics) -> list[Table]:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    counts = Table("Status", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("Items", "Share", "Seconds"):
        counts.add_column(name, justify="right")
    for status, items in statistics.counts.items():
        seconds = statistics.seconds_by_status.get(status)
        counts.add_row(
            status, str(items), _percent(items, statistics.phrases), _number(seconds, "")
        )
    if not statistics.acceptance:
        return [counts]
    ranks = Table("Candidate", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("Accepted", "Share", "Corrected"):
        ranks.add_column(name, justify="right")
    for row in statistics.acceptance:
        share = f"{row.accepted_share:.1%}"
        ranks.add_row(str(row.rank + 1), str(row.accepted), share, str(row.corrected))
    return [counts, ranks]


def _summary(statistics: Statistics) -> str:
    held = (
        f"{count(statistics.photos, 'photo')}, {count(statistics.phrases, 'phrase')}, "
        f"{statistics.ranked} ranked, "
        f"{statistics.failures} failed, {statistics.imported} imported as finished"
    )
    time = f"Median time per decision: {_number(statistics.seconds, ' s')}"
    iou = f"Mean IoU of corrected masks with the proposed: {_number(statistics.corrected_iou, '')}"
    return f"{held}\n{time}\n{iou}"


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _number(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.2f}{unit}"

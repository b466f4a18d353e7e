"""`zsris merge`: several projects, such as the parts of a job array, into one."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from napari_zsris.cli.filling import project_to_fill
from napari_zsris.cli.terminal import follow, say
from napari_zsris.wording import count

__all__ = ["merge"]


def merge(  # numpydoc ignore=PR01
    project: Annotated[
        Path,
        typer.Argument(
            metavar="PROJECT", help="The .zsris file to fill; made if missing.", show_default=False
        ),
    ],
    parts: Annotated[
        list[Path],
        typer.Argument(metavar="PART...", help="The .zsris files to read.", show_default=False),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was new as JSON.")] = False,
) -> None:
    """Fill a project with what others have and it lacks.

    What was done in it stays in force; merging again, or in another order, gives the same. The
    parts are only read.
    """
    reports = {}
    with project_to_fill(project) as opened:
        for part in parts:
            reports[str(part)] = report = follow(opened.merging(part))
            if as_json:
                continue
            typer.echo(
                f"{part}: new are {count(report.photos, 'photo')}, "
                f"{count(report.phrases, 'phrase')}, {count(report.ranked, 'ranking')}, "
                f"{count(report.decided, 'decision')}"
            )
            for name in report.strangers:
                say("warning", f"{part}: {name} is another file in {project}, and was left out")
            if report.conflicts:
                say(
                    "warning",
                    f"{part}: {count(report.conflicts, 'phrase')} decided on otherwise there; in "
                    f"force is what was decided in {project}, else the later decision",
                )
            for difference in report.categories:
                say("warning", f"{part}: {difference}")
        waiting = opened.rankings.pending_counts()[1]
    if as_json:
        values = {part: dataclasses.asdict(report) for part, report in reports.items()}
        typer.echo(json.dumps({"parts": values, "waiting": waiting}, indent=2, allow_nan=False))
    elif waiting:
        typer.echo(f"{count(waiting, 'phrase')} of {project} still to be ranked")

"""`zsris prelabel`: candidates for every phrase of a dataset, into a project."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_zsris.cli.crews import DaskPlace, Workers, crew_for, telling_what_is_kept
from napari_zsris.cli.filling import project_to_fill
from napari_zsris.cli.intake import (
    CocoFile,
    Crowds,
    Dataset,
    Masks,
    PhraseCutFile,
    PhrasesFile,
    RefcocoFolder,
)
from napari_zsris.cli.options import (
    Alpha,
    Assignments,
    Beta,
    ClipName,
    Consensus,
    DeviceName,
    Images,
    LanguageName,
    MaskLayers,
    ProposalsName,
    Spatial,
    SplitBy,
    Splits,
    Top,
    given,
)
from napari_zsris.cli.pace import duration, oversee
from napari_zsris.cli.shards import (
    Part,
    fill_from_project,
    join_command,
    read_shard,
    shard_path,
)
from napari_zsris.cli.terminal import follow, say
from napari_zsris.defaults import DEFAULT_CLIP, DEFAULT_PROPOSALS
from napari_zsris.errors import AnnotationError
from napari_zsris.wording import count

if TYPE_CHECKING:
    from napari_zsris.annotations import Project
    from napari_zsris.annotations.imports import ImportReport, Shard
    from napari_zsris.prelabel import Settings, Summary

__all__ = ["prelabel"]

SHOWN = 10


def prelabel(  # numpydoc ignore=PR01
    *,
    project: Annotated[
        Path, typer.Option(help="A .zsris file; made if it is not there.", show_default=False)
    ],
    images: Images = None,
    phrases: PhrasesFile = None,
    refcoco: RefcocoFolder = None,
    split_by: SplitBy = None,
    split: Splits = None,
    phrasecut: PhraseCutFile = None,
    coco: CocoFile = None,
    masks: Masks = None,
    crowds: Crowds = None,
    clip: ClipName = DEFAULT_CLIP,
    proposals: ProposalsName = DEFAULT_PROPOSALS,
    top: Top = 5,
    scenes: Annotated[
        Path | None,
        typer.Option(help="Keep what was encoded in this folder, and use what is there."),
    ] = None,
    device: DeviceName = "auto",
    language: LanguageName = None,
    alpha: Alpha = None,
    beta: Beta = None,
    mask_layers: MaskLayers = None,
    spatial: Spatial = None,
    consensus: Consensus = None,
    assign: Assignments = None,
    shard: Part = None,
    dask: DaskPlace = None,
    workers: Workers = None,
    retry: Annotated[bool, typer.Option(help="Try again what failed in an earlier run.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Rank masks for all phrases of many photos, to be reviewed later.

    Each photo is encoded once and written when it is ranked: after Ctrl-C or a crash the same
    command goes on where it stopped. What is done, and what people decided, is left alone.
    Ends with exit code 1 when something could not be ranked.
    """
    from napari_zsris.prelabel import Settings

    dataset = Dataset.named(
        images,
        {"phrases": phrases, "refcoco": refcoco, "phrasecut": phrasecut, "coco": coco},
        masks,
        split_by,
        split,
        crowds,
    )
    part = read_shard(shard) if shard else None
    changes = given(
        assign,
        alpha=alpha,
        beta=beta,
        mask_layers=mask_layers,
        spatial=spatial,
        consensus=consensus,
    )
    settings = Settings(clip, proposals, device, language, changes, top, scenes)
    began = time.monotonic()
    with _opened(project, dataset, part) as (work, report):
        if not as_json:
            _tell_import(report)
        if report and report.took_nothing and (report.bad or part is None):
            _tell_nothing(work, report, as_json=as_json)
            raise typer.Exit(1)
        summary = _ranked(work, settings, dask, workers, retry=retry)
        _tell(work, report, summary, time.monotonic() - began, as_json=as_json)
        failed = bool(work.rankings.failures())
    if part and not as_json:
        typer.echo(f"When all {part.count} parts are there: {join_command(project, part)}")
    if failed:
        raise typer.Exit(1)


@contextlib.contextmanager
def _opened(
    path: Path, dataset: Dataset | None, part: Shard | None
) -> Generator[tuple[Project, ImportReport | None]]:
    if dataset is None and not path.exists():
        raise AnnotationError(
            f"there is no project {path} yet: give --images FOLDER, and phrases with --phrases, "
            "--refcoco, --phrasecut or --coco"
        )
    place = shard_path(path, part) if part else path
    with project_to_fill(place, create=dataset is not None or part is not None) as work:
        report = None
        if dataset:
            report = follow(dataset.importing(work, part))
        elif part:
            follow(fill_from_project(work, path, part))
        yield work, report


def _ranked(
    work: Project, settings: Settings, dask: str | None, workers: int | None, *, retry: bool
) -> Summary:
    from napari_zsris.prelabel import Outcome, Summary, prelabelling

    waiting, _ = work.rankings.pending_counts(retry=retry)
    if not waiting:
        return Summary(0, 0)

    def kept() -> str:
        left, _ = work.rankings.pending_counts(retry=retry)
        return (
            f"{waiting - left:,} of {waiting:,} photos are in {work.path}; the same command goes "
            "on from there"
        )

    with (
        telling_what_is_kept(kept),
        crew_for(settings.ranker, Outcome.failed, settings.device, dask, workers) as crew,
    ):
        return oversee(prelabelling(work, crew, retry=retry))


def _tell_import(report: ImportReport | None) -> None:
    if report is None:
        return
    new = f"{count(report.photos, 'photo')}, {count(report.phrases, 'phrase')}"
    masks = f", {count(report.proposals, 'mask')} to choose from" if report.proposals else ""
    finished = f", {report.finished:,} finished" if report.finished else ""
    known = f" ({count(report.known, 'known phrase')})" if report.known else ""
    typer.echo(f"New: {new}{masks}{finished}{known}")
    for note in report.notes:
        say("warning", note)
    _tell_few([f"{row.where}: {row.reason}" for row in report.bad], "left out")


def _tell_nothing(work: Project, report: ImportReport, *, as_json: bool) -> None:
    from napari_zsris.prelabel import Summary

    if as_json:
        _tell(work, report, Summary(0, 0), 0.0, as_json=True)
    say("error", "nothing of the dataset could be taken in, so nothing was ranked")


def _tell(
    work: Project, report: ImportReport | None, summary: Summary, seconds: float, *, as_json: bool
) -> None:
    failures = work.rankings.failures()
    if as_json:
        document = {
            "project": str(work.path),
            "photos": summary.photos,
            "phrases": summary.phrases,
            "seconds": round(seconds, 3),
            "failures": [vars(failure) for failure in failures],
            "left_out": [vars(row) for row in report.bad] if report else [],
            "notes": list(report.notes) if report else [],
        }
        typer.echo(json.dumps(document, indent=2, allow_nan=False))
        return
    speed = f"{summary.photos / seconds:.2f} photos/s" if seconds else "at once"
    typer.echo(
        f"Ranked {count(summary.phrases, 'phrase')} of {count(summary.photos, 'photo')} in "
        f"{duration(seconds)} "
        f"({speed}) into {work.path}"
    )
    _tell_few(
        [
            f"{failure.photo}{f', “{failure.phrase}”' if failure.phrase else ''}: {failure.reason}"
            for failure in failures
        ],
        "could not be ranked",
    )


def _tell_few(lines: list[str], what: str) -> None:
    for line in lines[:SHOWN]:
        say("warning", f"{what}: {line}")
    if len(lines) > SHOWN:
        say("warning", f"{what}: {len(lines) - SHOWN:,} more (--json lists them all)")

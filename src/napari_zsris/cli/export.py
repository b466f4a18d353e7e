"""`zsris export`: what was decided in a project, as COCO and RefCOCO files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import typer

from napari_zsris.cli.terminal import follow, say
from napari_zsris.errors import AnnotationError, PhraseError

if TYPE_CHECKING:
    from napari_zsris.annotations import Categories, ExportReport
    from napari_zsris.method.language import Language

__all__ = ["export"]


class _Options(TypedDict):
    status: list[str] | None
    split: list[str] | None
    categories: Categories


def export(  # numpydoc ignore=PR01
    project: Annotated[
        Path, typer.Argument(metavar="PROJECT", help="A .zsris file.", show_default=False)
    ],
    *,
    coco: Annotated[Path | None, typer.Option(help="COCO file to write.")] = None,
    refcoco: Annotated[
        Path | None, typer.Option(help="Folder to write RefCOCO's files to.")
    ] = None,
    masks: Annotated[
        Literal["rle", "polygons"] | None,
        typer.Option(
            help="How masks are written, both without loss [default: rle in COCO, polygons in "
            "RefCOCO, whose readers take nothing else]."
        ),
    ] = None,
    split_by: Annotated[str, typer.Option(help="NAME in RefCOCO's refs(NAME).p.")] = "zsris",
    status: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATUS",
            help="Only such items: accepted, corrected, none-fits, or todo for the best candidates "
            "of undecided ones [default: all with a final mask]. May be given several times.",
        ),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPLIT", help="Only phrases of this split. May be given several times."
        ),
    ] = None,
    category: Annotated[
        str | None,
        typer.Option(help="One category for all [default: as imported, or the head noun]."),
    ] = None,
    category_map: Annotated[
        Path | None,
        typer.Option(help="Rename categories: a JSON object, or a CSV file of old,new."),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="spaCy model that finds head nouns [default: the best].")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what was written as JSON.")
    ] = False,
) -> None:
    """Export a project's masks as COCO, as RefCOCO, or both.

    The files appear whole or not at all. The project may be open elsewhere meanwhile.
    """
    from napari_zsris.annotations import Categories, Project

    if coco is None and refcoco is None:
        raise AnnotationError("nothing to export to: give --coco FILE, --refcoco FOLDER, or both")
    options = _Options(
        status=status or None,
        split=split or None,
        categories=Categories(category, _head_noun(language), _renames(category_map)),
    )
    written: dict[str, ExportReport] = {}
    with Project.open(project, readonly=True) as opened:
        if coco:
            written["annotations"] = follow(opened.exporting_coco(coco, masks or "rle", **options))
        if refcoco:
            written["refs"] = follow(
                opened.exporting_refcoco(refcoco, split_by, masks=masks or "polygons", **options)
            )
    if as_json:
        left_out = {what: report.left_out for what, report in written.items()}
        typer.echo(json.dumps(written | {"left_out": left_out}, allow_nan=False))
    else:
        _tell(written, [place for place in (coco, refcoco) if place])


def _tell(written: dict[str, ExportReport], places: list[Path]) -> None:
    for (what, report), place in zip(written.items(), places, strict=True):
        typer.echo(f"{report} {what} written to {place}")
    for explanation in dict.fromkeys(report.explanation for report in written.values()):
        if explanation:
            typer.echo(explanation)
    if not any(written.values()):
        say("warning", "no such item has a mask yet; --status todo exports the best candidates")


def _head_noun(model: str | None) -> Callable[[str], str | None]:
    @lru_cache(1)
    def load() -> Language:
        # Seconds, which only phrases without a known category are worth.
        from napari_zsris.method.language import Language

        return Language(model)

    def find(phrase: str) -> str | None:
        try:
            return load().parse(phrase).head
        except PhraseError:
            return None

    return find


def _renames(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
        pairs = json.loads(text) if path.suffix == ".json" else dict(_rows(text))
    except (OSError, ValueError, csv.Error) as error:
        raise AnnotationError(
            f"cannot read categories from {path}: {error}; give a JSON object of old names to new "
            "ones, or a CSV file with an old and a new name on every line"
        ) from error
    if not isinstance(pairs, dict) or not all(isinstance(name, str) for name in pairs.values()):
        raise AnnotationError(f"{path} must hold a JSON object of old names to new ones")
    return pairs


def _rows(text: str) -> list[list[str]]:
    rows = csv.reader(text.splitlines(), strict=True)
    return [[name.strip() for name in row] for row in rows if row]

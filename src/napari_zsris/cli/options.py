"""Options that several verbs have: which models, with which weights, on which photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

__all__ = [
    "Alpha",
    "Beta",
    "ClipName",
    "Consensus",
    "DeviceName",
    "Images",
    "LanguageName",
    "MaskLayers",
    "ProposalsName",
    "Spatial",
    "SplitBy",
    "Splits",
    "Top",
    "given",
]

ClipName: TypeAlias = Annotated[
    str,
    typer.Option("--clip", help="CLIP model: lite, ARCH/TAG or ARCH:FILE (see zsris models)."),
]

ProposalsName: TypeAlias = Annotated[
    str, typer.Option("--proposals", help="Where masks come from (see zsris models).")
]

DeviceName: TypeAlias = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]

LanguageName: TypeAlias = Annotated[
    str | None, typer.Option("--language", help="spaCy model [default: the best installed].")
]

Alpha: TypeAlias = Annotated[
    float | None,
    typer.Option("--alpha", help="Weight of the whole photo, 0 to 1 [default: the model's own]."),
]

Beta: TypeAlias = Annotated[
    float | None,
    typer.Option("--beta", help="Weight of the whole phrase, 0 to 1 [default: the model's own]."),
]

MaskLayers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--mask-layers", help="Blocks of a ViT that see the mask [default: the model's own]."
    ),
]

Spatial: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--spatial/--no-spatial",
        help="Whether words such as left count [default: the model's own].",
    ),
]

Consensus: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--consensus/--no-consensus",
        help="Whether a mask gains from likely ones that overlap it [default: the model's own].",
    ),
]

Top: TypeAlias = Annotated[
    int, typer.Option("--top", min=1, help="How many of the best masks to give.")
]

Images: TypeAlias = Annotated[Path | None, typer.Option("--images", help="Folder of the photos.")]

SplitBy: TypeAlias = Annotated[
    str | None,
    typer.Option("--split-by", help="NAME in RefCOCO's refs(NAME).p: unc, umd or google."),
]

Splits: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--split", metavar="SPLIT", help="Only this split [default: all]. May be repeated."
    ),
]


def given(**options: object) -> dict[str, object]:
    """Keep the options that were given on the command line.

    Parameters
    ----------
    **options : object
        Options by name, None where they were not given.

    Returns
    -------
    dict
        The others.
    """
    return {name: value for name, value in options.items() if value is not None}

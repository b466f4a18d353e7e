"""Options that several verbs have: which models, with which weights, on which photos."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from napari_zsris.errors import MethodError, shortened

__all__ = [
    "Alpha",
    "Assignments",
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

_KINDS = {bool: ("on or off", "on"), int: ("a whole number", "3"), float: ("a number", "0.2")}
_SWITCH = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}

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

Assignments: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any setting of the method, as in context=frame (see the documentation's page on "
        "the method). May be repeated.",
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


def given(assign: Iterable[str] | None = None, **options: object) -> dict[str, object]:
    """Gather the settings of the method that were given on the command line.

    Whether there is such a setting, and whether a value is in its range, is for
    :meth:`~napari_zsris.Method.replace` to say.

    Parameters
    ----------
    assign : iterable of str, optional
        Settings as "NAME=VALUE".
    **options : object
        Settings that have options of their own, by name; None where they were not given.

    Returns
    -------
    dict
        Values by the settings' names.

    Raises
    ------
    MethodError
        A pair has no "=", or a value is not of its setting's kind.
    """
    values = {name: value for name, value in options.items() if value is not None}
    return values | _assigned(assign) if assign else values


def _assigned(pairs: Iterable[str]) -> dict[str, object]:
    # Seconds, which only a setting without an option of its own is worth.
    from napari_zsris.method import Method

    defaults = vars(Method())
    values: dict[str, object] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise MethodError(
                f"--set {shortened(pair)} has no value: write NAME=VALUE, as in gamma=0.2"
            )
        values[name] = _read(name, text, defaults.get(name, ""))
    return values


def _read(name: str, text: str, default: object) -> object:
    try:
        match default:
            case bool():
                return _SWITCH[text.lower()]
            case int() | float():
                return type(default)(text)
    except (KeyError, ValueError) as error:
        kind, example = _KINDS[type(default)]
        raise MethodError(
            f"--set {shortened(f'{name}={text}')}: {name} takes {kind}, as in {name}={example}"
        ) from error
    return text

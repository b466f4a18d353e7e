"""`zsris models`: what can be used on this machine, and how to get the rest."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from napari_zsris.cli.terminal import busy

if TYPE_CHECKING:
    from rich.table import Table

    from napari_zsris.clip.catalogue import ClipEntry
    from napari_zsris.proposals.registry import Availability

__all__ = ["models"]


Row: TypeAlias = dict[str, str | bool]


def models(  # numpydoc ignore=PR01
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="List models that are not usable here, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """List the models that are usable here, and how to get others."""
    with busy("Looking for models"):
        found = _found()
    if as_json:
        typer.echo(json.dumps(found, indent=2, allow_nan=False))
        return
    from rich.console import Console

    console = Console(highlight=False)
    for option, rows in found.items():
        console.print(_table(option, rows if everything else _worth_a_row(rows)))
    missing = sum(len(rows) - len(_worth_a_row(rows)) for rows in found.values())
    if missing and not everything:
        console.print(
            f"{missing} published models are not on this machine; zsris models --all lists them."
        )


def _found() -> dict[str, list[Row]]:
    from napari_zsris.clip.catalogue import catalogue
    from napari_zsris.method.language import MODELS
    from napari_zsris.proposals.registry import available

    return {
        "clip": [_row(entry) for entry in catalogue()],
        "proposals": [_row(entry) for entry in available()],
        "language": [_language_row(name, bundled=name == MODELS[-1]) for name in MODELS],
    }


def _row(entry: ClipEntry | Availability) -> Row:
    return {
        "name": entry.usage,
        "summary": entry.summary,
        "usable": entry.usable,
        "reason": entry.reason,
        "remedy": entry.remedy,
    }


def _language_row(name: str, *, bundled: bool) -> Row:
    usable = find_spec(name) is not None
    command = (
        f"pip install {name.replace('_', '-')}" if bundled else f"python -m spacy download {name}"
    )
    return {
        "name": name,
        "summary": "English model of spaCy",
        "usable": usable,
        "reason": "" if usable else "not installed",
        "remedy": "" if usable else command,
    }


def _worth_a_row(rows: list[Row]) -> list[Row]:
    # open_clip publishes more than a hundred models, of which a machine has a few.
    return [row for row in rows if row["usable"] or len(rows) < 20]


def _table(option: str, rows: list[Row]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"--{option}", overflow="fold")
    table.add_column("Here")
    table.add_column("")
    for row in rows:
        lacking = "" if row["usable"] else f"; {row['reason']}; to get it: {row['remedy']}"
        table.add_row(
            Text(str(row["name"])),
            "yes" if row["usable"] else "no",
            Text(f"{row['summary']}{lacking}"),
        )
    return table

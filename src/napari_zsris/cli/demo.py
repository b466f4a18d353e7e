"""`zsris demo`: the main job on a photo that is always there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_zsris.cli.results import check_folder, default_folder
from napari_zsris.cli.segment import find, show

__all__ = ["demo"]

_TOP = 5


def demo(  # numpydoc ignore=PR01
    *,
    photo: Annotated[
        str, typer.Option(help="Sample photo: coffee, astronaut or rocket.")
    ] = "coffee",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results [default: a new one, after photo and phrase]."),
    ] = None,
) -> None:
    """Find something in a sample photo, offline.

    Prints a table, and writes a picture of the best mask, the masks and a COCO file.
    """
    from napari_zsris.samples import find_photo

    sample = find_photo(photo)
    phrase, source = sample.phrases[0], Path(f"{sample.name}.png")
    folder = out or default_folder(source, phrase)
    check_folder(folder, _TOP)
    models = {"clip": "lite", "proposals": "regions"}
    show(find(source, sample.load(), phrase, models, {}, top=_TOP), folder, as_json=False)
    typer.echo(f"Photo: {sample.credit} ({sample.licence}). Others to try: {sample.phrases[1:]}")

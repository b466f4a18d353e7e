"""`zsris demo`: the main job on a photo that is always there."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_zsris.cli.results import check_folder, default_folder
from napari_zsris.cli.segment import find, show
from napari_zsris.defaults import DEFAULT_CLIP, DEFAULT_PROPOSALS
from napari_zsris.errors import ModelUnavailableError

if TYPE_CHECKING:
    from napari_zsris.samples import Sample

__all__ = ["demo"]

_TOP = 5


def demo(  # numpydoc ignore=PR01
    *,
    photo: Annotated[
        str, typer.Option(help="Sample photo: astronaut, coffee or rocket.")
    ] = "astronaut",
    screenshot: Annotated[
        Path | None,
        typer.Option(help="Save a picture of napari's window, which needs no screen."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the results to this folder, as zsris segment does."),
    ] = None,
) -> None:
    """Find something in a sample photo, offline.

    Opens napari where there is a screen; elsewhere, or with --out, does what zsris segment does.
    """
    from napari_zsris.samples import find_photo

    sample = find_photo(photo)
    window = screenshot is not None or (out is None and _has_screen() and _has_qt())
    if window:
        _in_napari(sample, screenshot)
    if out or not window:
        _in_terminal(sample, out)


def _in_napari(sample: Sample, screenshot: Path | None) -> None:
    if not _has_qt():
        raise ModelUnavailableError(
            "napari's window needs Qt, which is not installed: pip install 'napari-zsris[all]', "
            "or give --out FOLDER to do without"
        )
    from napari_zsris._qt.demo import run_demo

    run_demo(sample.name, screenshot)
    if screenshot:
        typer.echo(f"napari's window, looking for {sample.phrases[0]!r}, is in {screenshot}")


def _in_terminal(sample: Sample, out: Path | None) -> None:
    phrase, source = sample.phrases[0], Path(f"{sample.name}.png")
    folder = out or default_folder(source, phrase)
    check_folder(folder, _TOP)
    models = {"clip": DEFAULT_CLIP, "proposals": DEFAULT_PROPOSALS}
    finding = find(source, sample.load(), phrase, models, {}, top=_TOP)
    show(finding, folder, as_json=False)
    typer.echo(f"Photo: {sample.credit} ({sample.licence})")


def _has_screen() -> bool:
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _has_qt() -> bool:
    return any(find_spec(binding) for binding in ("PyQt6", "PySide6"))

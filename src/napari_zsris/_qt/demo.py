"""napari with a sample photo and its first phrase found, also where there is no screen."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import napari
from qtpy.QtWidgets import QApplication

from napari_zsris._qt.commands import layer_data
from napari_zsris.errors import ZsrisError
from napari_zsris.files import atomic_write
from napari_zsris.samples.photos import Sample, find_photo, photos

if TYPE_CHECKING:
    from napari_zsris._qt.dock import SegmentationDock

__all__ = ["DemoError", "DisplayError", "run_demo", "some_display"]

WINDOW = (1280, 800)
SECONDS_TO_WAIT = 600
SECONDS_TO_DRAW = 1.0

SECONDS_TO_STOP_SCREEN = 10


class DemoError(ZsrisError):
    """The demo came to nothing."""


def run_demo(sample: str | None = None, screenshot: Path | None = None) -> None:
    """Open napari with a sample photo, find its first phrase, and stay open or take a picture.

    Parameters
    ----------
    sample : str, optional
        The sample's name; the first one by default.
    screenshot : Path, optional
        Where to save a picture of the whole window; napari is closed afterwards.

    Raises
    ------
    ImageError
        There is no such sample.
    DemoError
        The phrase was not found in time, or nothing fits it.
    DisplayError
        There is no screen to draw on.
    OutputError
        The picture cannot be written.
    """
    chosen = photos()[0] if sample is None else find_photo(sample)
    with some_display(WINDOW):
        _show(chosen, screenshot)


def _show(sample: Sample, screenshot: Path | None) -> None:
    pixels, options, _ = layer_data(sample)
    viewer = napari.Viewer(title="napari-zsris demo", show=True)
    viewer.window.resize(*WINDOW)
    viewer.add_image(pixels, **options)
    _, dock = viewer.window.add_plugin_dock_widget("napari-zsris", "Referring segmentation")
    dock.segment(sample.phrases[0])
    if screenshot is None:
        napari.run()
        return
    try:
        _wait(dock)
        with atomic_write(screenshot) as partial:
            viewer.window.screenshot(str(partial), canvas_only=False, flash=False)
    finally:
        viewer.close()


def _wait(dock: SegmentationDock) -> None:
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while dock.workspace.working and time.monotonic() < deadline:
        _let_draw(0.02)
    question = dock.workspace.reviewer.question
    if question is None or not len(question):
        raise DemoError(f"the demo found nothing: {dock.panel.status.text}; try another sample")
    _let_draw(SECONDS_TO_DRAW)


def _let_draw(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


class DisplayError(ZsrisError):
    """There is no screen to draw on."""


@contextlib.contextmanager
def some_display(size: tuple[int, int]) -> Iterator[None]:
    """Make sure that windows can be opened: on the screen there is, or on a virtual one (Xvfb).

    Parameters
    ----------
    size : tuple of int
        Width and height of the virtual screen, in pixels.

    Raises
    ------
    DisplayError
        There is no screen, and no Xvfb either.
    """
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield
        return
    server = shutil.which("Xvfb")
    if server is None:
        raise DisplayError(
            "there is no screen to draw on: install Xvfb (on Debian: apt install xvfb), "
            "or run this on a desktop"
        )
    with _virtual(server, size) as name:
        os.environ["DISPLAY"] = name
        try:
            yield
        finally:
            del os.environ["DISPLAY"]


@contextlib.contextmanager
def _virtual(server: str, size: tuple[int, int]) -> Iterator[str]:
    reading, writing = os.pipe()
    screen = f"{size[0]}x{size[1]}x24"
    command = [server, "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp"]
    process = subprocess.Popen(  # noqa: S603 - a program found by name, with fixed arguments
        command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        os.close(writing)
        with os.fdopen(reading) as stream:
            number = stream.readline().strip()
        if not number:
            raise DisplayError(f"{server} did not start: run it by hand to see why")
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(SECONDS_TO_STOP_SCREEN)

"""napari with a sample photo and its first phrase found."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import napari
from qtpy.QtWidgets import QApplication

from napari_zsris._qt.display import some_display
from napari_zsris._qt.samples import layer_data
from napari_zsris.errors import ZsrisError
from napari_zsris.files import atomic_write
from napari_zsris.samples.photos import Sample, find_photo, photos

if TYPE_CHECKING:
    from napari_zsris._qt.dock import SegmentationDock

__all__ = ["DemoError", "run_demo"]

WINDOW = (1280, 800)
SECONDS_TO_WAIT = 600
SECONDS_TO_DRAW = 1.0


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

"""Take the pictures of the documentation from the real window.

    python docs/screenshots/make_screenshots.py

Works on a desktop, and on a machine without a screen where Xvfb is installed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from napari.settings import get_settings
from PIL import Image
from qtpy.QtWidgets import QApplication, QToolButton

from napari_zsris._qt.commands import layer_data
from napari_zsris._qt.demo import some_display
from napari_zsris._qt.dock import SegmentationDock
from napari_zsris.annotations import Project
from napari_zsris.samples import find_photo, photos

FOLDER = Path(__file__).parent
WINDOW = (1280, 800)
SECONDS_TO_WAIT = 120


def let_draw(seconds: float) -> None:
    """Let the window live for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.01)


def wait(until: Callable[[], bool]) -> None:
    """Let the window live until something is true."""
    end = time.monotonic() + SECONDS_TO_WAIT
    while not until():
        if time.monotonic() > end:
            sys.exit("the window did not get there in time")
        let_draw(0.05)


def find(dock: SegmentationDock, phrase: str) -> None:
    """Find a phrase and wait for the candidates."""
    dock.segment(phrase)
    wait(lambda: not dock.workspace.working)
    let_draw(0.5)


def save(viewer: napari.Viewer, name: str) -> None:
    """Save a picture of the whole window."""
    let_draw(1.0)
    pixels = viewer.window.screenshot(canvas_only=False, flash=False)
    # Few colours keep the files small, and the eye sees no difference.
    picture = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    picture.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(
        FOLDER / f"{name}.png", optimize=True
    )


def open_sample(viewer: napari.Viewer, name: str) -> None:
    """Open a sample photo in place of what is open."""
    viewer.layers.clear()
    pixels, options, _ = layer_data(find_photo(name))
    viewer.add_image(pixels, **options)
    viewer.reset_view()


def main() -> None:
    """Take the pictures."""
    get_settings().appearance.theme = "dark"
    viewer = napari.Viewer(show=True)
    viewer.window.resize(*WINDOW)
    open_sample(viewer, "astronaut")
    _, dock = viewer.window.add_plugin_dock_widget("napari-zsris", "Referring segmentation")
    reviewer = dock.workspace.reviewer
    save(viewer, "opened-dark")

    find(dock, "the woman's helmet")
    save(viewer, "candidates-dark")
    reviewer.accept()
    save(viewer, "accepted-dark")
    find(dock, "the space shuttle on the right")
    reviewer.edit()
    save(viewer, "correcting-dark")
    viewer.theme = "light"
    open_sample(viewer, "coffee")
    find(dock, "the wooden table")
    dock.findChild(QToolButton, "advanced").click()
    save(viewer, "advanced-light")
    viewer.close()


def make_project(folder: Path) -> Path:
    """Make a project of the sample photos, with the phrases that come with them."""
    path = folder / "samples.zsris"
    with Project.open(path, create=True) as project:
        for sample in photos():
            Image.fromarray(sample.load()).save(folder / f"{sample.name}.png")
            photo = project.library.add_photo(f"{sample.name}.png")
            for phrase in sample.phrases:
                project.library.add_phrase(photo, phrase)
    return path


def item_of(dock: SegmentationDock) -> int | None:
    """Tell which item of the work list is shown."""
    question = dock.workspace.reviewer.question
    return None if question is None else question.item_id


def review(path: Path) -> None:
    """Take pictures of a review from the work list."""
    get_settings().appearance.theme = "dark"
    viewer = napari.Viewer(show=True)
    viewer.window.resize(*WINDOW)
    _, dock = viewer.window.add_plugin_dock_widget("napari-zsris", "Referring segmentation")
    dock.open(path)
    reviewed = -1
    for action in ("accept", "skip", "accept", "accept"):
        wait(lambda shown=reviewed: item_of(dock) not in (None, shown))
        reviewed = item_of(dock)
        dock.panel.review.wanted.emit(action)
    wait(lambda: item_of(dock) not in (None, reviewed))
    save(viewer, "work-list-dark")
    viewer.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        get_settings(Path(folder) / "settings.yaml")
        # Sessions of these pictures are nobody's work.
        os.environ["XDG_DATA_HOME"] = folder
        with some_display(WINDOW):
            main()
            review(make_project(Path(folder)))

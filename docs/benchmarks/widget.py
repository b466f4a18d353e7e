"""How fast the dock answers, and how long it keeps the window waiting.

    xvfb-run -a -s "-screen 0 1280x800x24" python docs/benchmarks/widget.py

Run it on a machine with nothing else to do: a window that waits for the processor waits longer.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import napari
import numpy as np
from PIL import Image
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_zsris._qt.dock import SegmentationDock
from napari_zsris.annotations import Project, Run, ScoredMask, encode_rle
from napari_zsris.samples import find_photo

SIZE = (640, 480)
HEARTBEAT_MS = 10
TARGET_MS = 50
SECONDS_TO_SETTLE = 0.5
SETTLED = 10
REPEATS = 30
RANKINGS = 100
PATIENCE = 900


class Heartbeat:
    """A timer that notes by how much the event loop is late, and what it computed meanwhile."""

    def __init__(self) -> None:
        self.late: list[tuple[float, float]] = []
        self._last, self._computed = time.perf_counter(), time.thread_time()
        self._timer = QTimer()
        self._timer.setInterval(HEARTBEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now, computed = time.perf_counter(), time.thread_time()
        late = (now - self._last) * 1000 - HEARTBEAT_MS
        self.late.append((late, (computed - self._computed) * 1000))
        self._last, self._computed = now, computed

    def take(self) -> list[tuple[float, float]]:
        """Give the milliseconds noted since the last time."""
        late, self.late = self.late, []
        return late


def spin(until: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Let the window live until something is true."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            sys.exit("the work did not end in time")
        QApplication.processEvents()
        time.sleep(0.0005)


def ask(dock: SegmentationDock, phrase: str) -> float:
    """Give the milliseconds from Enter to the top mask in the viewer."""
    shown: list[object] = []
    dock.workspace.answered.connect(shown.append)
    begin = time.perf_counter()
    dock.segment(phrase)
    spin(lambda: shown)
    taken = (time.perf_counter() - begin) * 1000
    dock.workspace.answered.disconnect(shown.append)
    spin(lambda: not dock.workspace.working)
    return taken


def resident_mb() -> float:
    """Give the memory of this process; Linux only."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def report(what: str, noted: list[tuple[float, float]]) -> None:
    """Print the longest waits, and of each what the window's own thread computed in it."""
    longest = sorted(noted, reverse=True)[:5]
    above = sum(wait > TARGET_MS for wait, _ in noted)
    waits = ", ".join(f"{wait:.0f} ({computed:.0f})" for wait, computed in longest)
    print(f"{what}: five longest waits {waits} ms, ", end="")
    print(f"{above} of {len(noted)} beats above {TARGET_MS} ms late")


def settle() -> None:
    """Let the window finish what it began."""
    end = time.monotonic() + SECONDS_TO_SETTLE
    spin(lambda: time.monotonic() > end)


def make_project(folder: Path, photo: np.ndarray) -> Path:
    """Make a project of photos that differ, each with a phrase and candidates."""
    path = folder / "work.zsris"
    with Project.open(path, create=True) as project:
        for number in range(REPEATS + 10):
            Image.fromarray(np.roll(photo, 7 * number, axis=1)).save(folder / f"{number}.jpg")
            photo_id = project.library.add_photo(f"{number}.jpg")
            item = project.library.add_phrase(photo_id, f"thing {number}")
            masks = []
            for rank in range(5):
                mask = np.zeros(photo.shape[:2], bool)
                mask[50 + 20 * rank : 300, 60 * rank : 60 * rank + 200] = True
                masks.append(ScoredMask(encode_rle(mask), 1 - rank / 10))
            project.rankings.save(photo_id, {item: masks}, Run("made", "up"))
    return path


def item_of(dock: SegmentationDock) -> int | None:
    """Tell which item of the work list is shown."""
    question = dock.workspace.reviewer.question
    return None if question is None else question.item_id


def review(photo: np.ndarray) -> None:
    """Measure how long it takes from a decision to the next photo with its mask."""
    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 800)
    _, dock = viewer.window.add_plugin_dock_widget("napari-zsris", "Referring segmentation")
    with tempfile.TemporaryDirectory() as folder:
        dock.open(make_project(Path(folder), photo))
        spin(lambda: item_of(dock) is not None)
        times = []
        for _ in range(REPEATS):
            settle()
            before, begin = item_of(dock), time.perf_counter()
            dock.panel.review.wanted.emit("accept")
            spin(lambda before=before: item_of(dock) not in (None, before))
            times.append((time.perf_counter() - begin) * 1000)
        viewer.close()
    print(f"decision to next item: median {statistics.median(times):.0f} ms, ", end="")
    print(f"worst {max(times):.0f} ms")


def main() -> None:
    """Measure."""
    photo = np.asarray(Image.fromarray(find_photo("coffee").load()).resize(SIZE))
    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 800)
    viewer.add_image(photo, name="coffee")
    for _ in range(SETTLED):
        settle()
    heart = Heartbeat()
    for _ in range(SETTLED):
        settle()
    report("an empty viewer", heart.take())
    _, dock = viewer.window.add_plugin_dock_widget("napari-zsris", "Referring segmentation")
    prepared: list[object] = []
    dock.workspace.prepared.connect(prepared.append)
    settle()
    report("opening the dock", heart.take())
    spin(lambda: prepared)
    settle()
    report("while the libraries are imported", heart.take())
    begin = time.perf_counter()
    ask(dock, "the cup on the saucer")
    print(f"first phrase, model and photo included: {time.perf_counter() - begin:.1f} s")
    report("while the model is loaded and the photo encoded", heart.take())
    settle()
    report("while napari makes its first Labels layer", heart.take())
    viewer.add_image(photo[:, ::-1].copy(), name="mirrored")
    settle()
    heart.take()
    begin = time.perf_counter()
    ask(dock, "the cup on the saucer")
    print(f"another photo: {time.perf_counter() - begin:.1f} s")
    settle()
    report("during the full run on another photo", heart.take())
    times = [ask(dock, f"the cup of kind {number}") for number in range(REPEATS)]
    print(f"Enter to mask: fastest {min(times):.0f} ms, ", end="")
    print(f"median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
    layers, memory = len(viewer.layers), resident_mb()
    for number in range(RANKINGS):
        ask(dock, f"another thing {number}")
    grown = resident_mb() - memory
    print(f"{RANKINGS} more phrases: {len(viewer.layers) - layers} layers, {grown:+.1f} MB")
    viewer.close()
    review(photo)


if __name__ == "__main__":
    main()

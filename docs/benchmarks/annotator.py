"""Label objects of a COCO folder in a real napari by key presses, and measure what they cost.

    xvfb-run -a -s "-screen 0 1400x900x24" python docs/benchmarks/annotator.py COCO
    xvfb-run -a -s "-screen 0 1400x900x24" python docs/benchmarks/annotator.py COCO --alone

COCO holds `images/`, `instances.json` and a refs file. The masks of all objects of a photo are its
proposals; of the candidates the annotator takes the one that overlaps the object most, and draws it
where none does. With `--alone` napari opens the same photos and masks without the dock: what its
own drawing keeps the window waiting for is no fault of ours.

A timer beats every 10 ms. Where a beat is late the stack of the window's thread is looked at from
another one; `--stacks` prints what was seen. `computed` is the processor time that the window's own
thread took meanwhile; the rest it waited, for Python's lock, for a file or for a core.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_zsris.annotations import Project
from napari_zsris.annotations.imports import import_refcoco
from napari_zsris.progress import finish

if TYPE_CHECKING:
    import napari

    from napari_zsris._qt.dock import SegmentationDock

OBJECTS = 20
WINDOW = (1400, 900)
HEARTBEAT_MS = 10
TARGET_MS = 50
SECONDS_TO_SETTLE = 0.5
SECONDS_TO_READ = 1.0
SECONDS_TO_START = 3.0
PATIENCE = 240
ALIKE = 0.9
PHRASES = 20
PHOTOS_TO_STEP = 10


@dataclass(frozen=True)
class Gap:
    """A time in which the event loop did not run."""

    phase: str
    waited: float
    computed: float
    seen: Counter[str] = field(default_factory=Counter)


class Heartbeat:
    """Notes every beat that is late, and what the main thread was seen doing meanwhile."""

    def __init__(self) -> None:
        from qtpy.QtCore import QTimer

        self.phase, self.beats, self.gaps = "", 0, list[Gap]()
        self._seen: Counter[str] = Counter()
        self._main = threading.get_ident()
        self._last, self._computed = time.perf_counter(), time.thread_time()
        self._timer = QTimer()
        self._timer.setInterval(HEARTBEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _beat(self) -> None:
        now, computed = time.perf_counter(), time.thread_time()
        late = (now - self._last) * 1000 - HEARTBEAT_MS
        self.beats += 1
        seen, self._seen = self._seen, Counter()
        if late > TARGET_MS:
            self.gaps.append(Gap(self.phase, late, (computed - self._computed) * 1000, seen))
        self._last, self._computed = now, computed

    def _watch(self) -> None:
        while True:
            time.sleep(HEARTBEAT_MS / 1000)
            if time.perf_counter() - self._last > 2 * HEARTBEAT_MS / 1000:
                frame = sys._current_frames().get(self._main)  # noqa: SLF001 - the one way
                self._seen[_spoken(traceback.extract_stack(frame))] += 1

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """Name what happens, until all it began is done."""
        self.phase = phase
        yield
        settle()
        self.phase = ""


def _spoken(stack: traceback.StackSummary) -> str:
    """Name the innermost calls of a stack, and the innermost that is ours."""
    short = [f"{Path(one.filename).stem}.{one.name}:{one.lineno}" for one in stack]
    ours = [name for one, name in zip(stack, short, strict=True) if "napari_zsris" in one.filename]
    return " < ".join([*reversed(short[-6:]), "... ours: " + " < ".join(reversed(ours[-3:]))])


def spin(until: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Let the window live until something is true."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            sys.exit("the window did not get there in time")
        QApplication.processEvents()
        time.sleep(0.0005)


def settle(seconds: float = SECONDS_TO_SETTLE) -> None:
    """Let the window finish what it began."""
    end = time.monotonic() + seconds
    spin(lambda: time.monotonic() > end)


class Annotator:
    """Presses keys, and counts them."""

    def __init__(self, dock: SegmentationDock, heart: Heartbeat) -> None:
        self.dock, self.heart = dock, heart
        self._workspace = dock.workspace
        self.pressed = 0

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key as the window system does, so that it goes where the focus is."""
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        window = self.dock.window().windowHandle()
        QTest.keyClick(window, Qt.Key.Key_Return if key == "\r" else key, held)
        self.pressed += 1

    @property
    def item(self) -> int | None:
        """The item of the work list that is shown."""
        question = self._workspace.reviewer.question
        return None if question is None else question.item_id

    @property
    def photo(self) -> int | None:
        """The photo of the work list that is shown."""
        question = self._workspace.reviewer.question
        return None if question is None else question.photo_id

    def label(self, wanted: np.ndarray) -> tuple[int, bool]:
        """Label the object of the shown phrase; count the keys, and tell whether it was drawn."""
        self.pressed = 0
        candidates = self._workspace.reviewer.question.entries
        height, width = wanted.shape
        overlaps = [_iou(one.bitmap.window(0, 0, width, height), wanted) for one in candidates]
        drawn = max(overlaps, default=0) < ALIKE
        if drawn:
            self.press("d")
            spin(lambda: self._workspace.reviewer.question.shown.base == "")
            layer = self._workspace.reviewer.candidate.layer
            layer.data_setitem(np.nonzero(wanted), 1)
        else:
            place = int(np.argmax(overlaps))
            back = place > len(candidates) // 2
            for _ in range(len(candidates) - place if back else place):
                before = self._workspace.reviewer.question.chosen
                self.press("n", shift=back)
                spin(lambda then=before: self._workspace.reviewer.question.chosen != then)
                settle(0.05)
        self.press("a")
        return self.pressed, drawn

    def ask(self, phrase: str) -> float:
        """Type a phrase, and give the milliseconds from Enter to the candidates on the canvas."""
        answers: list[object] = []
        self.press("/")
        spin(self.dock.panel.phrase.hasFocus)
        for letter in phrase:
            self.press(letter)
        spin(lambda: self.dock.panel.phrase.phrase == phrase)
        self._workspace.answered.connect(answers.append)
        began = time.perf_counter()
        self.press("\r")
        spin(lambda: answers)
        taken = since(began)
        self._workspace.answered.disconnect(answers.append)
        return taken

    def step_to_photo(self) -> float:
        """Go to the next photo, and give the milliseconds until it is on the canvas."""
        before = self.photo
        spin(self.is_looked_ahead)
        settle()
        began = time.perf_counter()
        self.press("k")
        spin(lambda: self.photo not in (None, before))
        return since(began)

    def is_looked_ahead(self) -> bool:
        """Tell whether the first phrase of the next photo is there already."""
        from napari_zsris.review.prepared import Target

        photo = self.photo
        following = self.dock.list.neighbour_photo(self.item, 1)
        if photo is None or following is None or self._workspace.store is None:
            return False
        library = self._workspace.store.project.library
        target = Target(library.photo_of(following), following)
        return self._workspace._loader.find(target) is not None  # noqa: SLF001 - nobody else asks


def since(began: float) -> float:
    """Give the milliseconds since then, what is shown now drawn."""
    from qtpy.QtWidgets import QApplication

    QApplication.processEvents()
    return (time.perf_counter() - began) * 1000


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 0.0


def make_project(coco: Path, folder: Path) -> tuple[Path, dict[int, np.ndarray]]:
    """Make a project with one phrase of each object, and tell the objects of the phrases."""
    (refs,) = coco.glob("refs*.json")
    rows = [{**row, "sentences": row["sentences"][:1]} for row in json.loads(refs.read_text())]
    (folder / "refs.json").write_text(json.dumps(rows))
    shutil.copy(coco / "instances.json", folder)
    path, known = folder / "work.zsris", {}
    with Project.open(folder / "true.zsris", create=True) as project:
        finish(import_refcoco(project, folder, None, coco / "images", masks="finished"))
        for item in project.items():
            known[item.image_path, item.phrase] = item.final_mask
    with Project.open(path, create=True) as project:
        finish(import_refcoco(project, folder, None, coco / "images", masks="proposals"))
        return path, {item.id: known[item.image_path, item.phrase] for item in project.items()}


def annotate(coco: Path, heart: Heartbeat, viewer: napari.Viewer) -> None:
    """Open the dock, label, type phrases and go through photos."""
    with tempfile.TemporaryDirectory() as folder:
        path, wanted = make_project(coco, Path(folder))
        with heart.during("the dock opens"):
            _, dock = viewer.window.add_plugin_dock_widget("napari-zsris", "Referring segmentation")
        annotator = Annotator(dock, heart)
        with heart.during("the project opens, its first photo is encoded"):
            dock.open(path)
            spin(lambda: annotator.item is not None)
        label_objects(annotator, wanted)
        ask_phrases(annotator)
        step_photos(annotator)
        viewer.close()


def label_objects(annotator: Annotator, wanted: dict[int, np.ndarray]) -> None:
    """Label objects of the work list one after the other."""
    counts, drawn = [], 0
    for number in range(OBJECTS):
        item = annotator.item
        with annotator.heart.during(f"object {number + 1} of {OBJECTS}"):
            pressed, by_hand = annotator.label(wanted[item])
            spin(lambda item=item: annotator.item not in (None, item))
            settle(SECONDS_TO_READ)
        counts.append(pressed)
        drawn += by_hand
    print(f"{OBJECTS} objects: {np.mean(counts):.2f} keys each, {drawn} of them drawn, ", end="")
    print("keys of each: " + " ".join(map(str, counts)))


def ask_phrases(annotator: Annotator) -> None:
    """Ask typed phrases of the photo that is shown, which is encoded by the first of them."""
    with annotator.heart.during("the first typed phrase"):
        print(f"first typed phrase, photo included: {annotator.ask('the thing') / 1000:.1f} s")
    times = []
    for number in range(PHRASES):
        with annotator.heart.during("typed phrases"):
            times.append(annotator.ask(f"the thing on the left {number}"))
    report_times("Enter to candidates", times)


def step_photos(annotator: Annotator) -> None:
    """Go through photos that are looked ahead."""
    times = []
    for _ in range(PHOTOS_TO_STEP):
        with annotator.heart.during("next photo"):
            times.append(annotator.step_to_photo())
    report_times("next photo, looked ahead", times)


def draw_alone(coco: Path, heart: Heartbeat, viewer: napari.Viewer) -> None:
    """Open photos and paint masks of them with napari alone."""
    from PIL import Image

    photos = [np.asarray(Image.open(file).convert("RGB")) for file in sorted(coco.glob("images/*"))]
    with heart.during("the first photo"):
        image = viewer.add_image(photos[0], rgb=True)
    with heart.during("the first mask"):
        labels = viewer.add_labels(np.zeros(photos[0].shape[:2], np.uint8))
    with heart.during("a brush is taken up"):
        labels.mode = "paint"
    with heart.during("a stroke"):
        labels.paint((50, 50), 1)
    for photo in photos[1:OBJECTS]:
        with heart.during("other photos and masks in the same layers"):
            image.data = photo
            labels.data = np.pad(np.ones((40, 40), np.uint8), 50)
            viewer.reset_view()
    with heart.during("a second layer of masks"):
        viewer.add_labels(np.zeros(photos[0].shape[:2], np.uint8))
    with heart.during("a layer is removed"):
        viewer.layers.remove(labels)
    viewer.close()


def report_times(what: str, times: list[float]) -> None:
    """Print how long something took."""
    print(f"{what}, {len(times)} times: fastest {min(times):.0f} ms, ", end="")
    print(f"median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")


def report_gaps(heart: Heartbeat, *, stacks: bool) -> None:
    """Print every gap, and of each what the window's own thread computed in it."""
    print(f"{len(heart.gaps)} of {heart.beats} beats above {TARGET_MS} ms late")
    for gap in heart.gaps:
        where = gap.phase or "between"
        print(f"{gap.waited:6.0f} ms late, {gap.computed:5.0f} ms computed: {where}")
        for stack, count in gap.seen.most_common(4 if stacks else 0):
            print(f"       {count:3} x {stack}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("coco", type=Path)
    parser.add_argument("--alone", action="store_true", help="napari without the dock")
    parser.add_argument("--stacks", action="store_true", help="tell what was seen in each gap")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        os.environ["NAPARI_CONFIG"] = str(Path(folder) / "settings.yaml")
        import napari

        viewer = napari.Viewer(show=True)
        viewer.window.resize(*WINDOW)
        viewer.window.activate()
        settle(SECONDS_TO_START)
        heart = Heartbeat()
        with heart.during("an empty viewer"):
            settle(SECONDS_TO_START)
        try:
            (draw_alone if asked.alone else annotate)(asked.coco, heart, viewer)
        finally:
            report_gaps(heart, stacks=asked.stacks)


if __name__ == "__main__":
    main()

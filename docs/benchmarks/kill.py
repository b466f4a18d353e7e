"""Kill napari again and again in the middle of a review, and look for what was lost.

    python docs/benchmarks/kill.py --times 100

Each time a real napari with the dock reviews a project by keys: accepts, steps, paints, skips,
takes back, draws, paints over accepted masks. It notes how many decisions there are whenever a key
press has returned, and is killed (SIGKILL) at a random moment. Then the project must open whole,
with no fewer decisions, and nothing twice.

Works on a desktop, and on a machine without a screen where Xvfb is installed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from napari_zsris.annotations import Project, Run, ScoredMask, encode_rle

SIZE = (240, 320)
PHOTOS = 40
PHRASES = 5
SECONDS_TO_START = 120
LONGEST_LIFE = 6.0


def make_project(path: Path) -> None:
    """Make a project of ranked phrases."""
    rng = np.random.default_rng(0)
    with Project.open(path, create=True) as project:
        for number in range(PHOTOS):
            name = f"{number:03}.png"
            Image.fromarray(rng.integers(0, 255, (*SIZE, 3), np.uint8)).save(path.parent / name)
            photo = project.library.add_photo(name)
            masks = []
            for place in range(3):
                mask = np.zeros(SIZE, bool)
                mask[20 : 120 + 20 * place, 30 + 60 * place : 120 + 60 * place] = True
                masks.append(ScoredMask(encode_rle(mask), 1.0 - place / 10))
            ids = [project.library.add_phrase(photo, f"thing {each}") for each in range(PHRASES)]
            project.rankings.save(photo, dict.fromkeys(ids, masks), Run("test", "test"))


def review(path: Path, log: Path, seed: int) -> None:
    """Review by keys until killed."""
    import napari
    from napari.utils.key_bindings import KeymapHandler
    from qtpy.QtWidgets import QApplication

    from napari_zsris._qt.dock import SegmentationDock
    from napari_zsris.engine.engine import Engine

    viewer = napari.Viewer()
    # Everything is ranked, so that the engine has nothing to do.
    dock = SegmentationDock(viewer, Engine("import time; time.sleep(1e6)"))
    viewer.window.add_dock_widget(dock)
    dock.open(path)
    keys = random.Random(seed)  # noqa: S311 - no secret

    def settle() -> None:
        end = time.monotonic() + 10
        while dock.workspace.reviewer.question is None and time.monotonic() < end:
            QApplication.processEvents()

    def press(key: str) -> None:
        handler = KeymapHandler()
        active = viewer.layers.selection.active
        handler.keymap_providers = [viewer] if active is None else [active, viewer]
        handler.press_key(key)

    with log.open("a", buffering=1) as notes:
        settle()
        print("ready", file=notes, flush=True)
        while True:
            settle()
            key = keys.choice("AAAANNTSUDWRJ")
            layer = viewer.layers.selection.active
            if key in "TD" or ("Annotations" in viewer.layers and keys.random() < 0.2):
                press(key if key in "TD" else "T")
                layer = viewer.layers.selection.active
                if keys.random() < 0.3 and "Annotations" in viewer.layers:
                    layer = viewer.layers["Annotations"]
                row = keys.randrange(SIZE[0] - 10)
                if hasattr(layer, "data_setitem"):
                    rows = np.arange(row, row + 8)
                    layer.data_setitem((rows, rows), 1)
                key = "A"
            press(key)
            print(f"returned {count_decisions(path)}", file=notes, flush=True)
            QApplication.processEvents()


def count_decisions(path: Path) -> int:
    """Count the rows of the log of decisions, from another connection."""
    with sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True) as connection:
        count: int = connection.execute("SELECT count(*) FROM decision").fetchone()[0]
    connection.close()
    return count


def check(path: Path, log: Path) -> tuple[int, int]:
    """Open a project after a kill; give the decisions noted and those found."""
    lines = log.read_text().split("\n")
    noted = max((int(line.split()[1]) for line in lines if line.startswith("returned ")), default=0)
    with Project.open(path) as project:
        items = list(project.items())
        phrases = [each for each in items if not each.added]
        demand(len(phrases) == PHOTOS * PHRASES, "a phrase is there twice, or gone")
    with sqlite3.connect(path) as connection:
        told = connection.execute("PRAGMA integrity_check").fetchone()[0]
        demand(told == "ok", f"the file is damaged: {told}")
        twice = connection.execute(
            "SELECT count(*) - count(DISTINCT undoes) FROM decision WHERE undoes IS NOT NULL"
        ).fetchone()[0]
        demand(twice == 0, "a decision was taken back twice")
    connection.close()
    return noted, count_decisions(path)


def demand(true: bool, otherwise: str) -> None:
    """Stop the benchmark where something is not as it must be."""
    if not true:
        sys.exit(otherwise)


def kill_once(path: Path, log: Path, seed: int) -> tuple[int, int]:
    """Start a review, kill it at a random moment, and check the project."""
    command = [sys.executable, __file__, "--review", str(path), "--log", str(log)]
    process = subprocess.Popen(  # noqa: S603 - this very program
        [*command, "--seed", str(seed)], start_new_session=True, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        if log.exists() and log.read_text().count("ready") > seed:
            break
        time.sleep(0.05)
    else:
        sys.exit("napari did not start")
    time.sleep(random.Random(seed).uniform(0.0, LONGEST_LIFE))  # noqa: S311
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return check(path, log)


def main() -> None:
    """Kill as often as asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--review", type=Path)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.review:
        review(asked.review, asked.log, asked.seed)
    from napari_zsris._qt.demo import some_display

    with tempfile.TemporaryDirectory() as folder, some_display((1400, 900)):
        os.environ["XDG_DATA_HOME"] = folder
        os.environ["NAPARI_CONFIG"] = str(Path(folder) / "settings.yaml")
        path, log = Path(folder) / "work.zsris", Path(folder) / "log.txt"
        make_project(path)
        for number in range(asked.times):
            noted, found = kill_once(path, log, number)
            print(f"kill {number + 1}: {noted} decisions noted, {found} found", flush=True)
            demand(found >= noted, "a decision was lost")
        print(f"{asked.times} kills, {found} decisions, none lost, none twice")


if __name__ == "__main__":
    main()

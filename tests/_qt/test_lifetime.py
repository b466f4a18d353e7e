"""Whoever starts an engine and goes, however, takes its process along and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at only

# As people write them: all at the top of the file, without a main guard.
ASKING = """
print("the script runs", flush=True)
import sys, time
import numpy as np
from napari_zsris.engine.engine import Engine
from napari_zsris.engine.picture import Picture, Plane
from napari_zsris.engine.request import Request, Settings
engine = Engine({program!r})
plane = Plane(np.ones((40, 60, 3), np.uint8), (slice(None), slice(None)), (0.0, 255.0), rgb=True)
steps = engine.run(Request(Picture("photo", (plane,)), "the cup", Settings(proposals={source!r})))
end = time.monotonic() + {seconds}
for step in steps:
    if time.monotonic() > end:
        break
print("engine", engine.pid, flush=True)
{then}
"""
VIEWING = """
print("the script runs", flush=True)
import sys, time
import numpy as np
import napari
from qtpy.QtWidgets import QApplication
from napari_zsris.engine.engine import Engine
from napari_zsris._qt.dock import SegmentationDock
viewer = napari.Viewer(show=False)
viewer.add_image(np.ones((40, 60, 3), np.uint8))
dock = SegmentationDock(viewer, Engine({program!r}))
viewer.window.add_dock_widget(dock)
answers = []
dock.workspace.answered.connect(answers.append)
dock.segment("the cup")
while not answers:
    QApplication.processEvents()
    time.sleep(0.005)
print("engine", dock.engine.pid, flush=True)
{then}
"""


@pytest.fixture
def start(tmp_path, light_engine):
    """Run a script in a Python of its own; gives the process, the engine's number, and words."""
    running = []

    def start_one(script, then, source="regions", seconds=100):
        file = tmp_path / "annotate.py"
        about = {"program": light_engine._program, "source": source, "seconds": seconds}
        file.write_text(script.format(then=then, **about))
        process = subprocess.Popen(
            [sys.executable, str(file)],
            env=os.environ | {"XDG_DATA_HOME": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.match(r"engine (\d+)", line):
                return process, int(found[1]), said
        raise AssertionError("".join(said))

    yield start_one
    for process in running:
        process.kill()
        process.stdout.close()
        process.stdin.close()
        process.wait()


def rest(process):
    """Read on to the end; `communicate` would miss what came along with the last line read."""
    process.stdin.close()
    lines = process.stdout.readlines()
    process.wait(timeout=120)
    return lines


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid, seconds=60):
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not alive(pid)


def children(pid):
    # A child belongs to the thread that started it.
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [one for thread in threads for one in (thread / "children").read_text().split()]


def kept():
    return {file for file in SHARED_MEMORY.iterdir() if file.name.startswith(("psm", "napari"))}


@pytest.mark.parametrize(
    ("source", "seconds"), [("regions", 100), ("endless", 2), ("hangs", 2)], ids=lambda each: each
)
def test_the_process_ends_when_its_parent_is_killed(start, source, seconds):
    before = kept()
    process, engine, _ = start(ASKING, "time.sleep(1000)", source, seconds)
    assert alive(engine)
    os.kill(process.pid, signal.SIGKILL)
    assert gone(engine)
    assert kept() <= before


def silent(text, *, tracebacks=0):
    assert text.count("the script runs") == 1
    assert text.count("Traceback") == tracebacks
    for noise in ("resource_tracker", "ResourceWarning", "Exception ignored", "QThread"):
        assert noise not in text


ENDINGS = {
    "the script's end": ("", 0),
    "sys.exit": ("sys.exit(3)", 0),
    "an error": ("raise RuntimeError('my own mistake')", 1),
    "the end of a loop": ("del engine, steps", 0),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_the_process_ends_with_a_script_that_runs_once_and_in_silence(start, how):
    before = kept()
    then, tracebacks = ENDINGS[how]
    process, engine, said = start(ASKING, then)
    said += rest(process)
    silent("".join(said), tracebacks=tracebacks)
    assert gone(engine)
    assert kept() <= before


@pytest.mark.slow
def test_a_viewer_has_one_process_which_ends_when_napari_is_killed(start):
    process, engine, said = start(VIEWING, "time.sleep(1000)")
    assert children(process.pid) == [str(engine)]
    assert not children(engine)
    silent("".join(said))
    os.kill(process.pid, signal.SIGKILL)
    assert gone(engine)


@pytest.mark.slow
@pytest.mark.parametrize("then", ["", "viewer.close()", "dock.segment('another cup')"])
def test_a_script_with_a_viewer_ends_with_its_process_and_in_silence(start, then):
    process, engine, said = start(VIEWING, then)
    said += rest(process)
    silent("".join(said))
    assert process.returncode == 0
    assert gone(engine)

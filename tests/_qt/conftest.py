"""A viewer with the dock, its settings kept apart from the user's."""

from pathlib import Path

import numpy as np
import pytest
from npe2 import PluginManifest

from napari_zsris._qt.core.engine import Engine
from napari_zsris._qt.core.picture import Picture, Plane
from napari_zsris._qt.core.request import Request, Settings
from napari_zsris.progress import finish

PLUGIN = "napari-zsris"


@pytest.fixture
def plugin(npe2pm, plugin_settings):
    """The plugin alone is registered, and its settings go to a temporary folder."""
    npe2pm.register(PluginManifest.from_distribution(PLUGIN))
    return npe2pm


@pytest.fixture
def data_home(tmp_path, monkeypatch):
    """A data folder of the test's own, in which sessions are kept."""
    folder = tmp_path / "data-home"
    monkeypatch.setattr("napari_zsris.annotations.sessions.user_data_path", lambda *_, **__: folder)
    return folder


@pytest.fixture
def viewer(plugin, data_home, make_napari_viewer_proxy):
    """A real viewer, as plugins get to see it."""
    return make_napari_viewer_proxy(show=True)


@pytest.fixture(scope="session")
def photo():
    """A real photo, small enough to be encoded in a moment."""
    from napari_zsris.samples import find_photo

    whole = find_photo("coffee").load()
    return np.ascontiguousarray(whole[::2, ::2])


def program(call):
    """What the engine's process runs: one of the functions in programs.py."""
    folder = str(Path(__file__).parent)
    return f"""
import sys
sys.path.insert(0, {folder!r})
for blocked in ("napari", "qtpy", "PyQt6", "PySide6", "magicgui", "superqt"):
    sys.modules[blocked] = None
import programs
programs.{call}
"""


@pytest.fixture(scope="session")
def engine():
    """One process for all tests, with the real model and few proposals; see programs.py."""
    engine = Engine(program("real()"))
    release = engine.hold()
    # Here, because on a busy machine it takes longer than tests are ready to wait.
    plane = Plane(np.zeros((8, 8, 3), np.uint8), (slice(None), slice(None)), (0.0, 255.0), rgb=True)
    finish(engine.encode(Request(Picture("small", (plane,)), "", Settings())))
    yield engine
    release()


@pytest.fixture
def light_engine(tmp_path):
    """A process of its own that needs no models, and notes what it does in a file."""
    log = tmp_path / "log.txt"
    engine = Engine(program(f"light({str(log)!r})"))
    engine.log = lambda: log.read_text().splitlines() if log.exists() else []
    yield engine
    engine.close()


@pytest.fixture
def open_dock(viewer, qtbot):
    """Open a dock in the viewer."""
    from napari_zsris._qt.dock import SegmentationDock

    def open_one(engine=None, name="dock"):
        dock = SegmentationDock(viewer, engine)
        viewer.window.add_dock_widget(dock, name=name)
        return dock

    return open_one

"""A viewer with the dock, its settings kept apart from the user's."""

import pytest
from npe2 import PluginManifest

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


@pytest.fixture
def open_dock(viewer, qtbot):
    """Open a dock in the viewer."""
    from napari_zsris._qt.dock import SegmentationDock

    def open_one(engine=None, name="dock"):
        dock = SegmentationDock(viewer, engine)
        viewer.window.add_dock_widget(dock, name=name)
        return dock

    return open_one

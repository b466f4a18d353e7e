"""A viewer with the dock, its settings kept apart from the user's."""

import numpy as np
import pytest
from npe2 import PluginManifest

from napari_zsris._qt.core.engine import Engine
from napari_zsris._qt.core.imports import import_engine
from napari_zsris.progress import Progress
from napari_zsris.proposals import Proposals, ProposalSource

PLUGIN = "napari-zsris"


@pytest.fixture
def plugin(npe2pm, plugin_settings):
    """The plugin alone is registered, and its settings go to a temporary folder."""
    npe2pm.register(PluginManifest.from_distribution(PLUGIN))
    return npe2pm


@pytest.fixture
def viewer(plugin, make_napari_viewer_proxy):
    """A real viewer, as plugins get to see it."""
    return make_napari_viewer_proxy(show=True)


@pytest.fixture(scope="session")
def photo():
    """A real photo, small enough to be encoded in a moment."""
    from napari_zsris.samples import find_photo

    whole = find_photo("coffee").load()
    return np.ascontiguousarray(whole[::2, ::2])


@pytest.fixture(scope="session")
def clip():
    """The bundled model, loaded once."""
    # A viewer may have been opened before, and torch is then to be imported with care.
    import_engine()
    from napari_zsris.clip import load_clip

    return load_clip("lite", "cpu")


class Blocks(ProposalSource):
    """Proposes the fields of a grid, so that encoding takes a moment only."""

    name = "blocks"

    def steps(self, image):
        height, width = image.shape[:2]
        masks = np.zeros((6, height, width), bool)
        for number, mask in enumerate(masks):
            row, column = divmod(number, 3)
            mask[height * row // 2 : height * (row + 1) // 2, width * column // 3 :] = True
            mask[:, width * (column + 1) // 3 :] = False
        yield Progress("blocks", 1, 1)
        return Proposals.from_masks(masks, source=self.name)


@pytest.fixture(scope="session")
def engine(clip):
    """An engine with the real model and few proposals, that encodes each photo once."""
    from napari_zsris.method import Segmenter

    return Engine(lambda _settings: Segmenter(clip, Blocks(), "cpu"))


@pytest.fixture
def open_dock(viewer, qtbot):
    """Open a dock in the viewer."""
    from napari_zsris._qt.dock import SegmentationDock

    def open_one(engine=None, name="dock"):
        dock = SegmentationDock(viewer, engine)
        viewer.window.add_dock_widget(dock, name=name)
        return dock

    return open_one

"""A project of small photos, ranked or not."""

import numpy as np
import pytest
from PIL import Image

from napari_zsris.annotations import Project, Run, ScoredMask, encode_rle

SIZES = (40, 60), (40, 60), (64, 50)


def block(size, left):
    mask = np.zeros(size, bool)
    mask[10:30, left : left + 15] = True
    return mask


@pytest.fixture
def make_project(tmp_path, photo):
    """Make a project of three photos with two phrases each."""

    def make(ranked=True):
        path = tmp_path / "work.zsris"
        with Project.open(path, create=True) as project:
            for number, (height, width) in enumerate(SIZES):
                name = f"photo{number}.png"
                pixels = np.roll(photo[:height, :width], number, axis=1)
                Image.fromarray(pixels).save(tmp_path / name)
                photo_id = project.library.add_photo(name)
                ids = [project.library.add_phrase(photo_id, f"{word} of {number}") for word in "ab"]
                if ranked:
                    # The later the photo, the closer its two candidates.
                    masks = [ScoredMask(encode_rle(block((height, width), 5)), 1.0)]
                    masks += [ScoredMask(encode_rle(block((height, width), 30)), 0.3 * number)]
                    project.rankings.save(photo_id, dict.fromkeys(ids, masks), Run("test", "lite"))
        return path

    return make


@pytest.fixture
def open_queue(viewer, qtbot):
    """Open the dock, and a project in it, and wait for its first item."""
    from napari_zsris._qt.queue.queue_dock import QueueDock

    def open_one(path, engine=None):
        dock = QueueDock(viewer, engine)
        viewer.window.add_dock_widget(dock, name="queue")
        dock.open(path)
        qtbot.waitUntil(lambda: dock.reviewer.item is not None, timeout=60_000)
        return dock

    return open_one

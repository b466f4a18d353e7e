"""A disk that is full in the middle of a review: one sentence, nothing half-done, nothing lost."""

import numpy as np
import pytest
from napari.utils.key_bindings import KeymapHandler
from napari.utils.notifications import notification_manager

from napari_zsris.annotations import Run
from napari_zsris.engine.engine import Engine
from napari_zsris.engine.mask_colour import PALETTE
from napari_zsris.engine.outcome import Card, Outcome
from napari_zsris.engine.request import Weights
from napari_zsris.engine.thumbnails import thumbnail
from napari_zsris.progress import Progress
from napari_zsris.proposals import Bitmap

PHRASE = "the grain"
SIZE = 120, 160


def noise(seed):
    """Make a mask that takes many pages of a file."""
    return np.random.default_rng(seed).random(SIZE) < 0.5


class Grain(Engine):
    """An engine without a process, which finds two masks of many pieces."""

    def prepare(self):
        yield Progress("resting", 0, 0)
        return []

    def encode(self, request):  # noqa: ARG002
        yield Progress("resting", 0, 0)

    def run(self, request):
        yield Progress("ranking", 0, 0)
        pixels, cards = request.picture.pixels(), []
        for rank in range(2):
            bitmap = Bitmap.from_mask(noise(rank))
            look = thumbnail(pixels, bitmap), {"appearance": 2.0 - rank}, PALETTE[0]
            cards.append(Card(rank, rank, 2.0 - rank, 1, bitmap, *look))
        weights = Weights(0.95, 0.5, 3, spatial=True)
        run = Run("regions", "none")
        return Outcome(SIZE, tuple(cards), "regions", "grain", weights, weights, run, request)


@pytest.fixture
def dock(viewer, open_dock, photo):
    viewer.add_image(photo[: SIZE[0], : SIZE[1]].copy(), name="coffee")
    return open_dock(Grain())


@pytest.fixture
def disk(dock):
    """Fill the disk as far as the open project can tell, and make room again."""
    connection = dock.workspace.store.project._database._connection

    class Disk:
        def fill(self):
            notification_manager.records.clear()
            # SQLite takes the size that the file has for the least.
            connection.execute("PRAGMA max_page_count = 1")

        def make_room(self):
            connection.execute("PRAGMA max_page_count = 1000000")

    return Disk()


def press(viewer, key):
    handler = KeymapHandler()
    handler.keymap_providers = [viewer.layers.selection.active, viewer]
    handler.press_key(key)


def find(qtbot, dock):
    with qtbot.waitSignal(dock.workspace.answered, timeout=20_000):
        dock.segment(PHRASE)


def paint(layer, mask, value):
    layer.data_setitem(np.nonzero(mask), value)


def items(dock):
    return [
        (item.phrase, item.status, item.final_mask) for item in dock.workspace.store.project.items()
    ]


def told(dock):
    """Give what was said, wherever: the same sentence each time."""
    said = {str(record.message) for record in notification_manager.records}
    assert len(notification_manager.records) == 1
    (sentence,) = said
    assert dock.panel.status.text == sentence
    assert "\n" not in sentence
    return sentence


def test_a_decision_that_does_not_fit_leaves_the_mask_to_be_decided_on(qtbot, viewer, dock, disk):
    find(qtbot, dock)
    layer = viewer.layers.selection.active
    disk.fill()
    paint(layer, noise(7), 1)
    painted = layer.data.copy()
    press(viewer, "A")
    # Brush work is written a moment after a stroke, too.
    qtbot.wait(500)
    press(viewer, "A")
    assert "disk is full" in told(dock)
    assert "free some space" in told(dock)
    assert [status for _, status, _ in items(dock)] == ["todo"]
    assert viewer.layers.selection.active == layer
    assert layer.visible
    np.testing.assert_array_equal(layer.data, painted)
    disk.make_room()
    press(viewer, "A")
    ((_, status, mask),) = items(dock)
    assert status == "corrected"
    np.testing.assert_array_equal(mask, painted > 0)


def test_undo_takes_back_all_or_nothing(qtbot, viewer, dock, disk):
    find(qtbot, dock)
    layer = viewer.layers.selection.active
    paint(layer, noise(7), 1)
    painted = layer.data.copy()
    press(viewer, "A")
    drawn = viewer.layers["Annotations"].data.copy()
    disk.fill()
    press(viewer, "U")
    assert "disk is full" in told(dock)
    ((_, status, mask),) = items(dock)
    assert status == "corrected"
    np.testing.assert_array_equal(mask, painted > 0)
    np.testing.assert_array_equal(viewer.layers["Annotations"].data, drawn)
    disk.make_room()
    press(viewer, "U")
    assert [status for _, status, _ in items(dock)] == ["todo"]
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)
    press(viewer, "U")
    assert "no decision" in dock.panel.status.text


def test_a_question_is_noted_with_all_its_candidates_or_not_at_all(qtbot, dock, disk):
    disk.fill()
    dock.segment(PHRASE)
    qtbot.waitUntil(lambda: "disk is full" in dock.panel.status.text, timeout=20_000)
    told(dock)
    assert items(dock) == []
    assert dock.workspace.store.project.library.photos() == []
    assert dock.workspace.reviewer.question is None
    disk.make_room()
    find(qtbot, dock)
    assert [status for _, status, _ in items(dock)] == ["todo"]


def test_objects_painted_at_once_are_kept_together(qtbot, viewer, dock, disk):
    find(qtbot, dock)
    press(viewer, "A")
    layer = viewer.layers["Annotations"]
    small = np.zeros(SIZE, bool)
    small[5:9, 5:9] = True
    disk.fill()
    paint(layer, small, 7)
    paint(layer, noise(8) & ~small, 8)
    press(viewer, "J")
    assert "disk is full" in told(dock)
    assert len(items(dock)) == 1
    disk.make_room()
    press(viewer, "J")
    first, *new = items(dock)
    np.testing.assert_array_equal(first[2], layer.data == 1)
    assert [(phrase, status) for phrase, status, _ in new] == [("", "none-fits")] * 2
    np.testing.assert_array_equal(new[0][2], layer.data == 7)
    np.testing.assert_array_equal(new[1][2], layer.data == 8)

"""A project reviewed in a real viewer: what is decided is in its file, and review goes on there."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from napari.utils.key_bindings import KeymapHandler
from napari.utils.notifications import notification_manager
from qtpy.QtWidgets import QLabel, QPushButton

from napari_zsris._qt.core.actions import printed
from napari_zsris._qt.preferences import Preferences
from napari_zsris._qt.queue.queue_dock import QueueDock
from napari_zsris._qt.queue.queue_panel import QUEUE_ROWS
from napari_zsris.annotations import Project
from napari_zsris.errors import AnnotationError


def press(viewer, key):
    handler = KeymapHandler()
    active = viewer.layers.selection.active
    handler.keymap_providers = [viewer] if active is None else [active, viewer]
    handler.press_key(key)


def decide(qtbot, viewer, dock, key):
    """Press a key that decides, and wait for the next item."""
    before = dock.reviewer.item.id
    press(viewer, key)
    qtbot.waitUntil(lambda: dock.reviewer.item.id != before, timeout=10_000)


def rows(dock):
    model = dock.panel.items
    return [
        tuple(model.index(row, column).data() for column in range(3))
        for row in range(model.rowCount())
    ]


def stored(path, item_id):
    with Project.open(path, readonly=True) as project:
        return project.queue.item(item_id)


def test_a_project_is_listed_and_its_first_phrase_shown(viewer, make_project, open_queue):
    dock = open_queue(make_project())
    assert rows(dock)[:2] == [("a of 0", "to do", "1.00"), ("b of 0", "to do", "1.00")]
    assert viewer.layers["photo0.png"].data.shape == (40, 60, 3)
    shown = viewer.layers.selection.active
    assert shown.name == "1: a of 0"
    assert shown.data[20, 10] == 1
    assert shown.data[20, 40] == 0
    assert dock.findChild(object, "done").text() == "0 of 6 decided"
    assert "a of 0" in dock.panel.phrase.text()


def allowed(dock):
    names = [action.name for row in QUEUE_ROWS for action in row]
    buttons = {name: dock.panel.review.findChild(QPushButton, name) for name in names}
    return {name for name, button in buttons.items() if button.isEnabled()}


def test_what_cannot_be_done_is_grey(viewer, make_project, open_queue):
    dock = QueueDock(viewer)
    viewer.window.add_dock_widget(dock)
    assert allowed(dock) == set()
    dock = open_queue(make_project())
    assert allowed(dock) == {action.name for row in QUEUE_ROWS for action in row}


def test_every_decision_is_in_the_file_when_the_key_press_returns(
    qtbot, viewer, make_project, open_queue
):
    path = make_project()
    dock = open_queue(path)
    first = dock.reviewer.item.id
    press(viewer, "A")
    assert stored(path, first).status == "accepted"
    qtbot.waitUntil(lambda: dock.reviewer.item.id != first, timeout=10_000)

    second = dock.reviewer.item.id
    press(viewer, "N")
    layer = viewer.layers.selection.active
    layer.data_setitem((np.array([0]), np.array([0])), 1)
    painted = layer.data > 0
    decide(qtbot, viewer, dock, "A")
    kept = stored(path, second)
    assert (kept.status, kept.decision.rank) == ("corrected", 1)
    np.testing.assert_array_equal(kept.final_mask, painted)
    assert kept.decision.seconds >= 0

    third = dock.reviewer.item.id
    press(viewer, "D")
    viewer.layers.selection.active.paint((20, 20), 1)
    drawn = viewer.layers.selection.active.data > 0
    decide(qtbot, viewer, dock, "A")
    assert stored(path, third).status == "none-fits"
    np.testing.assert_array_equal(stored(path, third).final_mask, drawn)

    for key, status in (("S", "skipped"), ("R", "rejected")):
        item = dock.reviewer.item.id
        decide(qtbot, viewer, dock, key)
        assert stored(path, item).status == status
    last = dock.reviewer.item.id
    press(viewer, "W")
    assert (stored(path, last).status, stored(path, last).final_mask) == ("none-fits", None)
    assert "Nothing listed is left to do" in dock.panel.status.text
    assert dock.findChild(object, "done").text() == "6 of 6 decided"


def test_review_goes_on_where_it_was_left_with_the_same_mask(
    qtbot, viewer, make_project, open_queue
):
    path = make_project()
    dock = open_queue(path)
    first = dock.reviewer.item.id
    viewer.layers.selection.active.data_setitem((np.array([0]), np.array([0])), 1)
    painted = viewer.layers.selection.active.data.copy()
    decide(qtbot, viewer, dock, "A")
    dock.go_to(first)
    qtbot.waitUntil(lambda: dock.reviewer.item.id == first, timeout=10_000)
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)
    viewer.window.remove_dock_widget(dock)
    assert dock.project is None
    assert not len(viewer.layers)

    again = open_queue(path)
    assert again.reviewer.item.id == first
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)
    press(viewer, "U")
    qtbot.waitUntil(lambda: again.reviewer.item.status == "todo", timeout=10_000)
    assert stored(path, first).status == "todo"


def test_the_most_doubtful_come_first_and_statuses_filter(qtbot, viewer, make_project, open_queue):
    dock = open_queue(make_project())
    order, status = dock.findChild(object, "order"), dock.findChild(object, "filter")
    order.setCurrentText("most doubtful first")
    assert rows(dock)[0][0] == "a of 2"
    decide(qtbot, viewer, dock, "A")
    assert dock.reviewer.item.phrase != "a of 0"
    status.setCurrentText("accepted")
    assert rows(dock) == [("a of 0", "accepted", "1.00")]


def test_layers_serve_one_photo_after_the_other_whatever_their_size(
    qtbot, viewer, make_project, open_queue
):
    dock = open_queue(make_project())
    for item in list(dock.project.items()):
        dock.go_to(item.id)
        qtbot.waitUntil(lambda item=item: dock.reviewer.item.id == item.id, timeout=10_000)
        for rank in (0, 1):
            mask = viewer.layers.selection.active
            np.testing.assert_array_equal(mask.data, item.candidates[rank].mask)
            np.testing.assert_array_equal(mask.extent.world, viewer.layers[0].extent.world)
            press(viewer, "N")
    assert len(viewer.layers) == 3


def test_what_was_painted_and_not_decided_stays(qtbot, viewer, make_project, open_queue):
    dock = open_queue(make_project())
    painted = viewer.layers.selection.active
    painted.data_setitem((np.array([0]), np.array([0])), 1)
    before = painted.data.copy()
    for item in list(dock.project.items())[1:]:
        dock.go_to(item.id)
        qtbot.waitUntil(lambda item=item: dock.reviewer.item.id == item.id, timeout=10_000)
        assert not painted.visible
    assert painted in viewer.layers
    np.testing.assert_array_equal(painted.data, before)


def test_the_next_items_are_there_before_their_turn(qtbot, viewer, make_project, open_queue):
    dock = open_queue(make_project())
    following = dock.panel.items.after(dock.reviewer.item.id, 3)
    known = dock._lookahead._known
    qtbot.waitUntil(lambda: set(following) <= set(known), timeout=10_000)
    press(viewer, "A")
    assert dock.reviewer.item.id == following[0]
    press(viewer, "J")
    assert dock.reviewer.item.id == following[1]


def test_a_photo_that_nobody_ranked_is_encoded_on_the_spot(
    viewer, make_project, open_queue, engine
):
    path = make_project(ranked=False)
    dock = open_queue(path, engine)
    item = dock.reviewer.item
    assert item.ranked
    assert len(dock.reviewer.review) == len(item.candidates) == 5
    assert viewer.layers.selection.active.data.any()
    assert stored(path, item.id).candidates
    assert rows(dock)[0][2] == f"{item.candidates[0].score:.2f}"


def test_without_a_model_the_reason_is_told(qtbot, viewer, make_project, engine):
    preferences = Preferences()
    preferences.settings = replace(preferences.settings, proposals="missing")
    dock = QueueDock(viewer, engine)
    viewer.window.add_dock_widget(dock)
    notification_manager.records.clear()
    dock.open(make_project(ranked=False))
    qtbot.waitUntil(lambda: "no weights" in dock.panel.status.text, timeout=60_000)
    assert str(notification_manager.records[0].message) == "no weights: pip install them"
    assert allowed(dock) == {"undo", "todo"}
    press(viewer, "A")
    assert "No phrase is shown" in dock.panel.status.text


def test_a_project_that_cannot_be_opened_leaves_the_open_one_alone(
    viewer, make_project, open_queue, tmp_path
):
    dock = open_queue(make_project())
    (tmp_path / "foreign.zsris").write_text("no project")
    with pytest.raises(AnnotationError):
        dock.open(tmp_path / "foreign.zsris")
    assert dock.project is not None
    press(viewer, "N")
    assert viewer.layers.selection.active.name == "2: a of 0"


def test_every_key_is_on_a_button_and_in_the_help(viewer, make_project, open_queue):
    dock = open_queue(make_project())
    dock.panel.help.click()
    words = " ".join(label.text() for label in dock.findChild(object, "keys").findChildren(QLabel))
    dock.findChild(object, "keys").close()
    bound = {str(key) for key in viewer.keymap}
    for action in (action for row in QUEUE_ROWS for action in row):
        button = dock.findChild(object, action.name)
        assert printed(action.key) in button.toolTip()
        assert button.accessibleName()
        assert action.purpose in words
        assert action.key.replace("-", "+") in bound


@pytest.mark.parametrize("end", ["dock", "viewer"])
def test_the_end_of_dock_or_viewer_frees_project_and_threads(
    qtbot, viewer, make_project, open_queue, end
):
    before = set(threading.enumerate())
    path = make_project()
    dock = open_queue(path)
    if end == "dock":
        viewer.window.remove_dock_widget(dock)
    else:
        viewer.close()
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= before, timeout=60_000)
    Project.open(path).close()

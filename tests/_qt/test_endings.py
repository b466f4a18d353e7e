"""What goes wrong or ends early leaves a viewer that can be worked with."""

import os
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from napari_zsris.progress import finish

PHRASE = "the cup on the saucer"
PATIENCE = 280_000


@pytest.fixture
def opened(viewer, open_dock, photo, engine):
    """Open a dock whose proposals behave in a certain way."""
    viewer.add_image(photo, name="coffee")

    def open_one(source, name="dock"):
        dock = open_dock(engine, name)
        dock.workspace.settings = replace(dock.workspace.settings, proposals=source)
        return dock

    return open_one


def begin(qtbot, dock):
    """Ask, and wait until the endless source has begun."""
    stages = []
    dock.workspace.progressed.connect(lambda step: stages.append(step.stage))
    dock.segment(PHRASE)
    qtbot.waitUntil(lambda: "endless" in stages, timeout=PATIENCE)


def free(engine):
    """Wait until the engine does something else, which it does not while it is busy."""
    finish(engine.prepare())


def messages():
    return [str(getattr(record, "message", record)) for record in notification_manager.records]


def test_cancel_takes_effect_at_the_next_step(qtbot, opened, engine):
    dock = opened("endless")
    begin(qtbot, dock)
    cancel = dock.findChild(object, "cancel")
    assert cancel.isEnabled()
    with qtbot.waitSignal(dock.workspace.ended, timeout=5000):
        cancel.click()
    free(engine)
    assert not cancel.isEnabled()
    assert dock.workspace.reviewer.question is None
    assert "Cancelled" in dock.panel.status.text


def test_deleting_the_image_ends_the_work(qtbot, viewer, opened, engine):
    dock = opened("endless")
    begin(qtbot, dock)
    with qtbot.waitSignal(dock.workspace.ended, timeout=5000):
        viewer.layers.clear()
    free(engine)
    assert dock.workspace.photo.image is None
    assert len(viewer.layers) == 0
    dock.segment(PHRASE)
    assert "Open an image first" in dock.panel.status.text


def test_closing_the_dock_ends_the_work(qtbot, viewer, opened, engine):
    free(engine)
    before = set(threading.enumerate())
    dock = opened("endless")
    begin(qtbot, dock)
    viewer.window.remove_dock_widget(dock)
    free(engine)
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= before, timeout=60_000)
    assert not [key for key in viewer.keymap if str(key) in {"A", "R", "N", "T", "D", "U", "H"}]
    viewer.add_image(np.zeros((5, 5)))


def test_closing_the_viewer_ends_the_work(qtbot, viewer, opened, engine):
    free(engine)
    before = set(threading.enumerate())
    begin(qtbot, opened("endless"))
    viewer.close()
    free(engine)
    qtbot.waitUntil(lambda: set(threading.enumerate()) <= before, timeout=60_000)


def test_an_error_names_the_way_out_and_the_next_try_works(qtbot, viewer, opened):
    dock = opened("fails once")
    notification_manager.records.clear()
    with qtbot.waitSignal(dock.workspace.ended, timeout=PATIENCE):
        dock.segment(PHRASE)
    (told,) = messages()
    assert "RuntimeError: the cable is loose" in told
    assert "try again" in told
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE):
        dock.segment(PHRASE)
    assert viewer.layers.selection.active.data.any()


def test_a_model_that_is_not_there_says_how_to_get_it(qtbot, viewer, opened):
    dock = opened("missing")
    notification_manager.records.clear()
    with qtbot.waitSignal(dock.workspace.ended, timeout=PATIENCE):
        dock.segment(PHRASE)
    assert messages() == ["no weights: pip install them"]
    assert dock.panel.status.text == "no weights: pip install them"


def test_a_phrase_that_is_cut_is_told_once(qtbot, opened):
    dock = opened("nothing")
    notification_manager.records.clear()
    for _ in range(2):
        with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE):
            dock.segment("the cup " * 30)
    (told,) = messages()
    assert "has 60 words, but lite reads 40" in told


def test_no_proposals_invite_to_draw(qtbot, viewer, opened):
    dock = opened("nothing")
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE):
        dock.segment(PHRASE)
    assert "Press D to draw" in dock.panel.status.text
    dock.findChild(object, "draw").click()
    layer = viewer.layers.selection.active
    layer.paint((5, 5), 1)
    dock.findChild(object, "accept").click()
    assert viewer.layers["Annotations"].data.any()


def test_deleting_the_image_takes_its_masks_along_but_nothing_is_lost(
    qtbot, viewer, open_dock, photo, engine
):
    viewer.add_image(photo, name="coffee")
    dock = open_dock(engine)
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE):
        dock.segment(PHRASE)
    dock.findChild(object, "accept").click()
    dock.findChild(object, "next").click()
    layer = viewer.layers.selection.active
    layer.data_setitem((np.array([3]), np.array([3])), 1 - int(layer.data[3, 3]))
    painted = layer.data.copy()
    viewer.layers.remove("coffee")
    qtbot.waitUntil(lambda: len(viewer.layers) == 0, timeout=5000)
    assert dock.workspace.reviewer.question is None
    assert dock.workspace.accepted == 1
    viewer.add_image(photo, name="again")
    assert viewer.layers["Annotations"].data.any()
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE):
        dock.segment(PHRASE)
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)


def test_an_empty_phrase_and_a_volume_are_refused_with_a_reason(qtbot, viewer, opened):
    dock = opened("nothing")
    dock.segment("   ")
    assert "Type what to look for" in dock.panel.status.text
    viewer.add_image(np.zeros((3, 20, 30)))
    viewer.dims.ndisplay = 3
    dock.segment(PHRASE)
    assert "switch to 2D" in dock.panel.status.text
    assert not dock.workspace.working


def test_hidden_docks_leave_the_keys_alone(qtbot, viewer, opened):
    dock = opened("nothing")
    panel = dock.parent()
    qtbot.waitUntil(dock.isVisible, timeout=5000)
    assert any(str(key) == "A" for key in viewer.keymap)
    panel.hide()
    assert not any(str(key) == "A" for key in viewer.keymap)
    panel.show()
    assert any(str(key) == "A" for key in viewer.keymap)


def test_napari_outlives_its_engine_and_the_next_question_has_another(
    qtbot, viewer, open_dock, photo, light_engine
):
    viewer.add_image(photo)
    dock = open_dock(light_engine)
    settings = dock.workspace.settings
    dock.workspace.settings = replace(settings, proposals="endless")
    begin(qtbot, dock)
    before = light_engine.pid
    notification_manager.records.clear()
    with qtbot.waitSignal(dock.workspace.ended, timeout=PATIENCE):
        os.kill(before, signal.SIGKILL)
    (told,) = messages()
    assert told.startswith("The engine stopped: the system killed it")
    dock.workspace.settings = settings
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE):
        dock.segment(PHRASE)
    assert light_engine.pid != before

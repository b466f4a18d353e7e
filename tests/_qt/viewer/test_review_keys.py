"""Keys are bound while the dock is open, and given back."""

from functools import partial

import pytest
from napari.components import ViewerModel
from napari.utils.key_bindings import KeymapHandler, coerce_keybinding
from qtpy.QtWidgets import QApplication, QDoubleSpinBox, QLineEdit

from napari_zsris._qt.viewer.keys import Held, ReviewKeys


@pytest.fixture
def viewer():
    return ViewerModel()


def press(viewer, key):
    handler = KeymapHandler()
    handler.keymap_providers = [viewer]
    handler.press_key(key)


def test_a_key_does_what_it_is_bound_to(viewer, qtbot):
    pressed = []
    keys = ReviewKeys(viewer, {"A": lambda: pressed.append("A"), "/": lambda: pressed.append("/")})
    keys.bind()
    keys.bind()
    press(viewer, "A")
    press(viewer, "/")
    assert pressed == ["A", "/"]


def test_keys_are_given_back(viewer, qtbot):
    pressed = []
    viewer.bind_key("A", lambda _: pressed.append("before"))
    keys = ReviewKeys(viewer, {"A": lambda: pressed.append("ours"), "N": lambda: None})
    keys.bind()
    keys.unbind()
    press(viewer, "A")
    assert pressed == ["before"]
    assert coerce_keybinding("N") not in viewer.keymap


def test_a_key_that_somebody_bound_since_is_left_alone(viewer, qtbot):
    pressed = []
    keys = ReviewKeys(viewer, {"A": lambda: pressed.append("ours")})
    keys.bind()
    viewer.bind_key("A", lambda _: pressed.append("theirs"), overwrite=True)
    keys.unbind()
    press(viewer, "A")
    assert pressed == ["theirs"]


@pytest.mark.parametrize("first_closed", [0, 1])
def test_of_two_docks_the_one_that_stays_keeps_its_keys(viewer, qtbot, first_closed):
    pressed = []
    docks = [ReviewKeys(viewer, {"A": partial(pressed.append, number)}) for number in (0, 1)]
    for dock in docks:
        dock.bind()
    docks[first_closed].unbind()
    press(viewer, "A")
    assert pressed == [1 - first_closed]
    docks[1 - first_closed].unbind()
    assert coerce_keybinding("A") not in viewer.keymap


@pytest.mark.parametrize("editor", [QLineEdit, QDoubleSpinBox])
def test_keys_do_nothing_while_somebody_types(viewer, qtbot, editor):
    pressed = []
    ReviewKeys(viewer, {"A": lambda: pressed.append("A")}).bind()
    field = editor()
    qtbot.addWidget(field)
    field.show()
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    press(viewer, "A")
    assert not pressed


def test_a_held_key_does_something_until_it_is_let_go(viewer, qtbot):
    heard = []
    held = Held(lambda: heard.append("down"), lambda: heard.append("up"))
    ReviewKeys(viewer, {"Q": held}).bind()
    handler = KeymapHandler()
    handler.keymap_providers = [viewer]
    handler.press_key("Q")
    assert heard == ["down"]
    handler.release_key("Q")
    assert heard == ["down", "up"]
    handler.release_key("Q")
    assert heard == ["down", "up"]


@pytest.mark.parametrize("ending", ["window left", "dock closed"])
def test_a_held_key_ends_when_nobody_would_hear_it_come_up(viewer, qtbot, ending):
    heard = []
    keys = ReviewKeys(viewer, {"Q": Held(lambda: heard.append("down"), lambda: heard.append("up"))})
    keys.bind()
    handler = KeymapHandler()
    handler.keymap_providers = [viewer]
    handler.press_key("Q")
    if ending == "dock closed":
        keys.unbind()
    else:
        QApplication.instance().focusWindowChanged.emit(None)
    assert heard == ["down", "up"]
    handler.release_key("Q")
    assert heard == ["down", "up"]

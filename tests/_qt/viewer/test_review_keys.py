"""Keys are bound while the dock is open, and given back."""

from functools import partial

import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels
from napari.utils.action_manager import action_manager
from napari.utils.key_bindings import KeymapHandler, coerce_keybinding
from qtpy.QtWidgets import QDoubleSpinBox, QLineEdit

from napari_zsris._qt.core.actions import REVIEW_ACTIONS
from napari_zsris._qt.viewer.review_keys import ReviewKeys


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


def test_no_key_is_one_of_napari_s_own_for_images_labels_and_the_viewer(viewer):
    taken = set(viewer.keymap) | set(type(viewer).class_keymap)
    for layer in (Labels, Image):
        taken |= set(layer.class_keymap)
    ours = {coerce_keybinding(key) for key in (*(one.key for one in REVIEW_ACTIONS), "H", "/")}
    assert len(ours) == len(REVIEW_ACTIONS) + 2
    # A key that napari gives to actions of these is in the class keymaps.
    assert action_manager is not None
    assert not ours & taken

"""A mask is picked by its number, by the arrows, or by a click."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_zsris._qt.widgets.popovers import MaskChoice, MaskMenu, pixmap_of


@pytest.fixture
def menu(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    menu = MaskMenu(parent)
    picture = np.full((8, 8, 3), 90, np.uint8)
    menu.offer(
        "Add to the shown mask",
        [
            MaskChoice(7, "candidate 2", picture),
            MaskChoice("b", "accepted 1: the salt & pepper"),
            *(MaskChoice(number, f"candidate {number}") for number in range(20, 30)),
        ],
    )
    menu.heard = []
    menu.picked.connect(menu.heard.append)
    menu.open_beside(parent)
    qtbot.waitUntil(menu.isVisible)
    yield menu
    menu.close()


@pytest.mark.parametrize(("key", "picked"), [("1", 7), ("2", "b"), ("3", 20)])
def test_a_number_picks(qtbot, menu, key, picked):
    qtbot.keyClick(menu, key)
    assert menu.heard == [picked]
    assert not menu.isVisible()


def test_arrows_and_enter_pick(qtbot, menu):
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert menu.heard == ["b"]


def test_a_click_picks(qtbot, menu):
    place = menu.actionGeometry(menu.actions()[1]).center()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=place)
    assert menu.heard == [7]


def test_esc_picks_none(qtbot, menu):
    qtbot.keyClick(menu, Qt.Key.Key_Escape)
    assert not menu.heard
    assert not menu.isVisible()


def test_words_are_shown_as_they_are(menu):
    assert menu.actions()[2].text() == "&2  accepted 1: the salt && pepper"
    assert not menu.actions()[1].icon().isNull()


def test_other_masks_take_the_place_of_those_before(menu):
    menu.offer("Take out of the shown mask", [MaskChoice(1, "candidate 1")])
    assert len(menu.actions()) == 2


def test_a_picture_is_shown_as_it_is():
    pixels = (2 * np.arange(5 * 7 * 3, dtype=np.uint8)).reshape(5, 7, 3)
    image = pixmap_of(pixels).toImage()
    shown = [[image.pixelColor(x, y).getRgb()[:3] for x in range(7)] for y in range(5)]
    # A screen may have fewer colours.
    np.testing.assert_allclose(shown, pixels, atol=8)

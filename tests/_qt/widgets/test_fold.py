"""What is folded away is out of sight, and out of Tab's way."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from napari_zsris._qt.widgets.colours import Colours
from napari_zsris._qt.widgets.controls import FocusRing, Fold


@pytest.fixture
def panel(qtbot):
    panel = QWidget()
    column = QVBoxLayout(panel)
    panel.fold = Fold("More", "more", "more settings", "What is rarely needed.")
    panel.first, panel.inner, panel.last = QLineEdit(), QLineEdit(), QLineEdit()
    panel.fold.add_widget(panel.inner)
    for widget in (panel.first, panel.fold, panel.last):
        column.addWidget(widget)
    qtbot.addWidget(panel)
    panel.ring = FocusRing(panel, Colours.of("dark"))
    panel.show()
    panel.activateWindow()
    panel.first.setFocus()
    qtbot.waitUntil(panel.first.hasFocus)
    return panel


def tabbed(qtbot, panel):
    """Give what Tab visits on a whole round."""
    visited = []
    while not visited or visited[-1] is not panel.first:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        visited.append(QApplication.focusWidget())
        assert len(visited) < 10
    return visited


def test_tab_skips_what_is_folded_away(qtbot, panel):
    assert panel.inner not in tabbed(qtbot, panel)
    panel.fold.unfolded = True
    assert panel.inner in tabbed(qtbot, panel)


def test_a_click_unfolds_and_leaves_the_focus(qtbot, panel):
    title = panel.findChild(object, "more")
    folded = []
    panel.fold.toggled.connect(folded.append)
    qtbot.mouseClick(title, Qt.MouseButton.LeftButton)
    assert panel.inner.isVisible()
    assert panel.first.hasFocus()
    qtbot.mouseClick(title, Qt.MouseButton.LeftButton)
    assert not panel.inner.isVisible()
    assert folded == [True, False]


def test_the_keyboard_unfolds(qtbot, panel):
    title = panel.findChild(object, "more")
    title.setFocus()
    qtbot.keyClick(title, Qt.Key.Key_Space)
    assert panel.fold.unfolded


def test_a_title_has_a_name_for_scripts_and_one_to_be_read_aloud(panel):
    title = panel.findChild(object, "more")
    assert (title.accessibleName(), title.toolTip()) == ("more settings", "What is rarely needed.")
    panel.fold.retitle("More (3)")
    assert title.text() == "More (3)"


def test_the_ring_is_round_what_has_the_focus(qtbot, panel):
    for widget in (panel.first, panel.last):
        widget.setFocus()
        qtbot.waitUntil(panel.ring.isVisible)
        assert panel.ring.widget() is widget
        assert panel.ring.geometry().contains(widget.geometry())
    panel.last.clearFocus()
    assert not panel.ring.isVisible()


def test_no_ring_is_seen_before_anything_has_the_focus(qtbot):
    panel = QWidget()
    qtbot.addWidget(panel)
    ring = FocusRing(panel, Colours.of("light"))
    panel.show()
    assert not ring.isVisible()


def test_the_ring_is_painted_in_the_theme_s_colour(qtbot, panel):
    colours = Colours.of("light")
    panel.ring.recolour(colours)
    qtbot.waitUntil(panel.ring.isVisible)
    picture = panel.ring.grab().toImage()
    middle = picture.pixelColor(picture.width() // 2, 1)
    assert middle.lightness() == pytest.approx(colours.focus.lightness(), abs=40)

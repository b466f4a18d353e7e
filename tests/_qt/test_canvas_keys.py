"""Keys of the dock in a real viewer: see, approach and correct the shown mask; names and sizes."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollBar,
)

from napari_zsris._qt.preferences import Preferences
from napari_zsris.annotations import Run
from napari_zsris.engine.engine import Engine
from napari_zsris.engine.mask_colour import PALETTE
from napari_zsris.engine.outcome import Card, Outcome
from napari_zsris.engine.request import Weights
from napari_zsris.engine.thumbnails import thumbnail
from napari_zsris.progress import Progress
from napari_zsris.proposals import Bitmap
from napari_zsris.wording import elide

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
)
PHRASE = "the thing"


def discs(height, width):
    rows, columns = np.mgrid[:height, :width]
    places = ((0.3, 0.3, 0.2), (0.5, 0.5, 0.25), (0.7, 0.7, 0.1), (0.2, 0.8, 0.1))
    return [
        (rows - y * height) ** 2 + (columns - x * width) ** 2 <= (r * height) ** 2
        for y, x, r in places
    ]


class Discs(Engine):
    """An engine without a process, which finds four discs; the first one has a hole."""

    def prepare(self):
        yield Progress("resting", 0, 0)
        return []

    def encode(self, request):  # noqa: ARG002
        yield Progress("resting", 0, 0)

    def run(self, request):
        yield Progress("ranking", 0, 0)
        pixels = request.picture.pixels()
        masks = discs(*pixels.shape[:2])
        masks[0][50:60, 80:90] = False
        cards = []
        for rank, mask in enumerate(masks):
            bitmap = Bitmap.from_mask(mask)
            terms = {"appearance": 5.0 - rank, "location": 1.0}
            look = thumbnail(pixels, bitmap), terms, PALETTE[rank % 2]
            cards.append(Card(rank, rank, 6.0 - rank, 1, bitmap, *look))
        weights = Weights(0.95, 0.5, 3, spatial=True)
        size = pixels.shape[:2]
        run = Run("regions", "none")
        return Outcome(size, tuple(cards), "regions", "thing", weights, weights, run, request)


@pytest.fixture
def dock(viewer, open_dock, photo):
    viewer.add_image(photo, name="coffee.png")
    return open_dock(Discs())


@pytest.fixture
def reviewed(dock, qtbot):
    """The dock with candidates."""
    with qtbot.waitSignal(dock.workspace.answered, timeout=20_000):
        dock.segment(PHRASE)
    return dock


def press(qtbot, dock, key, modifier=Qt.KeyboardModifier.NoModifier):
    """Press a key as in the viewer's window, which passes it on to the canvas."""
    qtbot.keyClick(dock.window(), key, modifier)


SHIFT = Qt.KeyboardModifier.ShiftModifier


def shown(viewer):
    return viewer.layers.selection.active


def test_masks_are_hidden_while_q_is_held(qtbot, viewer, reviewed):
    layer = shown(viewer)
    qtbot.keyPress(reviewed.window(), Qt.Key.Key_Q)
    assert layer.opacity == 0
    qtbot.keyRelease(reviewed.window(), Qt.Key.Key_Q)
    assert layer.opacity == 1


def test_masks_are_hidden_while_q_is_held_in_the_list_too(qtbot, viewer, reviewed):
    candidates = reviewed.panel.candidates
    qtbot.keyPress(candidates, Qt.Key.Key_Q)
    assert shown(viewer).opacity == 0
    qtbot.keyRelease(candidates, Qt.Key.Key_Q)
    assert shown(viewer).opacity == 1


def test_no_key_acts_on_a_mask_that_is_hidden(qtbot, viewer, reviewed):
    store, layer = reviewed.workspace.store, shown(viewer)
    before = layer.data.copy()
    qtbot.keyPress(reviewed.window(), Qt.Key.Key_Q)
    for key in (Qt.Key.Key_A, Qt.Key.Key_R, Qt.Key.Key_W, Qt.Key.Key_S, Qt.Key.Key_D):
        reviewed.panel.status.say("")
        press(qtbot, reviewed, key)
        assert reviewed.panel.status.text == "The masks are hidden: let go of Q first."
    press(qtbot, reviewed, Qt.Key.Key_F, SHIFT)
    reviewed.findChild(object, "accept").click()
    np.testing.assert_array_equal(layer.data, before)
    assert [item.status for item in store.project.items()] == ["todo"]
    qtbot.keyRelease(reviewed.window(), Qt.Key.Key_Q)
    press(qtbot, reviewed, Qt.Key.Key_A)
    assert [item.status for item in store.project.items()] == ["accepted"]


def test_long_phrases_are_elided_in_all_that_is_said(qtbot, viewer, dock):
    phrase = "the <b>small</b> cup " + "behind the other one " * 10
    said = []
    dock.workspace.told.connect(said.append)
    with qtbot.waitSignal(dock.workspace.answered, timeout=20_000):
        dock.segment(phrase)
    assert dock.panel.status.text == f"4 candidates for “{elide(phrase)}”."
    for key in (Qt.Key.Key_A, Qt.Key.Key_S, Qt.Key.Key_U, Qt.Key.Key_S, Qt.Key.Key_U):
        press(qtbot, dock, key)
    for _ in range(4):
        press(qtbot, dock, Qt.Key.Key_R)
    viewer.add_image(np.zeros((20, 20)))
    named = [sentence for sentence in said if "small" in sentence]
    assert len(named) == 6
    assert all(f"“{elide(phrase)}”" in sentence for sentence in named)
    assert "1 object." in named[0]
    label = dock.findChild(QLabel, "status")
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_every_candidate_has_the_colour_that_suits_it(qtbot, viewer, reviewed):
    assert shown(viewer).tint == PALETTE[0]
    press(qtbot, reviewed, Qt.Key.Key_N)
    assert shown(viewer).tint == PALETTE[1]


def test_the_outline_alone_stays_for_the_next_candidate(qtbot, viewer, reviewed):
    press(qtbot, reviewed, Qt.Key.Key_Q, SHIFT)
    assert not shown(viewer).filled
    press(qtbot, reviewed, Qt.Key.Key_N)
    assert not shown(viewer).filled


def test_g_goes_close_and_back(qtbot, viewer, reviewed):
    camera = viewer.scene.camera
    before = camera.zoom
    press(qtbot, reviewed, Qt.Key.Key_G)
    assert camera.zoom > before
    press(qtbot, reviewed, Qt.Key.Key_G)
    assert camera.zoom == before


def test_shape_keys_change_the_mask_and_ctrl_z_takes_it_back(qtbot, viewer, reviewed):
    layer = shown(viewer)
    before = layer.data.copy()
    press(qtbot, reviewed, Qt.Key.Key_F, SHIFT)
    assert layer.data[55, 85] == 1
    assert "Filled the holes, 100 pixels more" in reviewed.panel.status.text
    press(qtbot, reviewed, Qt.Key.Key_Period)
    press(qtbot, reviewed, Qt.Key.Key_Comma)
    for _ in range(3):
        press(qtbot, reviewed, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_array_equal(layer.data, before)


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.NoModifier, SHIFT])
def test_another_candidate_is_added_or_taken_out_by_its_number(qtbot, viewer, reviewed, modifier):
    layer = shown(viewer)
    masks = discs(*layer.data.shape)
    before = layer.data != 0
    press(qtbot, reviewed, Qt.Key.Key_I, modifier)
    menu = reviewed.findChild(QMenu, "masks")
    qtbot.waitUntil(menu.isVisible)
    qtbot.keyClick(menu, "1")
    expected = before & ~masks[1] if modifier == SHIFT else before | masks[1]
    np.testing.assert_array_equal(layer.data != 0, expected)


def test_an_accepted_mask_is_offered_too(qtbot, viewer, reviewed):
    press(qtbot, reviewed, Qt.Key.Key_A)
    press(qtbot, reviewed, Qt.Key.Key_N)
    press(qtbot, reviewed, Qt.Key.Key_I)
    menu = reviewed.findChild(QMenu, "masks")
    assert any(f"accepted 1: {PHRASE}" in entry.text() for entry in menu.actions())
    menu.close()


def test_without_a_mask_the_keys_say_so(qtbot, viewer, dock):
    for key in (Qt.Key.Key_G, Qt.Key.Key_Period, Qt.Key.Key_I):
        dock.panel.status.say("")
        press(qtbot, dock, key)
        assert "No phrase is asked of this photo" in dock.panel.status.text


def test_the_brush_keeps_its_size_for_the_next_candidate(qtbot, viewer, reviewed):
    press(qtbot, reviewed, Qt.Key.Key_T)
    before = shown(viewer).brush_size
    press(qtbot, reviewed, Qt.Key.Key_BracketRight)
    press(qtbot, reviewed, Qt.Key.Key_N)
    assert shown(viewer).brush_size == before + 1


def test_a_key_that_the_person_changes_works_at_once(qtbot, viewer, reviewed):
    Preferences()._values.keys.next = "F6"
    press(qtbot, reviewed, Qt.Key.Key_N)
    assert shown(viewer).name == f"1: {PHRASE}"
    press(qtbot, reviewed, Qt.Key.Key_F6)
    assert shown(viewer).name == f"2: {PHRASE}"
    assert "F6" in reviewed.findChild(object, "next").text()


def test_every_control_has_a_name_to_be_read_aloud(reviewed):
    reviewed.panel.findChild(object, "advanced").click()
    controls = [one for kind in CONTROLS for one in reviewed.findChildren(kind)]
    assert len(controls) > 20
    for control in controls:
        if not isinstance(control, QScrollBar):
            assert control.accessibleName(), (control, control.objectName(), control.parent())


@pytest.mark.parametrize("unfolded", [False, True])
def test_at_300_pixels_every_button_shows_its_words(qtbot, viewer, reviewed, unfolded):
    if unfolded:
        reviewed.panel.findChild(object, "advanced").click()
    window = reviewed.parent()
    window.setFixedWidth(300 + window.width() - reviewed.width())
    QApplication.processEvents()
    assert reviewed.width() <= 300
    inside = reviewed.panel.rect()
    for button in reviewed.findChildren(QAbstractButton):
        if button.isVisibleTo(reviewed) and button.text():
            words = button.fontMetrics().horizontalAdvance(button.text().replace("&&", "&"))
            assert words < button.width(), button.text()
            corner = button.mapTo(reviewed.panel, button.rect().bottomRight())
            # What is too low for the window is scrolled to.
            assert inside.left() <= corner.x() <= inside.right(), button.text()


@pytest.mark.parametrize("unfolded", [False, True])
def test_three_candidates_are_seen_in_a_small_window(qtbot, viewer, reviewed, unfolded):
    if unfolded:
        reviewed.panel.findChild(object, "advanced").click()
    window = reviewed.window()
    window.setGeometry(0, 0, 1024, 700)
    qtbot.waitUntil(lambda: window.height() <= 700)
    candidates = reviewed.panel.candidates
    view = candidates.viewport().rect()
    assert all(
        view.contains(candidates.visualRect(candidates.model().index(row))) for row in range(3)
    )


def test_tab_visits_what_is_seen_only(qtbot, viewer, reviewed):
    reviewed.activateWindow()
    reviewed.panel.phrase.lineEdit().setFocus()
    qtbot.waitUntil(lambda: reviewed.isAncestorOf(QApplication.focusWidget()))
    visited = set()
    while (widget := QApplication.focusWidget()) not in visited:
        visited.add(widget)
        if not reviewed.isAncestorOf(widget):
            break
        assert widget.isVisible()
        names = {widget.objectName(), widget.parent().objectName()}
        assert not names & {"model", "proposals", "alpha", "candidate_count", "recommended"}
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert len(visited) > 5

"""Models by name: those that cannot be used are greyed and say why."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QInputDialog

from napari_zsris._qt.widgets.settings_form import NameChooser
from napari_zsris.engine.choices import Choice

CHOICES = [
    Choice("lite", "small and quick"),
    Choice("large", "slow", "its weights are not here", "pip install them"),
]


def chooser(qtbot):
    made = NameChooser("which?")
    qtbot.addWidget(made)
    made.offer(CHOICES, "lite")
    return made


def test_an_unusable_model_is_greyed_and_says_why_and_what_to_do(qtbot):
    names = chooser(qtbot)
    usable, unusable = names.model().item(0), names.model().item(1)
    assert usable.isEnabled()
    assert not unusable.isEnabled()
    assert unusable.toolTip() == "slow\nits weights are not here\npip install them"
    assert unusable.data(Qt.ItemDataRole.AccessibleDescriptionRole) == unusable.toolTip()


def test_a_name_that_is_not_in_the_list_is_asked_for_and_added(qtbot, monkeypatch):
    names, told = chooser(qtbot), []
    names.chosen.connect(told.append)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" RN50:mine.pt ", True))
    names.activated.emit(names.findText("Other…"))
    assert names.name == names.currentText() == "RN50:mine.pt"
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("never", False))
    names.activated.emit(names.findText("Other…"))
    assert names.name == names.currentText() == "RN50:mine.pt"
    assert told == ["RN50:mine.pt"]

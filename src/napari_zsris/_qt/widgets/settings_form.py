"""What is used to segment: models by name, and the method's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QStandardItem, QStandardItemModel
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QInputDialog,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)
from superqt import QLabeledDoubleSlider
from superqt.utils import signals_blocked

from napari_zsris._qt.widgets.controls import named
from napari_zsris.engine.choices import Choice
from napari_zsris.engine.request import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MethodForm", "NameChooser"]

MOST_LAYERS = 24
MOST_CANDIDATES = 50
_START = Weights(alpha=0.95, beta=0.5, mask_layers=3, spatial=True)

_ALPHA = """alpha: how much the object's surroundings count.
1 compares the phrase with the object in its context only,
0 with the object cut out of the picture only."""
_BETA = """beta: how much the whole sentence counts.
1 compares with the sentence only, 0 with its main noun phrase only."""
_LAYERS = """In how many of a ViT's last blocks the mask is applied; of no effect with
other towers. A change encodes the picture again."""
_SPATIAL = "Whether words such as left, behind or biggest move the scores."
_CANDIDATES = "How many of the best regions to list."
_RESET = "Go back to the settings that suit the model best."

OTHER = "Other…"


class MethodForm(QWidget):
    """Sliders for the weights; until one is moved, the model's recommended settings hold.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    changed : Signal()
        The person changed something.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own = False
        self._recommended = _START
        self._alpha = named(_slider(), "alpha", "alpha, weight of global context", _ALPHA)
        self._beta = named(_slider(), "beta", "beta, weight of the whole sentence", _BETA)
        self._layers = named(_spin(MOST_LAYERS), "mask_layers", "mask layers", _LAYERS)
        self._spatial = named(
            QCheckBox("Location words count"), "spatial", "location words count", _SPATIAL
        )
        self._candidates = named(
            _spin(MOST_CANDIDATES), "candidate_count", "number of candidates", _CANDIDATES
        )
        self._reset = named(
            QPushButton("Recommended settings"), "recommended", "recommended settings", _RESET
        )
        form = QFormLayout(self)
        form.setContentsMargins(4, 0, 4, 0)
        form.setSpacing(4)
        form.addRow("Global context", self._alpha)
        form.addRow("Whole sentence", self._beta)
        form.addRow("Mask layers", self._layers)
        form.addRow("Candidates", self._candidates)
        form.addRow(self._spatial)
        form.addRow(self._reset)
        self._show(_START)
        for control in (self._alpha, self._beta, self._layers):
            control.valueChanged.connect(self._on_weights)
        self._spatial.toggled.connect(self._on_weights)
        self._candidates.valueChanged.connect(self._on_candidates)
        self._reset.clicked.connect(self._on_reset)

    @property
    def weights(self) -> Weights | None:
        """The person's settings; None while the model's recommended ones hold."""
        if not self._own:
            return None
        return Weights(
            alpha=round(float(self._alpha.value()), 2),
            beta=round(float(self._beta.value()), 2),
            mask_layers=int(self._layers.value()),
            spatial=bool(self._spatial.isChecked()),
        )

    @weights.setter
    def weights(self, weights: Weights | None) -> None:
        self._own = weights is not None
        self._show(weights or self._recommended)

    @property
    def candidates(self) -> int:
        """How many candidates are wanted."""
        return int(self._candidates.value())

    @candidates.setter
    def candidates(self, count: int) -> None:
        with signals_blocked(self._candidates):
            self._candidates.setValue(count)

    def recommend(self, weights: Weights) -> None:
        """Learn a model's recommended settings, and show them unless the person has own ones.

        Parameters
        ----------
        weights : Weights
            The recommended settings.
        """
        self._recommended = weights
        if not self._own:
            self._show(weights)

    def _show(self, weights: Weights) -> None:
        for control, value in (
            (self._alpha, weights.alpha),
            (self._beta, weights.beta),
            (self._layers, weights.mask_layers),
        ):
            with signals_blocked(control):
                control.setValue(value)
        with signals_blocked(self._spatial):
            self._spatial.setChecked(weights.spatial)
        self._reset.setEnabled(self._own)

    def _on_weights(self) -> None:
        self._own = True
        self._reset.setEnabled(True)
        self.changed.emit()

    def _on_candidates(self) -> None:
        self.changed.emit()

    def _on_reset(self) -> None:
        self.weights = None
        self.changed.emit()


def _slider() -> QLabeledDoubleSlider:
    slider = QLabeledDoubleSlider(Qt.Orientation.Horizontal)
    slider.setRange(0.0, 1.0)
    slider.setDecimals(2)
    # superqt's stub has the int of Qt's own slider.
    slider.setSingleStep(0.01)  # type: ignore[arg-type]
    return slider


def _spin(most: int) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(1, most)
    return spin


class NameChooser(QComboBox):
    """Offers names as on the command line; unusable ones are greyed and say why, and the way out.

    Parameters
    ----------
    question : str
        What is asked when the person wants a name that is not in the list.
    parent : QWidget, optional
        The parent.

    Attributes
    ----------
    chosen : Signal(str)
        Another name was chosen.
    """

    chosen = Signal(str)

    def __init__(self, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._question = question
        self._name = ""
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._on_activated)

    @property
    def name(self) -> str:
        """The chosen name."""
        return self._name

    def offer(self, choices: Sequence[Choice], name: str) -> None:
        """Offer these names and choose one, which need not be among them.

        Parameters
        ----------
        choices : sequence of Choice
            What is known here.
        name : str
            The name to choose.
        """
        self.clear()
        for choice in choices:
            self._append(choice)
        self._append(Choice(OTHER, "name a model or a file yourself"))
        self.choose(name)

    def choose(self, name: str) -> None:
        """Choose a name; one that is not in the list is added to it.

        Parameters
        ----------
        name : str
            The name.
        """
        if self.findText(name) < 0:
            item = _item(Choice(name, "named by you"))
            self._items.insertRow(max(0, self.count() - 1), item)
        self.setCurrentIndex(self.findText(name))
        if name != self._name:
            self._name = name
            self.chosen.emit(name)

    @property
    def _items(self) -> QStandardItemModel:
        return cast("QStandardItemModel", self.model())

    def _append(self, choice: Choice) -> None:
        self._items.appendRow(_item(choice))

    def _on_activated(self, place: int) -> None:
        name = self.itemText(place)
        if name == OTHER:
            asked, sure = QInputDialog.getText(self, "Another model", self._question)
            name = asked.strip() if sure and asked.strip() else self._name
        self.choose(name)


def _item(choice: Choice) -> QStandardItem:
    item = QStandardItem(choice.name)
    item.setEnabled(choice.usable)
    item.setToolTip(choice.explanation)
    item.setData(choice.explanation, Qt.ItemDataRole.AccessibleDescriptionRole)
    return item

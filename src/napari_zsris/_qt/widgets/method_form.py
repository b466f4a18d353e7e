"""The method's settings as a form."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QPushButton, QSpinBox, QWidget
from superqt import QLabeledDoubleSlider
from superqt.utils import signals_blocked

from napari_zsris._qt.widgets.naming import named
from napari_zsris.engine.request import Weights

__all__ = ["MethodForm"]

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

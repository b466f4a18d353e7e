"""The method's settings as a form."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import CheckBox, Container, FloatSlider, PushButton, SpinBox, Widget
from magicgui.widgets.bases import ValueWidget
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from napari_zsris._qt.core.request import Weights
from napari_zsris._qt.widgets.naming import named

__all__ = ["MethodForm"]

MOST_CANDIDATES = 50
_START = Weights(alpha=0.95, beta=0.5, mask_layers=3, spatial=True)


class MethodForm(QObject):
    """Sliders for the weights; until one is moved, the model's recommended settings hold.

    Attributes
    ----------
    changed : Signal()
        The person changed something.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._own = False
        self._recommended = _START
        self._alpha = FloatSlider(label="Global context", min=0, max=1, step=0.01)
        self._beta = FloatSlider(label="Whole sentence", min=0, max=1, step=0.01)
        self._layers = SpinBox(label="Mask layers", min=1, max=24)
        self._spatial = CheckBox(text="Location words count")
        self._candidates = SpinBox(label="Candidates", min=1, max=MOST_CANDIDATES, value=5)
        self._reset = PushButton(text="Recommended settings")
        weights: list[ValueWidget[Any]] = [self._alpha, self._beta, self._layers, self._spatial]
        self._form: Container[Widget] = Container(
            widgets=[*weights, self._candidates, self._reset], labels=True
        )
        self._form.margins = (0, 0, 0, 0)
        self._name_controls()
        self._show(_START)
        for field in weights:
            field.changed.connect(self._on_weights)
        self._candidates.changed.connect(self._on_candidates)
        self._reset.changed.connect(self._on_reset)

    @property
    def widget(self) -> QWidget:
        """The form."""
        native: QWidget = self._form.native
        return native

    @property
    def weights(self) -> Weights | None:
        """The person's settings; None while the model's recommended ones hold."""
        if not self._own:
            return None
        return Weights(
            alpha=float(self._alpha.value),
            beta=float(self._beta.value),
            mask_layers=int(self._layers.value),
            spatial=bool(self._spatial.value),
        )

    @weights.setter
    def weights(self, weights: Weights | None) -> None:
        self._own = weights is not None
        self._show(weights or self._recommended)

    @property
    def candidates(self) -> int:
        """How many candidates are wanted."""
        return int(self._candidates.value)

    @candidates.setter
    def candidates(self, count: int) -> None:
        with self._candidates.changed.blocked():
            self._candidates.value = count

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
        for field, value in (
            (self._alpha, weights.alpha),
            (self._beta, weights.beta),
            (self._layers, weights.mask_layers),
            (self._spatial, weights.spatial),
        ):
            with field.changed.blocked():
                field.value = value
        self._reset.enabled = self._own

    def _on_weights(self) -> None:
        self._own = True
        self._reset.enabled = True
        self.changed.emit()

    def _on_candidates(self) -> None:
        self.changed.emit()

    def _on_reset(self) -> None:
        self.weights = None
        self.changed.emit()

    def _name_controls(self) -> None:
        for field, name, spoken in (
            (self._alpha, "alpha", "alpha, weight of global context"),
            (self._beta, "beta", "beta, weight of the whole sentence"),
            (self._layers, "mask_layers", "mask layers"),
            (self._spatial, "spatial", "location words count"),
            (self._candidates, "candidate_count", "number of candidates"),
            (self._reset, "recommended", "recommended settings"),
        ):
            field.tooltip = _TOOLTIPS[name]
            named(field.native, name, spoken, _TOOLTIPS[name])


_TOOLTIPS = {
    "alpha": """alpha: how much the object's surroundings count.
1 compares the phrase with the object in its context only,
0 with the object cut out of the picture only.""",
    "beta": """beta: how much the whole sentence counts.
1 compares with the sentence only, 0 with its main noun phrase only.""",
    "mask_layers": """In how many of a ViT's last blocks the mask is applied; of no effect with
other towers. A change encodes the picture again.""",
    "spatial": "Whether words such as left, behind or biggest move the scores.",
    "candidate_count": "How many of the best regions to list.",
    "recommended": "Go back to the settings that suit the model best.",
}

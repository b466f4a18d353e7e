"""A list of the viewer's images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QSizePolicy, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Image

__all__ = ["LayerChooser"]

EMPTY = "no image is open"


class LayerChooser(QComboBox):
    """Offers image layers by name; a new one is chosen as soon as it is opened.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    chosen : Signal(object)
        An image layer, or None when there is none, was chosen.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: list[Image] = []
        self._reported: Image | None = None
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.currentIndexChanged.connect(self._report)
        self.offer([])

    @property
    def layer(self) -> Image | None:
        """The chosen image."""
        place = self.currentIndex()
        return self._layers[place] if 0 <= place < len(self._layers) else None

    def choose(self, layer: Image) -> None:
        """Choose an image.

        Parameters
        ----------
        layer : napari Image
            One of those offered.
        """
        if layer in self._layers:
            self.setCurrentIndex(self._layers.index(layer))

    def offer(self, layers: Sequence[Image]) -> None:
        """Offer these images, in this order.

        Parameters
        ----------
        layers : sequence of napari Image
            The images.
        """
        before, new = self.layer, [layer for layer in layers if layer not in self._layers]
        self.blockSignals(True)  # noqa: FBT003 - Qt's own
        self.clear()
        self._layers = list(layers)
        self.addItems([layer.name for layer in layers] or [EMPTY])
        self.setEnabled(bool(layers))
        wanted = new[-1] if new else before
        self.setCurrentIndex(self._layers.index(wanted) if wanted in self._layers else 0)
        self.blockSignals(False)  # noqa: FBT003
        self._report()

    def _report(self) -> None:
        if self.layer != self._reported:
            self._reported = self.layer
            self.chosen.emit(self.layer)

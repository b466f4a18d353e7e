"""Which image is segmented, and which of its channels make the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from napari_zsris._qt.viewer.snapshot import Channels, blendable
from napari_zsris._qt.widgets.controls import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["ChannelChooser", "LayerChooser"]

MOST_CHANNELS = 16
ALONE = "this layer alone"
BLENDED = "channels as on the canvas"

NO_IMAGE = "no image is open"


class ChannelChooser(QWidget):
    """Offers the layer alone, an axis as colours, or the channels as the canvas blends them.

    Where there are channels, their blend is chosen until the person chooses otherwise.

    Parameters
    ----------
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    changed : Signal()
        Other channels were chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offers: list[Channels] = [Channels()]
        self._layer: Image | None = None
        self._own: Channels | None = None
        self._kinds = named(
            QComboBox(),
            "channels",
            "channels",
            "What makes the picture: this layer alone, several channels of one axis as red,\n"
            "green and blue, or the layers that the canvas blends into one picture.",
        )
        self._kinds.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._kinds.setMinimumContentsLength(8)
        self._kinds.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._numbers = named(
            QLineEdit("1, 2, 3"),
            "channel_numbers",
            "channel numbers",
            "Up to three channels, counted from 1: shown as red, green and blue.",
        )
        self._numbers.setMaximumWidth(70)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._kinds)
        row.addWidget(self._numbers)
        self._kinds.activated.connect(self._on_chosen)
        self._numbers.editingFinished.connect(self._on_changed)
        self._numbers.hide()

    @property
    def channels(self) -> Channels:
        """What was chosen."""
        offer: Channels = self._offers[max(0, self._kinds.currentIndex())]
        if offer.kind != "axis":
            return offer
        words = self._numbers.text().replace(",", " ").split()
        chosen = tuple(int(word) - 1 for word in words if word.isdecimal())
        return Channels("axis", offer.axis, chosen)

    @property
    def needed(self) -> bool:
        """Whether there is something to choose."""
        return len(self._offers) > 1

    def offer(self, viewer: ViewerModel, layer: Image | None) -> None:
        """Offer what an image has.

        Parameters
        ----------
        viewer : napari viewer
            The viewer.
        layer : napari Image or None
            The image.
        """
        if layer != self._layer:
            self._layer, self._own = layer, None
        offers, names = [Channels()], [ALONE]
        if layer is not None and not layer.rgb:
            for axis, side in enumerate(layer.data.shape[: layer.ndim]):
                if axis not in viewer.dims.displayed and 1 < side <= MOST_CHANNELS:
                    offers.append(Channels("axis", axis))
                    names.append(f"axis {axis} as colours ({side})")
        if layer is not None and len(blendable(viewer, layer)) > 1:
            offers.append(Channels("layers"))
            names.append(BLENDED)
        before = self.channels
        self._offers = offers
        self._kinds.clear()
        self._kinds.addItems(names)
        self._kinds.setCurrentIndex(self._wanted())
        if self.channels != before:
            self._on_changed()

    def _wanted(self) -> int:
        if self._own in self._offers:
            return self._offers.index(self._own)
        blended = Channels("layers")
        return self._offers.index(blended) if blended in self._offers else 0

    def _on_chosen(self, place: int) -> None:
        self._own = self._offers[place]
        self._on_changed()

    def _on_changed(self) -> None:
        self._numbers.setVisible(self.channels.kind == "axis")
        self.changed.emit()


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
        self.addItems([layer.name for layer in layers] or [NO_IMAGE])
        self.setEnabled(bool(layers))
        wanted = new[-1] if new else before
        self.setCurrentIndex(self._layers.index(wanted) if wanted in self._layers else 0)
        self.blockSignals(False)  # noqa: FBT003
        self._report()

    def _report(self) -> None:
        if self.layer != self._reported:
            self._reported = self.layer
            self.chosen.emit(self.layer)

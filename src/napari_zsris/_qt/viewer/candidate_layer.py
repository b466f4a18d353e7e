"""The candidate that is shown, as one editable Labels layer, and the brush that corrects it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris._qt.viewer.mask_edit import read_mask
from napari_zsris._qt.viewer.mask_labels import MaskLabels
from napari_zsris.engine.mask_colour import DEFAULT_COLOUR
from napari_zsris.wording import elide

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_zsris._qt.viewer.placement import Placement
    from napari_zsris.review.question import Entry

__all__ = ["Brush", "CandidateLayer"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]

# Of the shorter side of a picture; a brush of one pixel corrects nothing one can see.
BRUSH_SHARE = 1 / 40
SMALLEST_BRUSH = 3


class CandidateLayer:
    """One layer that serves one candidate after the other, which is faster than a layer for each.

    Parameters
    ----------
    viewer : napari viewer
        Where the layer goes.
    on_stroke : callable
        Called whenever a person changed the mask, with napari's undo, too.
    """

    def __init__(self, viewer: ViewerModel, on_stroke: Callable[[], object]) -> None:
        self._viewer = viewer
        self._on_stroke = on_stroke
        self._layer: MaskLabels | None = None
        self._placement: Placement | None = None
        self._serving = False
        self._brush = Brush()

    @property
    def layer(self) -> MaskLabels | None:
        """The layer, unless it was never made or somebody deleted it."""
        there = self._layer is not None and self._layer in self._viewer.layers
        return self._layer if there else None

    @property
    def visible(self) -> bool:
        """Whether a mask is to be seen."""
        return self.layer is not None and bool(self.layer.visible)

    def show(self, placement: Placement, entry: Entry, phrase: str) -> MaskLabels:
        """Show a candidate's mask.

        Parameters
        ----------
        placement : Placement
            Where the mask lies.
        entry : Entry
            The candidate.
        phrase : str
            What was looked for.

        Returns
        -------
        MaskLabels
            The layer.
        """
        height, width = placement.site.size
        data = placement.lift(entry.bitmap.window(0, 0, width, height).astype(np.uint8))
        self._serving = True
        try:
            layer = self._serve(placement, data) or self._make(placement, data)
            self._caption(layer, entry, phrase)
            if not layer.visible:
                layer.visible = True
        finally:
            self._serving = False
        self._placement = placement
        self._brush.attach(layer, placement)
        if self._viewer.layers.selection.active is not layer:
            self._viewer.layers.selection.active = layer
        return layer

    def take_brush(self) -> bool:
        """Take up the brush on the mask that is shown.

        Returns
        -------
        bool
            Whether there is one.
        """
        if self.layer is None or self._placement is None:
            return False
        self._brush.take(self.layer, self._placement)
        return True

    def hide(self) -> None:
        """Take the mask out of sight."""
        if self.layer is not None:
            self.layer.visible = False

    def mask(self) -> BoolArray | None:
        """Give the mask as it is now.

        Returns
        -------
        (H, W) bool array or None
            A new array; None when there is no layer.
        """
        if self._layer is None or self._placement is None:
            return None
        # Also of a layer that was deleted: what was painted there is not lost.
        return read_mask(self._layer, self._placement)

    def lock(self, *, locked: bool) -> None:
        """Keep the brush off, as while the sliders show another plane.

        Parameters
        ----------
        locked : bool
            False to let the person paint again.
        """
        if self.layer is not None and self.layer.editable == locked:
            self.layer.editable = not locked

    def remove(self) -> None:
        """Take the layer off the canvas."""
        layer, self._layer, self._placement = self.layer, None, None
        if layer is not None:
            self._viewer.layers.remove(layer)

    def _serve(self, placement: Placement, data: npt.NDArray[np.uint8]) -> MaskLabels | None:
        """Let the layer there is serve, if it can."""
        layer = self.layer
        if layer is None or layer.ndim != data.ndim:
            self.remove()
            return None
        if layer.data.shape != data.shape:
            # A hidden layer would keep the extent of its old data.
            layer.visible = True
        # Making a layer read-only empties its undo history, which would corrupt the new mask.
        mode = layer.mode
        layer.editable = False
        layer.data = data
        for name, value in placement.transform(data.shape).items():
            if not _same(getattr(layer, name), value):
                setattr(layer, name, value)
        layer.editable = True
        layer.mode = mode if self._placement is placement else "pan_zoom"
        return layer

    def _make(self, placement: Placement, data: npt.NDArray[np.uint8]) -> MaskLabels:
        layer = MaskLabels(data, DEFAULT_COLOUR, opacity=1.0, **placement.transform(data.shape))
        layer.events.paint.connect(self._on_change)
        layer.events.set_data.connect(self._on_change)
        self._layer = layer
        self._viewer.add_layer(layer)
        return layer

    def _on_change(self, _event: object = None) -> None:
        if not self._serving:
            self._on_stroke()

    def _caption(self, layer: MaskLabels, entry: Entry, phrase: str) -> None:
        card, short = entry.card, elide(phrase)
        layer.name = f"drawn: {short}" if card is None else f"{card.rank + 1}: {short}"
        columns: dict[str, Sequence[Any]] = {"index": [0, 1], "phrase": [None, phrase]}
        if card is not None:
            columns |= {"rank": [None, str(card.rank + 1)], "score": [None, f"{card.score:.3f}"]}
        layer.tint = DEFAULT_COLOUR if card is None else card.colour
        layer.features = columns


def _same(first: Any, second: Any) -> bool:
    if hasattr(first, "affine_matrix"):
        return np.array_equal(first.affine_matrix, second.affine_matrix)
    return bool(np.array_equal(np.asarray(first), np.asarray(second)))


class Brush:
    """The brush of all masks of a viewer: the size a person set stays when another mask is shown.

    The size is kept as a share of the picture's shorter side, so that it looks the same on a
    picture of another resolution.
    """

    def __init__(self) -> None:
        self._share = BRUSH_SHARE
        self._layer: Labels | None = None
        self._side = 1

    def attach(self, layer: Labels, placement: Placement) -> None:
        """Give a layer the brush, and follow the size that the person gives it.

        Parameters
        ----------
        layer : napari Labels
            The layer of a mask.
        placement : Placement
            Where the mask lies.
        """
        if self._layer is not None:
            self._layer.events.brush_size.disconnect(self._on_size)
        self._layer, self._side = layer, min(placement.site.size)
        smallest = SMALLEST_BRUSH if self._share == BRUSH_SHARE else 1
        layer.brush_size = max(smallest, round(self._side * self._share))
        layer.events.brush_size.connect(self._on_size)

    def take(self, layer: Labels, placement: Placement) -> None:
        """Take up the brush on a layer.

        Parameters
        ----------
        layer : napari Labels
            The layer of a mask.
        placement : Placement
            Where the mask lies.
        """
        self.attach(layer, placement)
        layer.selected_label = 1
        layer.mode = "paint"

    def _on_size(self, event: Any) -> None:
        self._share = event.source.brush_size / self._side

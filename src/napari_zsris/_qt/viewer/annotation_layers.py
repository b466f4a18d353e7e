"""Accepted masks as Labels layers, one per image."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from napari.layers import Labels

from napari_zsris.annotations import Item, decode_rle
from napari_zsris.proposals.bitmap import Bitmap

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_zsris._qt.viewer.placement import Placement

__all__ = ["AnnotationLayers", "Repainted"]

NAME = "Annotations"
# The photo under accepted masks stays to be seen, and the shown candidate stands out from them.
OPACITY = 0.4

LabelImage: TypeAlias = npt.NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Repainted:
    """What a person painted over one accepted mask.

    Parameters
    ----------
    photo_id : int
        The photo's number.
    label : int
        The mask's label in the layer.
    item_id : int or None
        The object's item; None for a new label.
    mask : (H, W) bool array or None
        The object now; None where it was rubbed out.
    """

    photo_id: int
    label: int
    item_id: int | None
    mask: npt.NDArray[np.bool_] | None


@dataclass(eq=False)
class _Plane:
    placement: Placement
    photo_id: int
    # Hidden parts of a mask under others are known from here alone.
    masks: dict[int, Bitmap] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)

    def drawn(self) -> LabelImage:
        labels = np.zeros(self.placement.site.size, np.uint16)
        for label, bitmap in self.masks.items():
            x0, y0, x1, y1 = bitmap.box
            labels[y0:y1, x0:x1][bitmap.unpack()] = label
        return labels


@dataclass(eq=False)
class _Family:
    layer: Labels
    # Known before any plane is drawn: the viewer tells of a new layer while it takes it.
    image: str
    planes: dict[Hashable, _Plane] = field(default_factory=dict)
    labels: dict[int, int] = field(default_factory=dict)

    def label_of(self, item_id: int) -> int:
        return self.labels.setdefault(item_id, max(self.labels.values(), default=0) + 1)


class AnnotationLayers:
    """Shows a project's accepted masks, and notices what is painted into them.

    Parameters
    ----------
    viewer : napari viewer
        Where the layers go.
    on_stroke : callable
        Called whenever a person changed a layer, with napari's undo, too.
    """

    def __init__(self, viewer: ViewerModel, on_stroke: Callable[[], object]) -> None:
        self._viewer = viewer
        self._on_stroke = on_stroke
        self._families: dict[Hashable, _Family] = {}
        self._drawing = False

    def show(self, placement: Placement, photo_id: int, items: Sequence[Item]) -> None:
        """Show the accepted masks of a plane, in place of what was shown of it.

        Parameters
        ----------
        placement : Placement
            Where the plane lies.
        photo_id : int
            The photo's number.
        items : sequence of Item
            The photo's items; those without a mask are passed over.
        """
        decided = [item for item in items if item.decision is not None and item.decision.rle]
        family = self._family(placement, make=bool(decided))
        if family is None:
            return
        plane = family.planes[placement.site] = _Plane(placement, photo_id)
        for item in decided:
            label = family.label_of(item.id)
            plane.masks[label], plane.items[label] = _bitmap(item), item
        self._draw(family, plane)

    def collect(self) -> Iterator[Repainted]:
        """Find what was painted straight into the layers since they were drawn.

        Yields
        ------
        Repainted
            One per object. The layers know it as drawn once :meth:`show` was called again.
        """
        for family in self._families.values():
            for plane in family.planes.values():
                yield from _repainted(family.layer, plane)

    def renew(self, photo_id: int, items: Sequence[Item]) -> None:
        """Show a photo's accepted masks wherever it is shown already.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        items : sequence of Item
            Its items.
        """
        planes = [plane for family in self._families.values() for plane in family.planes.values()]
        for plane in planes:
            if plane.photo_id == photo_id:
                self.show(plane.placement, photo_id, items)

    def adopt(self, repainted: Repainted, item_id: int) -> None:
        """Let a new object keep the label that it was painted with.

        Parameters
        ----------
        repainted : Repainted
            From :meth:`collect`.
        item_id : int
            The object's item by now.
        """
        for family in self._families.values():
            if any(plane.photo_id == repainted.photo_id for plane in family.planes.values()):
                family.labels[item_id] = repainted.label

    def remove(self, placement: Placement) -> None:
        """Take the layer of an image off the canvas; its masks stay in the project.

        Parameters
        ----------
        placement : Placement
            Any plane of the image.
        """
        family = self._families.pop(placement.family, None)
        if family is not None and family.layer in self._viewer.layers:
            self._viewer.layers.remove(family.layer)

    def remove_closed(self) -> None:
        """Take the layers of images off the canvas that were closed."""
        for family in list(self._families.values()):
            planes = list(family.planes.values())
            if planes and planes[0].placement.layer not in self._viewer.layers:
                self.remove(planes[0].placement)

    def clear(self) -> None:
        """Take all layers off the canvas."""
        for family in self._families.values():
            if family.layer in self._viewer.layers:
                self._viewer.layers.remove(family.layer)
        self._families = {}

    def name_for(self, placement: Placement) -> None:
        """Let the layer of the current image have the plain name.

        Parameters
        ----------
        placement : Placement
            Any plane of the image.
        """
        current = self._families.get(placement.family)
        for family in self._families.values():
            if family is not current and family.layer.name == NAME:
                family.layer.name = f"{NAME} ({family.image})"
        if current is not None and current.layer.name != NAME:
            current.layer.name = NAME

    def _family(self, placement: Placement, *, make: bool) -> _Family | None:
        family = self._families.get(placement.family)
        if family is not None and family.layer in self._viewer.layers:
            return family
        if not make:
            return None
        return self._make(placement)

    def _make(self, placement: Placement) -> _Family:
        data = placement.stack(np.uint16)
        layer = Labels(data, name=NAME, opacity=OPACITY, **placement.transform(data.shape))
        layer.events.paint.connect(self._on_change)
        layer.events.set_data.connect(self._on_change)
        family = self._families[placement.family] = _Family(layer, placement.site.image)
        active = self._viewer.layers.selection.active
        self._drawing = True
        try:
            self._viewer.add_layer(layer)
        finally:
            self._drawing = False
        if active is not None:
            self._viewer.layers.selection.active = active
        self.name_for(placement)
        return family

    def _draw(self, family: _Family, plane: _Plane) -> None:
        layer, labels = family.layer, plane.drawn()
        shown = plane.placement.plane(layer.data)
        self._drawing = True
        try:
            if not np.array_equal(shown, labels):
                mode = layer.mode
                # Making a layer read-only empties its undo history: taking back a stroke from
                # before this drawing would bring labels back that mean other objects by now.
                layer.editable = False
                shown[...] = labels
                layer.editable = True
                layer.mode = mode
                layer.refresh()
            layer.features = _features(family)
        finally:
            self._drawing = False

    def _on_change(self, _event: object = None) -> None:
        if not self._drawing:
            self._on_stroke()


def _repainted(layer: Labels, plane: _Plane) -> Iterator[Repainted]:
    """Compare a plane with what was drawn.

    A pixel that changed leaves the object it showed and joins the one it shows now; objects hidden
    under others keep theirs.
    """
    try:
        painted = plane.placement.plane(np.asarray(layer.data))
    except IndexError:
        return
    drawn = plane.drawn()
    if painted.shape != drawn.shape:
        # Somebody put other data into the layer, which say nothing about our objects.
        return
    changed = drawn != painted
    if not changed.any():
        return
    for label in sorted({*np.unique(drawn[changed]), *np.unique(painted[changed])} - {0}):
        known, (height, width) = plane.masks.get(int(label)), drawn.shape
        mask = np.zeros(drawn.shape, bool) if known is None else known.window(0, 0, width, height)
        mask[changed & (drawn == label)] = False
        mask[changed & (painted == label)] = True
        item = plane.items.get(int(label))
        item_id = None if item is None else item.id
        if mask.any() or item_id is not None:
            yield Repainted(plane.photo_id, int(label), item_id, mask if mask.any() else None)


def _bitmap(item: Item) -> Bitmap:
    if item.decision is None or item.decision.rle is None:
        raise AssertionError("only items with a mask are shown")
    return Bitmap.from_mask(decode_rle(item.decision.rle))


def _features(family: _Family) -> dict[str, list[Any]]:
    """Make the status bar tell the phrase and score of the object under the pointer."""
    shown = [
        (label, item) for plane in family.planes.values() for label, item in plane.items.items()
    ]
    scores = [item.decision and item.decision.score for _, item in shown]
    return {
        "index": [0, *(label for label, _ in shown)],
        "phrase": [None, *(item.phrase or "painted by hand" for _, item in shown)],
        "score": [None, *(None if score is None else f"{score:.3f}" for score in scores)],
        "status": [None, *(item.status for _, item in shown)],
    }

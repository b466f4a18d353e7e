"""Accepted masks as Labels layers, one per image."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels

from napari_zsris._qt.core.annotation import Annotation, Site
from napari_zsris._qt.core.collection import Collection
from napari_zsris._qt.viewer.placement import Placement

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["AnnotationLayers"]

NAME = "Annotations"


class AnnotationLayers:
    """Shows a collection of accepted masks, and takes over what is painted into it.

    Parameters
    ----------
    viewer : napari viewer
        Where the layers go.
    collection : Collection
        The accepted masks.
    """

    def __init__(self, viewer: ViewerModel, collection: Collection) -> None:
        self._viewer = viewer
        self._collection = collection
        self._layers: dict[Hashable, Labels] = {}
        self._placements: dict[Site, Placement] = {}

    def accept(self, annotation: Annotation, placement: Placement) -> None:
        """Add an accepted mask.

        Parameters
        ----------
        annotation : Annotation
            The mask.
        placement : Placement
            Where its plane lies.
        """
        self.collect()
        self._placements[annotation.site] = placement
        self._collection.add(annotation)
        self._draw(placement)

    def withdraw(self, number: int, site: Site) -> None:
        """Take an accepted mask out again.

        Parameters
        ----------
        number : int
            The object's id.
        site : Site
            Its plane.
        """
        self.collect()
        self._collection.remove(number, site)
        self._draw(self._placements[site])

    def collect(self) -> None:
        """Take over what was painted straight into the layers, deleted ones included."""
        for site, placement in self._placements.items():
            layer = self._layers[placement.family]
            self._collection.absorb(site, placement.plane(layer.data))

    def _draw(self, placement: Placement) -> None:
        layer = self._layers.get(placement.family)
        if layer is None or layer not in self._viewer.layers:
            layer = self._make(placement)
        for other in self._placements.values():
            if other.family == placement.family:
                _paint(layer, other, self._collection.labels(other.site))
        layer.features = self._features(placement)

    def _make(self, placement: Placement) -> Labels:
        data = placement.stack(np.uint16)
        first = not any(layer in self._viewer.layers for layer in self._layers.values())
        name = NAME if first else f"{NAME} ({placement.site.image})"
        layer = Labels(data, name=name, **placement.transform(data.shape))
        self._layers[placement.family] = layer
        active = self._viewer.layers.selection.active
        self._viewer.add_layer(layer)
        if active is not None:
            self._viewer.layers.selection.active = active
        return layer

    def _features(self, placement: Placement) -> dict[str, list[Any]]:
        """Make the status bar tell the phrase and score of the object under the pointer."""
        shown = [
            annotation
            for annotation in self._collection
            if annotation.site in self._placements
            and self._placements[annotation.site].family == placement.family
        ]
        return {
            "index": [0, *(one.id for one in shown)],
            "phrase": [None, *(one.phrase or "painted by hand" for one in shown)],
            "score": [None, *(None if one.score is None else f"{one.score:.3f}" for one in shown)],
            "edited": [None, *("yes" if one.edited else None for one in shown)],
        }


def _paint(layer: Labels, placement: Placement, labels: np.ndarray[Any, Any]) -> None:
    """Paint as a person would, so that the layer's undo history stays true."""
    changed = np.nonzero(placement.lift(placement.plane(layer.data) != labels))
    if not changed[0].size:
        return
    values = placement.lift(labels)[changed]
    places = tuple(
        indices if axis in placement.site.axes or layer.data.shape[axis] == 1 else indices + place
        for axis, (indices, place) in enumerate(zip(changed, placement.index, strict=True))
    )
    layer.data_setitem(places, values)

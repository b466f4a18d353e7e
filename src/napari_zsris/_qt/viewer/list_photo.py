"""The one photo of the work list that the viewer holds at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_zsris._qt.viewer.placement import Placement

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["ListPhoto"]


class ListPhoto:
    """A photo in an image layer of ours; photos that a person opened stay as they are.

    Parameters
    ----------
    viewer : napari viewer
        Where the photo goes.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layer: Image | None = None
        self._photo_id: int | None = None

    @property
    def layer(self) -> Image | None:
        """The layer, unless there is none or somebody deleted it."""
        there = self._layer is not None and self._layer in self._viewer.layers
        return self._layer if there else None

    def photo_of(self, layer: object) -> int | None:
        """Tell which photo of the list a layer shows.

        Parameters
        ----------
        layer : object
            A layer.

        Returns
        -------
        int or None
            The photo's number; None for a layer that is not ours.
        """
        return self._photo_id if layer is not None and layer is self._layer else None

    def settle(self, placement: Placement) -> Placement:
        """Tell the places of different photos in our layer apart.

        Parameters
        ----------
        placement : Placement
            A place in any layer.

        Returns
        -------
        Placement
            The same place; in our layer it is the shown photo's.
        """
        photo_id = self.photo_of(placement.layer)
        if photo_id is None:
            return placement
        site = replace(placement.site, layer=f"{placement.site.layer} photo {photo_id}")
        return replace(placement, site=site)

    def show(self, photo_id: int, pixels: npt.NDArray[np.uint8], name: str) -> Image:
        """Show a photo in place of the one before.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        pixels : (H, W, 3) uint8 array
            The photo.
        name : str
            How people know it.

        Returns
        -------
        napari Image
            The layer.
        """
        layer = self.layer
        if layer is None:
            self._photo_id = photo_id
            # Set before the layer is announced, so that everybody knows it as ours.
            layer = self._layer = self._new(pixels, name)
            self._viewer.add_layer(layer)
            self._viewer.reset_view()
        elif photo_id != self._photo_id:
            self._photo_id = photo_id
            # A layer takes new data much faster than the viewer takes a new layer.
            layer.data, layer.name = pixels, name
            self._viewer.reset_view()
        return layer

    def remove(self) -> None:
        """Take the photo off the canvas."""
        layer, self._layer, self._photo_id = self.layer, None, None
        if layer is not None:
            self._viewer.layers.remove(layer)

    @staticmethod
    def _new(pixels: npt.NDArray[np.uint8], name: str) -> Image:
        from napari.layers import Image

        return Image(pixels, name=name, rgb=True)

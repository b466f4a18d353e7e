"""Where a plane lies in its image layer, so that masks lie exactly over it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from napari.utils.transforms import Affine

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Placement", "Site"]

AnyArray: TypeAlias = npt.NDArray[Any]

# A Labels layer over the whole of a stack costs memory only where it is painted, but the address
# space must be there: beyond this many pixels every plane gets a layer of its own.
LARGEST_STACK = 2**31


@dataclass(frozen=True)
class Site:
    """The plane of an image that masks lie on.

    Parameters
    ----------
    image : str
        The image's name: its file's name, or the layer's where it has no file.
    layer : str
        The layer's unique id, as text.
    size : tuple of int
        The plane's (height, width), in pixels of the working level.
    position : tuple of int
        The plane's place along each axis that is not displayed; empty for a single picture.
    axes : tuple of int
        The image's axes that run along the plane's rows and columns.
    """

    # Names of layers mean nothing: a person may change them at any time.
    image: str = field(compare=False)
    layer: str
    size: tuple[int, int]
    position: tuple[int, ...] = ()
    axes: tuple[int, int] = (0, 1)


@dataclass(frozen=True, eq=False)
class Placement:
    """How a plane of an image lies in the world.

    Parameters
    ----------
    layer : napari Image
        The image.
    site : Site
        The plane by name, size and position.
    index : tuple of int
        The plane's place along every axis of the layer; of no meaning for displayed ones.
    factors : (ndim,) float array
        Pixels of the layer per pixel of the mask: the downsampling of the working level, and the
        number of channels along an axis that is seen as colours.
    """

    layer: Image
    site: Site
    index: tuple[int, ...]
    factors: npt.NDArray[np.float64]

    def lift(self, mask: AnyArray) -> AnyArray:
        """Give a plane the layer's axes, so that it is shown on its own slice only.

        Parameters
        ----------
        mask : (H, W) array
            A plane.

        Returns
        -------
        array
            A view with the layer's number of dimensions, one pixel thick.
        """
        rows, columns = self.site.axes
        plane = mask if rows < columns else mask.T
        thin = [axis for axis in range(self.layer.ndim) if axis not in self.site.axes]
        return np.expand_dims(plane, tuple(thin))

    def plane(self, data: AnyArray) -> AnyArray:
        """Find the plane in the data of a Labels layer made for this image.

        Parameters
        ----------
        data : array
            What `lift` or `stack` gave, painted on or not.

        Returns
        -------
        (H, W) array
            A view.
        """
        rows, columns = self.site.axes
        index: list[int | slice] = [
            slice(None) if axis in self.site.axes else min(self.index[axis], data.shape[axis] - 1)
            for axis in range(data.ndim)
        ]
        plane: AnyArray = data[tuple(index)]
        return plane if rows < columns else plane.T

    def stack(self, dtype: type[np.integer]) -> AnyArray:
        """Make labels for all planes of the image, or for this one where all would be too many.

        Parameters
        ----------
        dtype : numpy integer type
            The labels' type.

        Returns
        -------
        array
            Zeros with the layer's number of dimensions.
        """
        return np.zeros(self._stack_shape, dtype)

    @property
    def spoken(self) -> str:
        """The plane's place in words, by the sliders' numbers."""
        places = [f"{self.index[axis]} of axis {axis}" for axis in self._fixed]
        return f"plane {', '.join(places)}" if places else "another view"

    def is_shown(self, viewer: ViewerModel) -> bool:
        """Tell whether the viewer shows this plane.

        Parameters
        ----------
        viewer : napari viewer
            The viewer.

        Returns
        -------
        bool
            False while its sliders are elsewhere, or it shows other axes.
        """
        missing = viewer.dims.ndim - self.layer.ndim
        if tuple(axis - missing for axis in viewer.dims.displayed[-2:]) != self.site.axes:
            return False
        at = np.round(self.layer.world_to_data(viewer.dims.point))
        return all(at[axis] == self.index[axis] for axis in self._fixed)

    def go_back(self, viewer: ViewerModel) -> None:
        """Let the viewer show this plane.

        Parameters
        ----------
        viewer : napari viewer
            The viewer.
        """
        if not self.is_shown(viewer):
            missing = viewer.dims.ndim - self.layer.ndim
            world = self.layer.data_to_world(self.index)
            for axis in self._fixed:
                viewer.dims.set_point(missing + axis, world[axis])

    @property
    def _fixed(self) -> list[int]:
        """The axes along which the plane has one place; not those that are seen as colours."""
        axes = range(self.layer.ndim)
        return [axis for axis in axes if axis not in self.site.axes and self.factors[axis] == 1]

    @property
    def family(self) -> Hashable:
        """Equal for the planes that one `stack` holds."""
        shape = self._stack_shape
        alone = any(
            side == 1 < whole and factor == 1
            for side, whole, factor in zip(shape, self._whole, self.factors, strict=True)
        )
        place = self.site.position if alone else ()
        return self.site.layer, self.site.axes, shape, tuple(self.factors), place

    def transform(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """Tell a Labels layer where to lie.

        Parameters
        ----------
        shape : tuple of int
            The shape of its data, from `lift` or `stack`.

        Returns
        -------
        dict
            Keyword arguments for the layer: scale, translate, rotate, shear, affine and names.
        """
        layer = self.layer
        linear = Affine(
            scale=layer.scale, rotate=layer.rotate, shear=layer.shear, ndim=layer.ndim
        ).linear_matrix
        return {
            "scale": layer.scale * self.factors,
            "translate": layer.translate + linear @ self._offset(shape),
            "rotate": layer.rotate,
            "shear": layer.shear,
            "affine": layer.affine,
            "units": layer.units,
            "axis_labels": layer.axis_labels,
        }

    @property
    def _stack_shape(self) -> tuple[int, ...]:
        thin = self.lift(np.zeros(self.site.size, bool)).shape
        shape = tuple(
            side if axis in self.site.axes or self.factors[axis] > 1 else whole
            for axis, (side, whole) in enumerate(zip(thin, self._whole, strict=True))
        )
        return shape if np.prod(shape, dtype=float) <= LARGEST_STACK else thin

    @property
    def _whole(self) -> tuple[int, ...]:
        data = self.layer.data[0] if self.layer.multiscale else self.layer.data
        return tuple(data.shape[: self.layer.ndim])

    def _offset(self, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
        """Where the centre of the first mask pixel lies, in pixels of the layer."""
        offset = (self.factors - 1) / 2
        for axis, side in enumerate(shape):
            thin = side == 1 and axis not in self.site.axes and self.factors[axis] == 1
            if thin:
                offset[axis] = self.index[axis]
        return offset

"""From what the viewer shows to a frozen request for pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris._qt.viewer.placement import Placement, Site
from napari_zsris.engine.picture import Picture, Plane
from napari_zsris.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Channels", "blendable", "is_image", "picture_of", "snapshot"]

# Proposals and CLIP see little more in larger pictures; of a pyramid the level is taken whose
# longer side comes closest to this from above.
WORKING_SIDE = 1024

Tint: TypeAlias = tuple[float, float, float]

# The modes of blending in which light is added to what is below.
_ADDING = ("additive",)
_WHITE: Tint = (1.0, 1.0, 1.0)
_PRIMARIES: tuple[Tint, ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def snapshot(
    viewer: ViewerModel, layer: Image, channels: Channels | None = None
) -> tuple[Picture, Placement]:
    """Freeze what a layer shows now; pixels are copied only where that takes a moment.

    Parameters
    ----------
    viewer : napari viewer
        The viewer, whose sliders say which plane is shown.
    layer : napari Image
        The image.
    channels : Channels, optional
        How the picture is put together; the layer's plane as it is by default.

    Returns
    -------
    Picture
        What to read, fit for another thread.
    Placement
        Where masks of that picture belong.

    Raises
    ------
    ImageError
        The viewer shows no plane of this layer, or a channel does not exist.
    """
    chosen = channels or Channels()
    displayed = _displayed(viewer, layer)
    index = _index(viewer, layer, displayed)
    level, factors = _level(layer, displayed)
    if chosen.kind == "axis":
        planes = _channel_planes(layer, displayed, index, level, chosen)
        factors[chosen.axis] = layer.data.shape[chosen.axis]
    else:
        layers = blendable(viewer, layer) if chosen.kind == "layers" else [layer]
        tinted = len(layers) > 1
        planes = [
            _plane(one, displayed, index, level, _tint(one) if tinted else _WHITE) for one in layers
        ]
    placement = Placement(layer, _site(layer, displayed, index, level, chosen), index, factors)
    return Picture(_key(planes), tuple(planes)).frozen(), placement


def picture_of(pixels: npt.NDArray[np.uint8]) -> Picture:
    """Give the picture that `snapshot` takes of a layer with a photo in colour.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The photo, which nobody changes.

    Returns
    -------
    Picture
        The same values, shown in the same way.
    """
    whole = slice(None), slice(None)
    plane = Plane(pixels, whole, (0.0, 255.0), rgb=True, owned=True)
    return Picture(("photo", id(pixels)), (plane,))


def blendable(viewer: ViewerModel, layer: Image) -> list[Image]:
    """Find the layers that the canvas blends into one picture with this one.

    They are visible, of its shape and place, and add their light to what is below them, down to the
    first that covers what is below. Photos in colour are no channels.

    Parameters
    ----------
    viewer : napari viewer
        The viewer.
    layer : napari Image
        The image.

    Returns
    -------
    list of napari Image
        The layer itself and the others, in the viewer's order; the layer alone where the canvas
        shows it apart, or not at all.
    """
    blended: list[Image] = []
    for other in reversed(viewer.layers):
        if _is_channel(other, layer):
            blended.append(other)
            if other.blending not in _ADDING:
                break
    return blended[::-1] if layer in blended else [layer]


def _is_channel(other: Any, layer: Image) -> bool:
    return (
        is_image(other)
        and other.visible
        and not (other.rgb or layer.rgb or other.multiscale or layer.multiscale)
        and tuple(other.data.shape) == tuple(layer.data.shape)
        and np.array_equal(other.extent.world, layer.extent.world)
    )


def is_image(layer: Any) -> bool:
    """Tell image layers from others.

    Parameters
    ----------
    layer : object
        A layer, or None.

    Returns
    -------
    bool
        Whether it has pixels to segment.
    """
    return hasattr(layer, "contrast_limits") and hasattr(layer, "rgb")


def _displayed(viewer: ViewerModel, layer: Image) -> tuple[int, int]:
    if viewer.dims.ndisplay != 2:
        raise ImageError(
            "the viewer shows a volume, but masks are found on planes: "
            "switch to 2D with the button below the layer list, then segment"
        )
    missing = viewer.dims.ndim - layer.ndim
    rows, columns = (axis - missing for axis in viewer.dims.displayed)
    if rows < 0 or columns < 0:
        raise ImageError(
            f"the viewer shows axes that {layer.name!r} does not have: "
            "choose another image, or roll the axes back"
        )
    return rows, columns


def _index(viewer: ViewerModel, layer: Image, displayed: tuple[int, int]) -> tuple[int, ...]:
    index = tuple(int(place) for place in np.round(layer.world_to_data(viewer.dims.point)))
    data = layer.data[0] if layer.multiscale else layer.data
    for axis, place in enumerate(index):
        if axis not in displayed and not 0 <= place < data.shape[axis]:
            raise ImageError(
                f"{layer.name!r} has nothing at this place of the sliders: "
                "move them to a plane of it, then segment"
            )
    return tuple(0 if axis in displayed else place for axis, place in enumerate(index))


def _level(layer: Image, displayed: tuple[int, int]) -> tuple[int, Any]:
    """Choose the level of a pyramid to work on, and how much coarser it is than the finest."""
    if not layer.multiscale:
        return 0, np.ones(layer.ndim)
    sides = [max(data.shape[axis] for axis in displayed) for data in layer.data]
    large = [level for level, side in enumerate(sides) if side >= WORKING_SIDE]
    level = max(large, default=0)
    factors = np.ones(layer.ndim)
    for axis in displayed:
        factors[axis] = layer.data[0].shape[axis] / layer.data[level].shape[axis]
    return level, factors


def _plane(
    layer: Image,
    displayed: tuple[int, int],
    index: Sequence[int],
    level: int,
    tint: Tint,
) -> Plane:
    finest = layer.data[0] if layer.multiscale else layer.data
    data = layer.data[level] if layer.multiscale else layer.data
    taken = tuple(
        slice(None) if axis in displayed else place * data.shape[axis] // finest.shape[axis]
        for axis, place in enumerate(index)
    )
    low, high = (float(limit) for limit in layer.contrast_limits)
    flipped = displayed[0] > displayed[1]
    return Plane(data, taken, (low, high), flipped, bool(layer.rgb), float(layer.gamma), tint)


def _tint(layer: Image) -> Tint:
    red, green, blue = (float(value) for value in layer.colormap.map(np.ones(1))[0][:3])
    return red * layer.opacity, green * layer.opacity, blue * layer.opacity


def _channel_planes(
    layer: Image,
    displayed: tuple[int, int],
    index: tuple[int, ...],
    level: int,
    channels: Channels,
) -> list[Plane]:
    axis, count = channels.axis, layer.data.shape[channels.axis]
    chosen = channels.chosen or tuple(range(min(3, count)))
    if axis in displayed or len(chosen) > 3 or not all(0 <= one < count for one in chosen):
        raise ImageError(
            f"channels {', '.join(str(one + 1) for one in chosen)} of axis {axis} were chosen, but "
            f"one to three from 1 to {count} are needed: choose others"
        )
    places = [(*index[:axis], one, *index[axis + 1 :]) for one in chosen]
    tints = _PRIMARIES if len(chosen) > 1 else (_WHITE,)
    return [
        _plane(layer, displayed, place, level, tint)
        for place, tint in zip(places, tints, strict=False)
    ]


def _site(
    layer: Image,
    displayed: tuple[int, int],
    index: tuple[int, ...],
    level: int,
    channels: Channels,
) -> Site:
    data = layer.data[level] if layer.multiscale else layer.data
    colours = channels.axis if channels.kind == "axis" else None
    position = tuple(
        place for axis, place in enumerate(index) if axis not in displayed and axis != colours
    )
    size = int(data.shape[displayed[0]]), int(data.shape[displayed[1]])
    file = layer.source.path
    name = Path(file).name if file else layer.name
    return Site(name, str(layer.unique_id), size, position, displayed)


def _key(planes: Sequence[Plane]) -> tuple[Any, ...]:
    # The planes keep the data alive, so an id cannot come to mean other data.
    return tuple(
        (id(plane.data), str(plane.index), plane.flipped, plane.limits, plane.gamma, plane.tint)
        for plane in planes
    )


@dataclass(frozen=True)
class Channels:
    """How the picture is put together.

    Parameters
    ----------
    kind : {"plane", "axis", "layers"}
        The layer's plane as it is; several places along one axis as red, green and blue; or all
        visible image layers of the same shape, added up in their colours.
    axis : int
        With "axis": the layer's axis that holds channels.
    chosen : tuple of int
        With "axis": the channels shown as red, green and blue; fewer than three are allowed.
    """

    kind: Literal["plane", "axis", "layers"] = "plane"
    axis: int = 0
    chosen: tuple[int, ...] = ()

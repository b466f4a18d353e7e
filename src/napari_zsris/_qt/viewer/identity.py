"""What a picture on the canvas is known by: its file, or its values, and its plane and channels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from napari_zsris.annotations.plane_picture import PlanePicture
from napari_zsris.review.photos import PhotoIdentity

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_zsris._qt.viewer.placement import Placement
    from napari_zsris._qt.viewer.snapshot import Channels

__all__ = ["file_of", "identity_of"]


def file_of(layer: Image) -> Path | None:
    """Tell which file a layer was opened from.

    Parameters
    ----------
    layer : napari Image
        The layer.

    Returns
    -------
    Path or None
        The file; None for an array, a sample, or an address in the net.
    """
    path = layer.source.path
    return None if not path or "://" in path else Path(path).absolute()


def identity_of(
    placement: Placement, channels: Channels, contents: str | None
) -> PhotoIdentity | None:
    """Tell what a picture is known by.

    Parameters
    ----------
    placement : Placement
        The plane that is shown.
    channels : Channels
        How the picture is put together.
    contents : str or None
        The digest of the values; None where it is not known yet.

    Returns
    -------
    PhotoIdentity or None
        None where the values are needed and not known.
    """
    site = placement.site
    # Several layers are several files, or none.
    file = None if channels.kind == "layers" else file_of(placement.layer)
    source = contents if file is None else str(file)
    if source is None:
        return None
    turned = site.axes != (0, 1)
    plane = {"axes": site.axes, "position": site.position} if site.position or turned else None
    picture = PlanePicture(site.size, source, json.dumps(plane) if plane else "", _spoken(channels))
    plain = plane is None and channels.kind == "plane" and not placement.layer.multiscale
    return PhotoIdentity(picture, file if plain else None)


def _spoken(channels: Channels) -> str:
    if channels.kind == "plane":
        return ""
    if channels.kind == "layers":
        return "visible images blended"
    numbers = ", ".join(str(channel + 1) for channel in channels.chosen)
    return f"axis {channels.axis}: {numbers}"

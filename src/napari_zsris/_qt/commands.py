"""What the manifest names: commands of napari's menus, and sample photos."""

from __future__ import annotations

from typing import Any, TypeAlias

from napari.utils.notifications import show_warning
from napari.viewer import Viewer

from napari_zsris.samples.photos import Sample, find_photo

__all__ = [
    "LayerData",
    "astronaut",
    "coffee",
    "export_coco",
    "export_polygons",
    "export_refcoco",
    "layer_data",
    "rocket",
]

LayerData: TypeAlias = tuple[Any, dict[str, Any], str]


def export_coco(viewer: Viewer) -> None:
    """Write accepted masks as COCO with run lengths.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    """
    _export(viewer, "coco")


def export_polygons(viewer: Viewer) -> None:
    """Write accepted masks as COCO with polygons.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    """
    _export(viewer, "coco_polygons")


def export_refcoco(viewer: Viewer) -> None:
    """Write accepted masks and their phrases as RefCOCO.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    """
    _export(viewer, "refcoco")


def _export(viewer: Viewer, kind: str) -> None:
    # Not above, since a sample photo is to open at once.
    from napari_zsris._qt.dock import dock_of
    from napari_zsris.review.project_store import ExportFormat

    dock = dock_of(viewer)
    if dock is None:
        show_warning("There is nothing to export: open Plugins > Referring segmentation first.")
    else:
        dock.ask_and_export(ExportFormat(kind))


def layer_data(sample: Sample) -> LayerData:
    """Give a sample as napari wants layers.

    Parameters
    ----------
    sample : Sample
        The sample.

    Returns
    -------
    tuple
        Pixels, keyword arguments and type of an image layer; its metadata hold the phrases to try.
    """
    about = {
        "referring_phrases": list(sample.phrases),
        "credit": sample.credit,
        "licence": sample.licence,
    }
    return sample.load(), {"name": sample.name, "rgb": True, "metadata": about}, "image"


def coffee() -> list[LayerData]:
    """Open the cup of coffee.

    Returns
    -------
    list of tuple
        One image layer.
    """
    return [layer_data(find_photo("coffee"))]


def astronaut() -> list[LayerData]:
    """Open the astronaut.

    Returns
    -------
    list of tuple
        One image layer.
    """
    return [layer_data(find_photo("astronaut"))]


def rocket() -> list[LayerData]:
    """Open the rocket.

    Returns
    -------
    list of tuple
        One image layer.
    """
    return [layer_data(find_photo("rocket"))]

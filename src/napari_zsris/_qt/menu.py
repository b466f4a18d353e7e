"""Commands of napari's menus."""

from __future__ import annotations

from napari.utils.notifications import show_warning
from napari.viewer import Viewer

from napari_zsris._qt.dock import SegmentationDock
from napari_zsris._qt.widgets.export_button import ExportFormat

__all__ = ["export_coco", "export_polygons", "export_refcoco"]


def export_coco(viewer: Viewer) -> None:
    """Write accepted masks as COCO with run lengths.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    """
    _export(viewer, ExportFormat.COCO)


def export_polygons(viewer: Viewer) -> None:
    """Write accepted masks as COCO with polygons.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    """
    _export(viewer, ExportFormat.COCO_POLYGONS)


def export_refcoco(viewer: Viewer) -> None:
    """Write accepted masks and their phrases as RefCOCO.

    Parameters
    ----------
    viewer : napari.Viewer
        The viewer.
    """
    _export(viewer, ExportFormat.REFCOCO)


def _export(viewer: Viewer, kind: ExportFormat) -> None:
    docks = [
        widget
        for widget in viewer.window.dock_widgets.values()
        if isinstance(widget, SegmentationDock)
    ]
    if docks:
        docks[0].ask_and_export(kind)
    else:
        show_warning("There is nothing to export: open Plugins > Referring segmentation first.")

"""A Labels layer that shows a mask as a light fill with a solid edge."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from napari.layers import Labels
from napari.utils import DirectLabelColormap

__all__ = ["MaskLabels", "warm_labels"]

AnyArray: TypeAlias = npt.NDArray[Any]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

FILL = 0.28
EDGE_LABEL = 1
# What the inside is drawn as; never in the data. The edge has label 1, which the layer's thumbnail
# and the swatch of the layer controls show.
FILL_LABEL = 2
EDGE_WIDTH = 2


class MaskLabels(Labels):
    """One mask: every label but 0 is the object, drawn as a light fill with a solid edge.

    The data stay as they are. napari asks for the contour of what it is about to draw, and gets the
    fill with it; so also a stroke is drawn true at once, and only where it changed something. The
    edge lies inside the mask, which therefore looks as large as it is.

    Parameters
    ----------
    data : array
        Labels, 0 for the background.
    tint : str
        The colour, as #rrggbb.
    **options
        As for napari's Labels.
    """

    def __init__(self, data: AnyArray, tint: str, **options: Any) -> None:
        self._filled = True
        self._tint = tint
        super().__init__(data, colormap=self._colours(), **options)
        self.contour = EDGE_WIDTH

    @property
    def tint(self) -> str:
        """The colour, as #rrggbb."""
        return self._tint

    @tint.setter
    def tint(self, tint: str) -> None:
        if tint != self._tint:
            self._tint = tint
            self.colormap = self._colours()

    @property
    def filled(self) -> bool:
        """Whether the inside is drawn, too."""
        return self._filled

    @filled.setter
    def filled(self, filled: bool) -> None:
        if filled != self._filled:
            self._filled = filled
            self.colormap = self._colours()

    @property
    def _type_string(self) -> str:
        # Writers of files and napari's menus know it as what it is to them.
        return "labels"

    def _calculate_contour(
        self, labels: AnyArray, data_slice: tuple[slice, ...]
    ) -> AnyArray | None:
        """Draw what lies in a slice of the labels shown: (h, w) uint8."""
        if self.contour < 1 or labels.ndim != 2:
            # Volumes have no edge.
            return None
        return _drawn(labels, data_slice, self.contour)

    def _colours(self) -> DirectLabelColormap:
        red, green, blue = (value / 255 for value in bytes.fromhex(self._tint.removeprefix("#")))
        solid = (red, green, blue, 1.0)
        fill = (red, green, blue, FILL if self._filled else 0.0)
        return DirectLabelColormap(
            color_dict={0: "transparent", EDGE_LABEL: solid, FILL_LABEL: fill, None: solid}
        )


def _drawn(labels: AnyArray, window: tuple[slice, ...], width: int) -> AnyArray:
    """Mark edge and inside of the object in a window of the labels."""
    rows, columns = window
    drawn = np.zeros((rows.stop - rows.start, columns.stop - columns.start), labels.dtype)
    # What is further away than the edge is wide does not matter.
    top, left = max(0, rows.start - width), max(0, columns.start - width)
    near = labels[top : rows.stop + width, left : columns.stop + width] != 0
    tall, wide = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if not tall.size:
        return drawn
    # Only the object's box is looked at: it is small in most photos.
    y0, y1, x0, x1 = int(tall[0]), int(tall[-1]) + 1, int(wide[0]), int(wide[-1]) + 1
    part = near[y0:y1, x0:x1]
    marks = part * np.uint8(EDGE_LABEL)
    marks[eroded(part, width)] = FILL_LABEL
    y0, y1, x0, x1 = (
        y0 + top - rows.start,
        y1 + top - rows.start,
        x0 + left - columns.start,
        x1 + left - columns.start,
    )
    inside = marks[max(0, -y0) :, max(0, -x0) :]
    place = drawn[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    place[:] = inside[: place.shape[0], : place.shape[1]]
    return drawn


def eroded(mask: BoolArray, width: int) -> BoolArray:
    """Take a mask's edge away, also along the array's own.

    Parameters
    ----------
    mask : (H, W) bool array
        The mask.
    width : int
        How wide the edge is, in pixels.

    Returns
    -------
    (H, W) bool array
        The pixels around which the square of side 2 * width + 1 lies in the mask.
    """
    inner = np.pad(mask, width)
    for _ in range(2):
        inner = _all_within(inner, 2 * width + 1).T
    return inner


def _all_within(mask: BoolArray, span: int) -> BoolArray:
    """Tell where `span` rows are all set, each from its own on; in steps that double."""
    covered = 1
    while covered < span:
        step = min(covered, span - covered)
        mask = mask[:-step] & mask[step:]
        covered += step
    return mask


def warm_labels() -> None:
    """Load what a first Labels layer needs, in a thread: it would stop the window for seconds.

    That is pandas for the layer's features, and code that numba compiles for its colours.
    """
    threading.Thread(target=_load, name="zsris-warming", daemon=True).start()


def _load() -> None:
    import_module("pandas")
    colours = DirectLabelColormap(color_dict={0: "transparent", 1: "cyan", None: "cyan"})
    colours.map(np.zeros((1, 1), np.uint8))

"""Masks as COCO polygons, and back: outlines along the pixel edges, holes joined by a bridge.

A COCO object is a list of polygons that are filled one by one and united, so a hole cannot be
written as a polygon of its own. Each connected part of a mask becomes one closed line instead,
which walks to every hole and back along the same column; readers that fill by the even-odd or by
the non-zero rule then leave the hole open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from napari_zsris.errors import AnnotationError
from napari_zsris.rle import Rle

__all__ = ["check_points", "encode_polygons", "trace_polygons"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.int64]

# Steps in y and x of the four directions, each a turn to the right from the one before.
_STEPS = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])
_RIGHTWARDS = 0


@dataclass(frozen=True, eq=False)
class _Edges:
    """All E pixel edges between inside and outside, walked with the mask on the right hand.

    Parameters
    ----------
    direction, y, x : (E,) int64 array
        Where each edge goes, and the corner it leaves.
    following : (E,) int64 array
        The edge walked next.
    turn : (E,) int64 array
        1 where the next edge turns right, -1 where it turns left.
    at : (4, H + 1, W + 1) int64 array
        Which edge leaves a corner in a direction; -1 for none.
    """

    direction: IntArray
    y: IntArray
    x: IntArray
    following: IntArray
    turn: IntArray
    at: IntArray


def trace_polygons(mask: BoolArray) -> list[list[int]]:
    """Trace a mask along its pixels' edges.

    Parameters
    ----------
    mask : (H, W) bool array
        The mask.

    Returns
    -------
    list of list of int
        One polygon x0, y0, x1, y1, ... per part connected by edges, in pixels, where (0, 0) is
        the outer corner of the first pixel; pycocotools fills them to the very same mask.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return []
    origin = np.array([columns[0], rows[0]])
    outlines = _trace(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return [(outline + origin).ravel().tolist() for outline in outlines]


def encode_polygons(
    polygons: Sequence[Sequence[float]],
    size: Sequence[int],
    left_out: Callable[[str], None] | None = None,
) -> Rle:
    """Fill polygons of a foreign file as pycocotools does.

    Parameters
    ----------
    polygons : sequence of sequence of float
        x0, y0, x1, y1, ... in pixels; their union is the mask.
    size : sequence of int
        The photo's (height, width), in pixels.
    left_out : callable, optional
        Where given, polygons that are none are left out as long as one is good, and it is told
        why, polygon by polygon.

    Returns
    -------
    Rle
        The mask.

    Raises
    ------
    AnnotationError
        A polygon, or every one, has fewer than three points, or lies far outside the photo.
    """
    height, width = (int(side) for side in size)
    if not polygons:
        raise AnnotationError("an object has no polygons: give at least one, or leave the row out")
    rows, errors = [], []
    for polygon in polygons:
        try:
            rows.append(_checked(polygon, height, width))
        except AnnotationError as error:
            errors.append(error)
    if errors and (left_out is None or not rows):
        raise errors[0]
    for each in errors:
        if left_out is not None:
            left_out(str(each))
    filled = coco_mask.frPyObjects(rows, height, width)
    counts: bytes = (coco_mask.merge(filled) if len(filled) > 1 else filled[0])["counts"]
    return Rle(size=[height, width], counts=counts.decode("ascii"))


def check_points(x: Sequence[float], y: Sequence[float], size: Sequence[int]) -> None:
    """Refuse a polygon that would cost memory and time without end to fill.

    Parameters
    ----------
    x, y : sequence of float
        Its corners, in pixels; one at least.
    size : sequence of int
        The photo's (height, width), in pixels.

    Raises
    ------
    AnnotationError
        A coordinate is no finite number, or farther than one photo away from the photo.
    """
    height, width = size
    # The sum is finite only where every number is; then their order tells the rest.
    near = math.isfinite(sum(x) + sum(y)) and all(
        -side <= min(along) and max(along) <= 2 * side for along, side in ((x, width), (y, height))
    )
    if not near:
        raise AnnotationError(
            f"a polygon lies far outside its {width} x {height} photo: "
            "check that the coordinates are pixels of this photo"
        )


def _checked(polygon: Sequence[float], height: int, width: int) -> list[float]:
    try:
        points = np.array(polygon, np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.zeros(0)
    if points.ndim != 1 or points.size < 6 or points.size % 2:
        raise AnnotationError("a polygon is not a list of at least three x, y pairs: mend the row")
    values: list[float] = points.tolist()
    check_points(values[0::2], values[1::2], (height, width))
    return values


def _trace(mask: BoolArray) -> list[IntArray]:
    edges = _edges(mask)
    y, x, following = edges.y.tolist(), edges.x.tolist(), edges.following.tolist()
    starts: list[int] = []
    for ring in _rings(following):
        if edges.turn[ring].sum() > 0:
            starts.append(ring[0])
        else:
            _bridge(edges.at[_RIGHTWARDS], ring, y, x, following)
    return [_corners(_cycle(following, start), y, x) for start in starts]


def _edges(mask: BoolArray) -> _Edges:
    inside = np.pad(mask, 1)
    above_left, above = inside[:-1, :-1], inside[:-1, 1:]
    left, here = inside[1:, :-1], inside[1:, 1:]
    kinds = np.stack([here & ~above, left & ~here, above_left & ~left, above & ~above_left])
    direction, y, x = np.nonzero(kinds)
    at = np.full(kinds.shape, -1)
    at[kinds] = np.arange(direction.size)
    end_y, end_x = y + _STEPS[direction, 0], x + _STEPS[direction, 1]
    following = np.full(direction.size, -1)
    turn = np.zeros(direction.size, np.int64)
    # Turning right wherever possible keeps pixels apart that touch by a corner only.
    for way in (1, 0, -1):
        ahead = at[(direction + way) % 4, end_y, end_x]
        chosen = (following < 0) & (ahead >= 0)
        following[chosen], turn[chosen] = ahead[chosen], way
    return _Edges(direction, y, x, following, turn, at)


def _rings(following: list[int]) -> list[list[int]]:
    seen = bytearray(len(following))
    rings = []
    for start in range(len(following)):
        if not seen[start]:
            ring = _cycle(following, start)
            for edge in ring:
                seen[edge] = 1
            rings.append(ring)
    return rings


def _cycle(following: list[int], start: int) -> list[int]:
    ring = [start]
    while (edge := following[ring[-1]]) != start:
        ring.append(edge)
    return ring


def _bridge(
    tops: IntArray, hole: list[int], y: list[int], x: list[int], following: list[int]
) -> None:
    """Walk from the edge straight above a hole's top corner around the hole and back again."""
    first = min(range(len(hole)), key=lambda place: (y[hole[place]], x[hole[place]]))
    entry, last = hole[first], hole[first - 1]
    above = tops[: y[entry], x[entry]]
    landing = int(above[above >= 0][-1])
    # Two more points: the hole's corner and the landing once more, on the way back.
    back = len(y)
    y += [y[entry], y[landing]]
    x += [x[entry], x[landing]]
    following += [back + 1, following[landing]]
    following[last] = back
    following[landing] = entry


def _corners(ring: list[int], y: list[int], x: list[int]) -> IntArray:
    points: IntArray = np.array([(x[edge], y[edge]) for edge in ring])
    heading = np.sign(np.roll(points, -1, axis=0) - points)
    corners: IntArray = points[(heading != np.roll(heading, 1, axis=0)).any(axis=1)]
    return corners

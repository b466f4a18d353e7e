"""What is needed to show an item of a project, made off the main thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris._qt.core.engine import Engine
from napari_zsris._qt.core.mask_colour import mask_colour
from napari_zsris._qt.core.outcome import Card
from napari_zsris._qt.core.request import Settings
from napari_zsris._qt.core.thumbnails import thumbnail
from napari_zsris.annotations import Item, Project
from napari_zsris.errors import ImageError
from napari_zsris.images import read_image
from napari_zsris.prelabel import record, task_of
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["Prepared", "prepare"]

RGB: TypeAlias = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Prepared:
    """An item with its photo's pixels and its candidates as a list shows them.

    Parameters
    ----------
    item : Item
        The item as it was then.
    pixels : (H, W, 3) uint8 array
        The photo.
    cards : tuple of Card
        The candidates, best first.
    """

    item: Item
    pixels: RGB
    cards: tuple[Card, ...]


def prepare(project: Project, item_id: int, engine: Engine, settings: Settings) -> Steps[Prepared]:
    """Load an item; a photo that nobody has ranked yet is encoded, and its candidates are kept.

    Parameters
    ----------
    project : Project
        Open for writing.
    item_id : int
        The item.
    engine : Engine
        Gives the models, when they are needed.
    settings : Settings
        Which models.

    Yields
    ------
    Progress
        Between two of these the work may be given up.

    Returns
    -------
    Prepared
        The item; one that cannot be ranked has no candidates and tells why in `item.failure`.

    Raises
    ------
    ZsrisError
        The photo cannot be read, a model is not available, or the project cannot be written.
    """
    yield Progress("reading the photo", 0, 0)
    item = project.queue.item(item_id)
    if item.status == "todo" and not item.ranked:
        yield from _rank(project, item.photo_id, engine, settings)
        item = project.queue.item(item_id)
    pixels = read_image(item.image_path)
    if pixels.shape[:2] != item.size:
        height, width = item.size
        raise ImageError(
            f"{item.photo} is no longer of {width} x {height} pixels, so that its masks do not "
            "fit: put the photo back that was imported, or import this one under a new name"
        )
    return Prepared(item, pixels, tuple(_cards(item, pixels)))


def _rank(project: Project, photo_id: int, engine: Engine, settings: Settings) -> Steps[None]:
    photo = project.rankings.waiting(photo_id)
    if photo is not None:
        record(project, (yield from engine.rank(task_of(project, photo), settings)))


def _cards(item: Item, pixels: RGB) -> Iterator[Card]:
    scores = [candidate.score for candidate in item.candidates]
    for candidate in item.candidates:
        bitmap = Bitmap.from_mask(candidate.mask)
        colour = mask_colour(pixels, bitmap)
        span = max(scores[0] - scores[-1], np.finfo(float).tiny)
        # The worst of the few that a project keeps is still a good one of its photo.
        share = 0.5 + 0.5 * (candidate.score - scores[-1]) / span
        yield Card(
            candidate.rank,
            candidate.rank,
            candidate.score,
            float(share),
            bitmap,
            thumbnail(pixels, bitmap, colour=colour),
            colour=colour,
        )

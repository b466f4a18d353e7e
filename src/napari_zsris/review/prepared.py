"""A photo or phrase of the work list, made ready to be shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.annotations import Item, Project
from napari_zsris.engine.engine import Engine
from napari_zsris.engine.mask_colour import mask_colour
from napari_zsris.engine.outcome import Card
from napari_zsris.engine.picture import Picture
from napari_zsris.engine.request import Settings
from napari_zsris.engine.thumbnails import thumbnail
from napari_zsris.errors import ImageError
from napari_zsris.images import read_image
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["Prepared", "Target", "prepare"]

RGB: TypeAlias = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Target:
    """What is to be shown.

    Parameters
    ----------
    photo_id : int
        The photo's number.
    item_id : int, optional
        The phrase's item; None for the photo alone.
    """

    photo_id: int
    item_id: int | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """A photo's pixels, and a phrase's candidates as a list shows them.

    Parameters
    ----------
    target : Target
        What was asked for.
    name : str
        How people know the photo.
    pixels : (H, W, 3) uint8 array
        The photo.
    item : Item, optional
        The phrase's item as it was then.
    cards : tuple of Card
        The candidates, best first.
    """

    target: Target
    name: str
    pixels: RGB
    item: Item | None = None
    cards: tuple[Card, ...] = ()


def prepare(
    project: Project,
    target: Target,
    engine: Engine,
    settings: Settings,
    picture: Picture | None,
    pixels: RGB | None,
) -> Steps[Prepared]:
    """Read a photo, and rank its phrase where nobody has.

    Parameters
    ----------
    project : Project
        The project, to which a ranking is written.
    target : Target
        What is to be shown.
    engine : Engine
        Ranks phrases.
    settings : Settings
        What to rank with.
    picture : Picture or None
        The photo, where it is open in the viewer.
    pixels : (H, W, 3) uint8 array or None
        The photo, where it is read already.

    Yields
    ------
    Progress
        Between two of these the work may be given up.

    Returns
    -------
    Prepared
        Photo and candidates.

    Raises
    ------
    ZsrisError
        The photo cannot be read, or is of another size by now, or a model is not available.
    """
    yield Progress("reading the photo", 0, 0)
    file = project.library.photo_file(target.photo_id)
    item = None if target.item_id is None else project.queue.item(target.item_id)
    if item is not None and item.status == "todo" and not item.ranked:
        yield from _rank(project, item, engine, settings)
        item = project.queue.item(item.id)
    if pixels is None:
        pixels = read_image(file) if picture is None else picture.pixels()
    size = project.library.size_of(target.photo_id)
    if pixels.shape[:2] != size:
        height, width = size
        raise ImageError(
            f"{file.name} is no longer of {width} x {height} pixels, so that its masks do not "
            "fit: put the photo back that was imported, or import this one under a new name"
        )
    cards = () if item is None else tuple(_cards(item, pixels))
    name = project.library.spoken_name(target.photo_id)
    return Prepared(target, name, pixels, item, cards)


def _rank(project: Project, item: Item, engine: Engine, settings: Settings) -> Steps[None]:
    photo = project.rankings.waiting(item.photo_id)
    if photo is None:
        return
    from napari_zsris.prelabel.exchange import record, task_of

    record(project, (yield from engine.rank(task_of(project, photo), settings)))


def _cards(item: Item, pixels: RGB) -> Iterator[Card]:
    scores = [candidate.score for candidate in item.candidates]
    for candidate in item.candidates:
        bitmap = Bitmap.from_mask(candidate.mask)
        span = max(scores[0] - scores[-1], np.finfo(float).tiny)
        # The worst of the few that a project keeps is still a good one of its photo.
        share = 0.5 + 0.5 * (candidate.score - scores[-1]) / span
        colour = mask_colour(pixels, bitmap)
        yield Card(
            candidate.rank,
            candidate.rank,
            candidate.score,
            float(share),
            bitmap,
            thumbnail(pixels, bitmap, colour=colour),
            colour=colour,
        )

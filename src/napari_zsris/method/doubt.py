"""Reasons to doubt candidates before a person looks at them: said in a sentence, never hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import shortened
from napari_zsris.method.ranking import APPEARANCE, CONTEXT

if TYPE_CHECKING:
    from napari_zsris.method.ranking import Ranking

__all__ = ["doubt_about_photo", "doubt_about_phrase"]

RGB: TypeAlias = npt.NDArray[np.uint8]

# Photos are looked at on a grid with this many rows and columns at most: a few milliseconds.
MOST_LINES = 512
# The limits below lie well clear of all 100 photos of coco-mini, whose extremes are in brackets;
# docs/benchmarks/doubt.py prints them anew.
#: Levels of brightness between the darkest and the brightest hundredth (81).
LEAST_SPAN = 20
#: Different colours (256, a grey photo).
LEAST_COLOURS = 32
#: Correlation of the brightness of neighbours: pixels of a photo resemble each other (0.67).
LEAST_LIKENESS = 0.4
#: Brightest channel of a pixel that counts as dark.
DARK = 40
#: Share of dark pixels in a picture of one colour, grey or that of a dye (0.46).
MOST_DARK_OF_ONE_COLOUR = 0.6
#: Share of dark pixels in any picture (0.75, a street at night).
MOST_DARK = 0.88
#: Levels by which channels differ in a pixel that has a colour.
COLOURED = 12
#: Share of coloured pixels in a grey picture; scans and JPEG leave some.
MOST_COLOURED = 0.02
#: By CLIP model: the best appearance, a cosine times the model's scale, that phrases reach at least
#: in photos that show the thing. With true masks as proposals 1.2 % of the 492 right phrases of
#: coco-mini stay below, 66 % of the phrases of photos with other things, and 79 % of nonsense;
#: chosen on other photos than those counted, 2.0 %, 70 % and 82 %.
LEAST_APPEARANCE = {"lite": 2.5}


def doubt_about_photo(pixels: RGB) -> str:
    """Tell why a picture is unlike the photos that models were made for.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The picture.

    Returns
    -------
    str
        A sentence; empty for what may well be a photo.
    """
    height, width = pixels.shape[:2]
    step = max(1, max(height, width) // MOST_LINES)
    # Whole rows of neighbours: what is alike next to each other says most about a picture.
    rows = pixels[::step]
    brightness = rows.mean(axis=2, dtype=np.float32)
    low, high = np.percentile(brightness, [1, 99])
    if high - low < LEAST_SPAN:
        return _said("it is almost one plain colour")
    if _colours(rows[:, ::step]) < LEAST_COLOURS:
        return _said("it has only a few colours, as drawings and label images do")
    if _likeness(brightness) < LEAST_LIKENESS:
        return _said("its pixels are unlike their neighbours, as in noise")
    if _is_mostly_dark(rows[:, ::step]):
        return _said("it is mostly black, as fluorescence images are")
    return ""


def doubt_about_phrase(ranking: Ranking, clip: str) -> str:
    """Tell why a photo may well not show what a phrase describes.

    Parameters
    ----------
    ranking : Ranking
        The phrase's ranking.
    clip : str
        The CLIP model's name; nothing is known about other models than those measured.

    Returns
    -------
    str
        A sentence; empty where some candidate looks like what is described.
    """
    least, appearance = LEAST_APPEARANCE.get(clip), ranking.terms.get(APPEARANCE)
    if least is None or appearance is None or not appearance.size or CONTEXT in ranking.terms:
        return ""
    if float(appearance.max()) >= least:
        return ""
    return (
        f"Nothing in this photo looks much like {shortened(ranking.expression.raw)}: the masks are "
        "guesses. Try other words, or check each mask before you trust it."
    )


def _said(reason: str) -> str:
    return f"This does not look like a photo: {reason}. Check each mask before you trust it."


def _colours(pixels: RGB) -> int:
    return len(np.unique(pixels.astype(np.int32) @ np.array([65536, 256, 1], np.int32)))


def _likeness(brightness: npt.NDArray[np.float32]) -> float:
    left, right = brightness[:, :-1], brightness[:, 1:]
    if not left.size:
        return 1.0
    spread = float(left.std() * right.std())
    together = float(((left - left.mean()) * (right - right.mean())).mean())
    return together / spread if spread else 1.0


def _is_mostly_dark(pixels: RGB) -> bool:
    brightest = pixels.max(axis=2)
    dark = float((brightest < DARK).mean())
    coloured = float((brightest - pixels.min(axis=2) > COLOURED).mean())
    dyed = int((np.percentile(pixels, 99.9, axis=(0, 1)) >= DARK).sum()) == 1
    of_one_colour = coloured < MOST_COLOURED or dyed
    return dark > (MOST_DARK_OF_ONE_COLOUR if of_one_colour else MOST_DARK)

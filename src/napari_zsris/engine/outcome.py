"""What the engine found for a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.annotations import Run
from napari_zsris.engine.mask_colour import DEFAULT_COLOUR
from napari_zsris.engine.request import Request, Weights
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.rle import Rle

__all__ = ["Card", "Found", "Outcome"]

RGB: TypeAlias = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Card:
    """One candidate as the list shows it.

    Parameters
    ----------
    proposal : int
        Which proposal of the scene it is.
    rank : int
        Its place, 0 for the best.
    score : float
        How well it fits the phrase; comparable within one outcome.
    share : float
        Length of the score bar, 0 to 1: 0 for an average proposal of the picture, 1 for the best.
    bitmap : Bitmap
        The mask.
    thumbnail : (S, S, 3) uint8 array
        The object, what is around it dimmed.
    terms : mapping of str to float
        What the score is the sum of, by name; empty where that is not known.
    colour : str
        The colour that shows the mask best on the picture, as #rrggbb.
    rle : Rle or None
        The mask as projects keep it, where it was made with the card.
    """

    proposal: int
    rank: int
    score: float
    share: float
    bitmap: Bitmap
    thumbnail: RGB
    terms: Mapping[str, float] = field(default_factory=dict)
    colour: str = DEFAULT_COLOUR
    rle: Rle | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """The candidates for a phrase, best first.

    Parameters
    ----------
    size : tuple of int
        The photo's (height, width) in pixels.
    cards : tuple of Card
        The candidates; none when the photo has no proposals.
    source : str
        The source of the proposals.
    head : str
        The noun for the thing itself.
    weights, recommended : Weights
        The method's settings that were used, and the model's own.
    run : Run
        How the candidates were made, for a project.
    doubt : str
        Why not to trust the candidates, a sentence; empty where nothing speaks against them.
    """

    size: tuple[int, int]
    cards: tuple[Card, ...]
    source: str
    head: str
    weights: Weights
    recommended: Weights
    run: Run
    doubt: str = field(default="", kw_only=True)


@dataclass(frozen=True, eq=False)
class Outcome(Found):
    """What was found for a request.

    Parameters
    ----------
    request : Request
        What was asked.
    content : str
        The content hash of the picture that was asked about; empty where lazy data were not read
        again, because they were encoded already.
    """

    request: Request
    content: str = ""

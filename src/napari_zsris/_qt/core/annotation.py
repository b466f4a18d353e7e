"""A mask that a person accepted, and where it belongs."""

from __future__ import annotations

from dataclasses import dataclass

from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["UNKNOWN", "Annotation", "Site"]

UNKNOWN = "object"


@dataclass(frozen=True)
class Site:
    """The plane of an image that masks lie on.

    Parameters
    ----------
    image : str
        The image's name: its file's name, or the layer's where it has no file.
    layer : str
        The layer's unique id, as text.
    size : tuple of int
        The plane's (height, width), in pixels of the working level.
    position : tuple of int
        The plane's place along each axis that is not displayed; empty for a single picture.
    axes : tuple of int
        The image's axes that run along the plane's rows and columns.
    """

    image: str
    layer: str
    size: tuple[int, int]
    position: tuple[int, ...] = ()
    axes: tuple[int, int] = (0, 1)


@dataclass(frozen=True, eq=False)
class Annotation:
    """An accepted mask, as the person left it.

    Parameters
    ----------
    id : int
        The object's label in its Annotations layer, from 1.
    site : Site
        Where the mask lies.
    bitmap : Bitmap
        The mask; masks of different objects may overlap.
    phrase : str
        The referring expression; empty for an object painted straight into the Annotations layer.
    score : float, optional
        The proposal's score; None for a mask drawn from scratch.
    rank : int, optional
        The proposal's place among the candidates, 0 for the best.
    model : str
        CLIP model and proposal source, `CLIP + SOURCE`; empty for a mask drawn from scratch.
    edited : bool
        Whether the person changed the proposal's mask.
    category : str
        What kind of thing it is: the phrase's head noun.
    """

    id: int
    site: Site
    bitmap: Bitmap
    phrase: str = ""
    score: float | None = None
    rank: int | None = None
    model: str = ""
    edited: bool = False
    category: str = UNKNOWN

    @property
    def status(self) -> str:
        """How the mask came to be, in the words of a project file."""
        if self.score is None:
            return "none-fits"
        return "corrected" if self.edited else "accepted"

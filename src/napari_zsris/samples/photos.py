"""Free photos that scikit-image brings along, with phrases to try on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ImageError, shortened

__all__ = ["Sample", "find_photo", "photos"]


@dataclass(frozen=True)
class Sample:
    """One photo with phrases that refer to something in it.

    Parameters
    ----------
    name : str
        The photo's name on the command line, and in ``skimage.data``.
    title : str
        What it shows, fit for a menu.
    phrases : tuple of str
        Referring expressions, the most telling first.
    credit : str
        Who took it.
    licence : str
        On what terms it may be used.
    """

    name: str
    title: str
    phrases: tuple[str, ...]
    credit: str
    licence: str

    def load(self) -> npt.NDArray[np.uint8]:
        """Read the photo from the installed scikit-image.

        Returns
        -------
        (H, W, 3) uint8 array
            The photo, RGB; a new array.

        Raises
        ------
        ImageError
            This scikit-image comes without its photos.
        """
        from skimage import data

        try:
            photo: npt.NDArray[np.uint8] = getattr(data, self.name)()
        except (OSError, ImportError) as error:
            raise ImageError(
                f"the sample photo {self.name} is not in this installation of scikit-image: "
                f"{' '.join(str(error).split())[:200]}; install scikit-image from PyPI"
            ) from error
        return photo


def photos() -> tuple[Sample, ...]:
    """List the sample photos.

    Returns
    -------
    tuple of Sample
        The one that the demo begins with first.
    """
    return (
        Sample(
            name="astronaut",
            title="An astronaut",
            phrases=("the woman's helmet", "the space shuttle on the right", "the flag"),
            credit="NASA",
            licence="public domain",
        ),
        Sample(
            name="coffee",
            title="A cup of coffee",
            phrases=("the cup on the saucer", "the spoon next to the cup", "the wooden table"),
            credit="Rachel Michetti, courtesy of Pikolo Espresso Bar",
            licence="CC0",
        ),
        Sample(
            name="rocket",
            title="A rocket before its launch",
            phrases=("the rocket in the middle", "the tower on the left"),
            credit="SpaceX",
            licence="public domain",
        ),
    )


def find_photo(name: str) -> Sample:
    """Find a sample photo by its name.

    Parameters
    ----------
    name : str
        One of the names of :func:`photos`.

    Returns
    -------
    Sample
        The photo.

    Raises
    ------
    ImageError
        There is no such sample.
    """
    for sample in photos():
        if sample.name == name:
            return sample
    known = ", ".join(sample.name for sample in photos())
    raise ImageError(f"there is no sample photo {shortened(name)}; choose one of {known}")

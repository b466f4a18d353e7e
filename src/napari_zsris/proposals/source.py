"""What every source of mask proposals is."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from napari_zsris.memory import told_within
from napari_zsris.pixels import as_rgb
from napari_zsris.progress import Steps, finish
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality

__all__ = ["ProposalSource"]


class ProposalSource(ABC):
    """A generator of class-agnostic mask proposals, M(I) in the paper.

    Attributes
    ----------
    name : str
        The source's name, as on the command line.
    quality : Quality
        Text-free controls on what it gives; each kind of source has its own defaults.
    """

    name: str
    quality: Quality = Quality()

    @abstractmethod
    def steps(self, image: npt.NDArray[np.uint8]) -> Steps[Proposals]:
        """Propose masks for a photo, step by step.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            The photo, RGB.

        Yields
        ------
        Progress
            Between two of these the work may be given up.

        Returns
        -------
        Proposals
            At most as many as the source's settings allow, best first where it ranks them.
        """

    def __call__(self, image: npt.ArrayLike) -> Proposals:
        """Propose masks for a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8 array-like
            The photo, RGB; other pictures are converted as :func:`~napari_zsris.pixels.as_rgb`
            does.

        Returns
        -------
        Proposals
            The proposals, of the photo's size.

        Raises
        ------
        ImageError
            The array is not a picture.
        OutOfMemoryError
            Memory ran out, for the smallest batch and on the CPU too.
        """
        photo = as_rgb(image)
        return finish(told_within(self.steps(photo), photo, self.name))

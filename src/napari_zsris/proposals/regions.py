"""Proposals without a model: unions of unsupervised segmentations at several scales."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.proposals import Bitmap, Proposals
from napari_zsris.proposals.source import ProposalSource

__all__ = ["Regions"]

SCALES = (50.0, 100.0, 200.0, 400.0, 800.0)


class Regions(ProposalSource):
    """Unsupervised regions, largest first.

    Parameters
    ----------
    max_count : int
        How many proposals to give at most.
    """

    name = "regions"

    def __init__(self, max_count: int = 300) -> None:
        self.max_count = max_count

    def steps(self, image: npt.NDArray[np.uint8]) -> Steps[Proposals]:
        """Propose masks for a photo, one scale at a time.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            The photo, RGB.

        Yields
        ------
        Progress
            Before each scale.

        Returns
        -------
        Proposals
            At most `max_count`, the whole frame among them.
        """
        from skimage.segmentation import felzenszwalb

        height, width = image.shape[:2]
        bitmaps = [Bitmap.from_mask(np.ones((height, width), bool))]
        for done, scale in enumerate(SCALES):
            yield Progress("regions", done, len(SCALES))
            labels = felzenszwalb(image, scale=scale, sigma=0.8, min_size=100)
            bitmaps += [Bitmap.from_mask(labels == label) for label in np.unique(labels)]
        bitmaps.sort(key=lambda bitmap: -bitmap.height * bitmap.width)
        return Proposals.from_bitmaps(bitmaps[: self.max_count], (height, width), source=self.name)

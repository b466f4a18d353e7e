"""What every source of mask proposals is."""

from __future__ import annotations

import dataclasses
import json
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_zsris.memory import told_within
from napari_zsris.pixels import as_rgb
from napari_zsris.progress import Steps, finish
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality
from napari_zsris.weights import digest_weights

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ProposalSource"]


class ProposalSource(ABC):
    """A generator of class-agnostic mask proposals, M(I) in the paper.

    Attributes
    ----------
    name : str
        The source's name, as on the command line.
    quality : Quality
        Text-free controls on what it gives; each kind of source has its own defaults.
    version : int
        Of the algorithm; counted up whenever a photo would get other masks than before.
    """

    name: str
    quality: Quality = Quality()
    version: int = 1

    @property
    def settings(self) -> dict[str, object]:
        """All that shapes the masks besides the weights, fit for JSON."""
        return {"quality": dataclasses.asdict(self.quality)}

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """What has the source's weights; none where nothing was learnt."""
        return ()

    def description(self) -> str:
        """Tell what makes the source's masks what they are.

        Returns
        -------
        str
            JSON: its name, version, settings and a digest of its weights. Sources that differ in
            none of these give a photo the same masks.
        """
        made_of = {
            "name": self.name,
            "version": self.version,
            "settings": self.settings,
            "weights": self._weights,
        }
        return json.dumps(made_of, sort_keys=True)

    @cached_property
    def _weights(self) -> str:
        return digest_weights(self.networks) if self.networks else ""

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

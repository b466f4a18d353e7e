"""Proposals learnt from photos whose objects are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_zsris.imagenet import feature_maps, load_classifier
from napari_zsris.pixels import as_rgb
from napari_zsris.placement import CPU, DevicePlacement
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.label_map import enlarged, united
from napari_zsris.proposals.objects.choice import choose
from napari_zsris.proposals.objects.photo import STAGES, photo_regions
from napari_zsris.proposals.objects.trees import gather
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.source import ProposalSource

if TYPE_CHECKING:
    import torch
    from torch import nn

    from napari_zsris.proposals.objects.model import ObjectModel

__all__ = ["Objects"]

DEFAULT_QUALITY = Quality(max_count=100)


class Objects(ProposalSource):
    """Learnt grouping and learnt objectness, class-agnostic: the offline default.

    The regions of :class:`~napari_zsris.proposals.regions.Regions` are looked at by an ImageNet
    network. How likely each lies on an object, how surely each two are of one, and which IoU
    every group of them can be expected to have with an object were learnt from photos with
    instance masks. A proposal's score is its expected IoU.

    Parameters
    ----------
    model : ObjectModel
        What was learnt.
    network : torch.nn.Module, optional
        The ImageNet classifier; its own copy by default.
    quality : Quality, optional
        How many proposals to give, and of what size; 100 by default.
    device : torch.device, optional
        Where the network runs; the CPU by default.
    """

    name = "objects"

    def __init__(
        self,
        model: ObjectModel,
        network: nn.Module | None = None,
        quality: Quality = DEFAULT_QUALITY,
        device: torch.device = CPU,
    ) -> None:
        self.model = model
        network = load_classifier() if network is None else network
        self.placement = DevicePlacement(network, device, self.name)
        self.quality = quality

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """What has the source's weights."""
        return (self.model, self.placement.model)

    def steps(self, image: npt.NDArray[np.uint8]) -> Steps[Proposals]:
        """Propose masks for a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            The photo, RGB.

        Yields
        ------
        Progress
            Before the regions, each look at the photo, each hierarchy and what is learnt.

        Returns
        -------
        Proposals
            Highest expected IoU first; together they cover the photo's likely objects as well as
            that many can. A photo of a single region is itself the proposal.

        Raises
        ------
        ImageError
            The image is empty or no picture.
        """
        photo = as_rgb(image)
        self.placement.restart()
        regions = yield from photo_regions(photo, self._look)
        yield Progress("objects", STAGES - 3, STAGES)
        figure = self.model.find_figure(regions)
        affinity = self.model.find_affinity(regions, self.model.pair_cues(regions, figure))
        yield Progress("objects", STAGES - 2, STAGES)
        members = gather(regions, affinity)
        expected = self.model.expect(self.model.measure(regions, members, figure, affinity))
        yield Progress("objects", STAGES - 1, STAGES)
        count = self.quality.max_count or len(members)
        chosen = choose(members, expected, regions.graph.sizes, count)
        size = photo.shape[0], photo.shape[1]
        bitmaps = united(enlarged(regions.graph.labels, size), members[chosen])
        proposals = Proposals.from_bitmaps(bitmaps, size, scores=expected[chosen], source=self.name)
        return self.quality.apply(proposals)

    def _look(self, photo: npt.NDArray[np.uint8], side: int) -> dict[str, npt.NDArray[np.float32]]:
        return self.placement.whole(lambda _: feature_maps(self.placement.model, photo, side))

"""What was learnt of objects, applied to a photo's regions."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from napari_zsris.proposals.objects.groups import GROUP_FEATURES, group_features
from napari_zsris.proposals.objects.network import Figure, Grouping, Objectness, Reduction
from napari_zsris.proposals.objects.pairs import PAIR_CUES, pair_cues
from napari_zsris.proposals.objects.photo import MAPS, REGION_CUES, PhotoRegions

__all__ = ["ObjectModel"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]

COMPONENTS = 24
"""Principal components kept of each map."""
SEEN = 16
"""How many of them, of each map of the network's last stage, describe a group."""
EMBEDDING = 24
"""Numbers by which two regions' looks are compared."""
HEADS = [number for number, (_, stage) in enumerate(MAPS) if stage == "head"]
DESCRIPTION = len(MAPS) * COMPONENTS + REGION_CUES


class ObjectModel(nn.Module):
    """Three small networks, each of which reads what those before it found.

    Everything is given and returned in NumPy's arrays, and computed on the CPU.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reduction = Reduction(list(MAPS.values()), COMPONENTS)
        self.figure = Figure(DESCRIPTION)
        self.grouping = Grouping(len(MAPS) + PAIR_CUES, DESCRIPTION, EMBEDDING)
        self.objectness = Objectness(GROUP_FEATURES + SEEN * len(HEADS))

    def describe(self, photo: PhotoRegions) -> Tensor:
        """Describe each region by what the network and the cues tell of it.

        Parameters
        ----------
        photo : PhotoRegions
            A photo's n regions.

        Returns
        -------
        (n, DESCRIPTION) float32 tensor
            One row per region.
        """
        with torch.inference_mode():
            reduced = self.reduction(_tensors(photo))
            return torch.cat([reduced, torch.from_numpy(photo.cues)], dim=1).clone()

    def find_figure(self, photo: PhotoRegions) -> FloatArray:
        """Say how likely each region lies on an object.

        Parameters
        ----------
        photo : PhotoRegions
            A photo's n regions.

        Returns
        -------
        (n,) float32 array
            Probabilities.
        """
        with torch.inference_mode():
            figure: FloatArray = self.figure(self.describe(photo)).sigmoid().numpy()
        return figure

    def pair_cues(self, photo: PhotoRegions, figure: FloatArray) -> FloatArray:
        """Measure every pair of regions.

        Parameters
        ----------
        photo : PhotoRegions
            A photo's n regions.
        figure : (n,) float32 array
            How likely each region lies on an object.

        Returns
        -------
        (C, n, n) float32 array
            One plane per cue.
        """
        with torch.inference_mode():
            directions = [each.numpy() for each in self.reduction.standard(_tensors(photo))]
        return pair_cues(photo, directions, figure)

    def find_affinity(self, photo: PhotoRegions, cues: FloatArray) -> FloatArray:
        """Say how surely each two regions are of one object.

        Parameters
        ----------
        photo : PhotoRegions
            A photo's n regions.
        cues : (C, n, n) float32 array
            From :meth:`pair_cues`.

        Returns
        -------
        (n, n) float32 array
            Probabilities, symmetric, 1 for each region with itself.
        """
        first, second = np.triu_indices(len(photo), 1)
        rows = torch.from_numpy(np.ascontiguousarray(cues[:, first, second].T))
        with torch.inference_mode():
            places = torch.from_numpy(first), torch.from_numpy(second)
            logits = self.grouping(self.describe(photo), rows, *places)
        affinity = np.eye(len(photo), dtype=np.float32)
        affinity[first, second] = affinity[second, first] = logits.sigmoid().numpy()
        return affinity

    def measure(
        self, photo: PhotoRegions, members: BoolArray, figure: FloatArray, affinity: FloatArray
    ) -> FloatArray:
        """Measure groups of regions.

        Parameters
        ----------
        photo : PhotoRegions
            A photo's n regions.
        members : (M, n) bool array
            The groups.
        figure : (n,) float32 array
            From :meth:`find_figure`.
        affinity : (n, n) float32 array
            From :meth:`find_affinity`.

        Returns
        -------
        (M, F) float32 array
            One row of features per group.
        """
        described = self.describe(photo).numpy()
        ends = [(head + 1) * COMPONENTS for head in HEADS]
        seen = np.concatenate([described[:, end - SEEN : end] for end in ends], axis=1)
        return group_features(photo, members, figure, affinity, seen)

    def expect(self, features: FloatArray) -> FloatArray:
        """Say which IoU with an object each group can be expected to have.

        Parameters
        ----------
        features : (M, F) float32 array
            From :meth:`measure`.

        Returns
        -------
        (M,) float32 array
            0 to 1.
        """
        with torch.inference_mode():
            expected: FloatArray = self.objectness(torch.from_numpy(features)).sigmoid().numpy()
        return expected


def _tensors(photo: PhotoRegions) -> list[Tensor]:
    return [torch.from_numpy(np.ascontiguousarray(rows, np.float32)) for rows in photo.appearance]

"""The learnt part: three small networks over regions, pairs of regions and groups of regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Figure", "Grouping", "Objectness", "Reduction"]


class Standard(nn.Module):
    """Brings every column to mean 0 and deviation 1.

    Parameters
    ----------
    columns : int
        How many there are.
    """

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("scale", torch.ones(columns))

    def fit(self, rows: Tensor) -> None:
        """Take mean and deviation from rows, (R, columns).

        Parameters
        ----------
        rows : (R, columns) tensor
            What the columns usually hold.
        """
        self.mean.copy_(rows.mean(dim=0))
        self.scale.copy_(1 / (rows.std(dim=0) + 1e-4))

    def forward(self, rows: Tensor) -> Tensor:
        """Bring (R, columns) to their standard form.

        Parameters
        ----------
        rows : (R, columns) tensor
            Any numbers.

        Returns
        -------
        (R, columns) tensor
            Of mean 0 and deviation 1 where they are as usual.
        """
        return (rows - self.mean) * self.scale


class Perceptron(nn.Sequential):
    """Two hidden layers and one output.

    Parameters
    ----------
    columns : int
        Width of the input.
    hidden : int
        Width of the first hidden layer; the second has half of it.
    dropout : float
        Share of the hidden values that training leaves out.
    """

    def __init__(self, columns: int, hidden: int, dropout: float) -> None:
        super().__init__(
            nn.Linear(columns, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden // 2),
            nn.ReLU(),
            nn.Linear(hidden // 2, 1),
        )


class Reduction(nn.Module):
    """The principal components of each map's features, all of one size.

    Parameters
    ----------
    widths : sequence of int
        Channels of each map.
    components : int
        How many of each are kept.
    """

    def __init__(self, widths: Sequence[int], components: int) -> None:
        super().__init__()
        self.standards = nn.ModuleList(Standard(width) for width in widths)
        self.bases = nn.ParameterList(
            nn.Parameter(torch.zeros(width, components), requires_grad=False) for width in widths
        )

    def fit(self, maps: Sequence[Tensor]) -> None:
        """Find the components of rows, (R, C) for each map.

        Parameters
        ----------
        maps : sequence of (R, C) tensors
            Rows of each map's features.
        """
        for number, rows in enumerate(maps):
            standard, basis = self._of(number)
            standard.fit(rows)
            values, vectors = torch.linalg.eigh(torch.cov(standard(rows).T))
            kept = slice(-basis.shape[1], None)
            basis.copy_(vectors[:, kept] / values[kept].clamp(min=1e-6).sqrt())

    def standard(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Give each map's features in standard form and of length one, (n, C) each.

        Parameters
        ----------
        maps : sequence of (n, C) tensors
            Features of n regions.

        Returns
        -------
        list of (n, C) tensors
            One for each map.
        """
        return [F.normalize(self._of(number)[0](rows), dim=1) for number, rows in enumerate(maps)]

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Reduce the features of n regions to (n, maps * components).

        Parameters
        ----------
        maps : sequence of (n, C) tensors
            Features of n regions.

        Returns
        -------
        (n, maps * components) tensor
            The components, side by side.
        """
        pairs = [(self._of(number), rows) for number, rows in enumerate(maps)]
        return torch.cat([standard(rows) @ basis for (standard, basis), rows in pairs], dim=1)

    def _of(self, number: int) -> tuple[Standard, Tensor]:
        return cast("Standard", self.standards[number]), self.bases[number]


class Figure(nn.Module):
    """How likely a region lies on an object.

    Parameters
    ----------
    columns : int
        Width of a region's description.
    """

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.standard = Standard(columns)
        self.drop = nn.Dropout(0.3)
        self.layers = Perceptron(columns, 64, 0.3)

    def forward(self, regions: Tensor) -> Tensor:
        """Give the logit of each of n regions, (n, columns) to (n,).

        Parameters
        ----------
        regions : (n, columns) tensor
            Descriptions of n regions.

        Returns
        -------
        (n,) tensor
            Logits.
        """
        logits: Tensor = self.layers(self.drop(self.standard(regions)))[:, 0]
        return logits


class Grouping(nn.Module):
    """How surely two regions are of one object.

    Parameters
    ----------
    cues : int
        Width of a pair's cues.
    columns : int
        Width of a region's description.
    embedding : int
        Width of what the network makes of that, to compare both regions.
    """

    def __init__(self, cues: int, columns: int, embedding: int) -> None:
        super().__init__()
        self.standard = Standard(cues)
        self.regions = Standard(columns)
        self.drop = nn.Dropout(0.3)
        self.embed = nn.Linear(columns, embedding)
        self.layers = Perceptron(cues + 2 * embedding, 64, 0.1)

    def forward(self, regions: Tensor, cues: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """Compare P pairs of n regions.

        Parameters
        ----------
        regions : (n, columns) tensor
            The regions' descriptions.
        cues : (P, cues) tensor
            What is known of each pair.
        first, second : (P,) int64 tensors
            The regions of each pair.

        Returns
        -------
        (P,) tensor
            Logits.
        """
        embedded = self.embed(self.drop(self.regions(regions)))
        one, other = embedded[first], embedded[second]
        joint = torch.cat([self.standard(cues), one * other, (one - other).abs()], dim=1)
        logits: Tensor = self.layers(joint)[:, 0]
        return logits


class Objectness(nn.Module):
    """The IoU that a group of regions is expected to have with an object.

    Parameters
    ----------
    columns : int
        Width of a group's features.
    """

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.standard = Standard(columns)
        self.layers = Perceptron(columns, 96, 0.1)

    def forward(self, groups: Tensor) -> Tensor:
        """Give the logit of each group's IoU, (M, columns) to (M,).

        Parameters
        ----------
        groups : (M, columns) tensor
            Descriptions of M groups.

        Returns
        -------
        (M,) tensor
            Logits.
        """
        logits: Tensor = self.layers(self.standard(groups).clamp(-6, 6))[:, 0]
        return logits

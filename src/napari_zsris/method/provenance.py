"""What a scene was made with, beside its CLIP model and its method."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_zsris._version import __version__

if TYPE_CHECKING:
    from napari_zsris.proposals import Proposals, ProposalSource

__all__ = ["Provenance"]


@dataclass(frozen=True)
class Provenance:
    """What a scene was made with, beside its CLIP model and its method.

    Parameters
    ----------
    package : str
        The version of napari-zsris.
    proposals : str
        The source of its masks, in JSON: its name and, as far as they are known, its version, its
        settings and a digest of its weights.
    """

    package: str = __version__
    proposals: str = json.dumps({"name": "given"})

    @classmethod
    def of(cls, proposals: Proposals, source: ProposalSource) -> Provenance:
        """Tell where the masks of a new scene come from.

        Parameters
        ----------
        proposals : Proposals
            The masks.
        source : ProposalSource
            The source that proposes masks where none are given.

        Returns
        -------
        Provenance
            With all of the source where the masks are its own, else with the name that they bear.
        """
        if proposals.source == source.name:
            return cls(proposals=source.description())
        return cls(proposals=json.dumps({"name": proposals.source}))

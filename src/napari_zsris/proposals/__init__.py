"""Sources of class-agnostic mask proposals, one file each."""

from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.registry import create_proposals
from napari_zsris.proposals.source import ProposalSource

__all__ = ["Bitmap", "ProposalSource", "Proposals", "create_proposals"]

"""The models that are used where none is named; both come with the package."""

from __future__ import annotations

from typing import Final

__all__ = ["DEFAULT_CLIP", "DEFAULT_PROPOSALS"]

DEFAULT_CLIP: Final = "lite"
"""The CLIP model, by its name for :func:`~napari_zsris.clip.load_clip`."""

DEFAULT_PROPOSALS: Final = "objects"
"""The source of masks, by its name for :func:`~napari_zsris.proposals.create_proposals`."""

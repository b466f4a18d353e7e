"""How photos are ranked, told in words that travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from napari_zsris.defaults import DEFAULT_CLIP, DEFAULT_PROPOSALS

if TYPE_CHECKING:
    from napari_zsris.prelabel.ranker import Ranker

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """How photos are ranked; enough to do it in the same way on another machine.

    Parameters
    ----------
    clip, proposals, device : str
        As for :class:`~napari_zsris.Segmenter`.
    language : str, optional
        As for :class:`~napari_zsris.Segmenter`.
    method : mapping
        What differs from the model's own :class:`~napari_zsris.Method`, by name.
    top : int
        How many candidates are kept of each phrase.
    scenes : Path, optional
        The folder in which encoded photos are kept.
    """

    clip: str = DEFAULT_CLIP
    proposals: str = DEFAULT_PROPOSALS
    device: str = "auto"
    language: str | None = None
    method: Mapping[str, object] = field(default_factory=dict)
    top: int = 5
    scenes: Path | None = None

    def ranker(self) -> Ranker:
        """Load the models.

        Returns
        -------
        Ranker
            Ranks with these settings.

        Raises
        ------
        ModelUnavailableError
            A model or source is unknown, or its weights or package are not on this machine.
        MethodError
            A setting of the method is out of range.
        """
        from napari_zsris.method import Segmenter
        from napari_zsris.prelabel.ranker import Ranker
        from napari_zsris.prelabel.scenes import SceneStore

        segmenter = Segmenter(self.clip, self.proposals, self.device, self.language)
        segmenter.method = segmenter.method.replace(**self.method)
        return Ranker(segmenter, self.top, SceneStore(self.scenes) if self.scenes else None)

"""What an evaluation compares, told in words that travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_zsris.defaults import DEFAULT_CLIP, DEFAULT_PROPOSALS
from napari_zsris.errors import ModelUnavailableError
from napari_zsris.evaluation.contestant import GROUND_TRUTH, Comparison, Start, contestants

if TYPE_CHECKING:
    from napari_zsris.evaluation.examiner import Examiner
    from napari_zsris.proposals import ProposalSource

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """What an evaluation compares; enough to do it in the same way on another machine.

    Parameters
    ----------
    clips : tuple of str
        CLIP models, as for :class:`~napari_zsris.Segmenter`.
    proposals : tuple of str
        Sources of masks, likewise; `GROUND_TRUTH` for the dataset's own objects.
    comparison : str
        As for :func:`contestants`.
    changes : mapping of str to object
        As for :func:`contestants`.
    published : str
        As for :func:`contestants`.
    start : str
        As for :func:`contestants`.
    none_below : float
        As for :class:`Examiner`.
    device : str
        As for :class:`~napari_zsris.Segmenter`.
    language : str, optional
        As for :class:`~napari_zsris.Segmenter`.
    """

    clips: tuple[str, ...] = (DEFAULT_CLIP,)
    proposals: tuple[str, ...] = (DEFAULT_PROPOSALS,)
    comparison: Comparison = "none"
    changes: Mapping[str, object] = field(default_factory=dict)
    published: str = "refcoco"
    start: Start = "ours"
    none_below: float = 0.0
    device: str = "auto"
    language: str | None = None

    def examiner(self) -> Examiner:
        """Load the models.

        Returns
        -------
        Examiner
            Asks photos as planned. A comparison of masks goes on without the sources that this
            machine lacks.

        Raises
        ------
        ModelUnavailableError
            A model or source is unknown, or its weights or package are not on this machine.
        MethodError
            A setting of the method is out of range.
        """
        from napari_zsris.evaluation.examiner import Examiner
        from napari_zsris.method import Segmenter

        sources, missing = self._sources()
        segmenters = {
            name: Segmenter(name, device=self.device, language=self.language) for name in self.clips
        }
        rows = contestants(
            self.comparison,
            {name: segmenter.clip for name, segmenter in segmenters.items()},
            list(sources),
            self.changes,
            self.published,
            self.start,
        )
        generators = {name: source for name, source in sources.items() if source is not None}
        return Examiner(rows, segmenters, generators, self.none_below, missing)

    def _sources(self) -> tuple[dict[str, ProposalSource | None], list[str]]:
        from napari_zsris.proposals import create_proposals

        made: dict[str, ProposalSource | None] = {}
        missing: list[str] = []
        for name in self.proposals:
            try:
                made[name] = (
                    None if name == GROUND_TRUTH else create_proposals(name, device=self.device)
                )
            except ModelUnavailableError as error:
                if self.comparison != "masks":
                    raise
                missing.append(f"masks by {name}: {error}")
        if not made:
            raise ModelUnavailableError(f"no source of masks can be used here: {missing[0]}")
        return made, missing

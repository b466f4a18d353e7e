"""The models and scenes behind the dock; called by one worker at a time, never by the window."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris._qt.core.choice import Choice
from napari_zsris._qt.core.choices import clip_choices
from napari_zsris._qt.core.imports import collector_at_rest, count_as_old, import_engine
from napari_zsris._qt.core.outcome import Card, Outcome
from napari_zsris._qt.core.picture import Picture
from napari_zsris._qt.core.request import Request, Settings, Weights
from napari_zsris._qt.core.thumbnails import thumbnail
from napari_zsris.progress import Progress, Steps

if TYPE_CHECKING:
    from napari_zsris.method import Method, Ranking, Scene, Segmenter

__all__ = ["Engine"]

RGB: TypeAlias = npt.NDArray[np.uint8]

REMEMBERED_SCENES = 8
SMALLEST_SPAN = 1e-6


@dataclass(frozen=True, eq=False)
class _Encoded:
    # The picture's key holds ids of its data, which must not be freed and given to other data.
    picture: Picture
    scene: Scene
    pixels: RGB
    thumbnails: dict[int, RGB] = field(default_factory=dict)

    def thumbnail(self, proposal: int) -> RGB:
        if proposal not in self.thumbnails:
            bitmap = self.scene.proposals.bitmaps[proposal]
            self.thumbnails[proposal] = thumbnail(self.pixels, bitmap)
        return self.thumbnails[proposal]


class Engine:
    """Loads models when they are first asked for, encodes pictures once, ranks phrases.

    Parameters
    ----------
    make : callable, optional
        Makes the segmenter for some settings; the one that the settings name by default.
    """

    def __init__(self, make: Callable[[Settings], Segmenter] | None = None) -> None:
        self._make = make or _segmenter
        self._segmenter: Segmenter | None = None
        self._recommended: Method | None = None
        self._loaded: tuple[str, str] | None = None
        self._source = ""
        self._scenes: OrderedDict[Hashable, _Encoded] = OrderedDict()

    def prepare(self) -> Steps[list[Choice]]:
        """Import what is heavy before it is needed, and look which models there are.

        Yields
        ------
        Progress
            Before the work begins.

        Returns
        -------
        list of Choice
            CLIP models by name.
        """
        yield Progress("starting", 0, 0)
        import_engine()
        return clip_choices()

    def run(self, request: Request) -> Steps[Outcome]:
        """Answer a request, doing only what earlier ones have not done.

        Parameters
        ----------
        request : Request
            A phrase asked of a picture.

        Yields
        ------
        Progress
            Between two of these the work may be given up.

        Returns
        -------
        Outcome
            The best candidates.

        Raises
        ------
        ZsrisError
            A model is not available, or the phrase or the picture is of no use.
        """
        segmenter = yield from self.segmenter(request.settings)
        recommended = self._own_method()
        method = _weighted(recommended, request.settings.weights)
        key = (*request.encoding_key[:-1], method.visual)
        encoded = self._scenes.get(key)
        if encoded is None:
            segmenter.method = method
            encoded = yield from self._encoded(request, segmenter)
            self._remember(key, encoded)
        self._scenes.move_to_end(key)
        yield Progress("ranking", 0, 0)
        ranking = encoded.scene.rank(request.phrase, method, request.settings.candidates)
        return Outcome(
            request,
            encoded.scene.proposals.size,
            tuple(_cards(encoded, ranking)),
            encoded.scene.proposals.source,
            ranking.expression.head,
            _weights(method),
            _weights(recommended),
        )

    def segmenter(self, settings: Settings) -> Steps[Segmenter]:
        """Load the models that some settings name, unless they are the loaded ones.

        Parameters
        ----------
        settings : Settings
            Which models.

        Yields
        ------
        Progress
            Before each of them.

        Returns
        -------
        Segmenter
            What they make together.

        Raises
        ------
        ZsrisError
            A model is not available.
        """
        wanted = (settings.clip, settings.device)
        if self._segmenter is None or self._loaded != wanted:
            yield Progress("loading the model", 0, 0)
            self._forget()
            import_engine()
            with collector_at_rest():
                self._segmenter = self._make(settings)
                count_as_old()
            self._recommended = self._segmenter.method
            self._loaded, self._source = wanted, settings.proposals
        if self._source != settings.proposals:
            yield Progress("loading the proposal source", 0, 0)
            from napari_zsris.proposals import create_proposals

            device = str(self._segmenter.clip.device)
            self._segmenter.proposals = create_proposals(settings.proposals, device=device)
            self._source = settings.proposals
        return self._segmenter

    def _own_method(self) -> Method:
        if self._recommended is None:
            raise AssertionError("the recommended method is known once a model is loaded")
        return self._recommended

    def _encoded(self, request: Request, segmenter: Segmenter) -> Steps[_Encoded]:
        yield Progress("reading the image", 0, 0)
        pixels = request.picture.pixels()
        scene = yield from segmenter.encoding(pixels)
        return _Encoded(request.picture, scene, pixels)

    def _remember(self, key: Hashable, encoded: _Encoded) -> None:
        self._scenes[key] = encoded
        while len(self._scenes) > REMEMBERED_SCENES:
            self._scenes.popitem(last=False)

    def _forget(self) -> None:
        # A scene keeps its model alive, so those of the model to be replaced must go first.
        self._scenes.clear()
        self._segmenter = self._recommended = self._loaded = None


def _segmenter(settings: Settings) -> Segmenter:
    from napari_zsris.method import Segmenter

    return Segmenter(settings.clip, settings.proposals, settings.device)


def _weighted(recommended: Method, weights: Weights | None) -> Method:
    if weights is None:
        return recommended
    return recommended.replace(
        alpha=weights.alpha,
        beta=weights.beta,
        mask_layers=weights.mask_layers,
        spatial=weights.spatial,
    )


def _weights(method: Method) -> Weights:
    return Weights(method.alpha, method.beta, method.mask_layers, method.spatial)


def _cards(encoded: _Encoded, ranking: Ranking) -> Iterator[Card]:
    if not len(ranking):
        return
    average = float(np.median(ranking.scores))
    span = max(ranking[0].score - average, SMALLEST_SPAN)
    for candidate in ranking:
        yield Card(
            candidate.index,
            candidate.rank,
            candidate.score,
            float(np.clip((candidate.score - average) / span, 0.0, 1.0)),
            encoded.scene.proposals.bitmaps[candidate.index],
            encoded.thumbnail(candidate.index),
            candidate.terms,
        )

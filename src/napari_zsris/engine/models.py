"""The models, and the photos that they encoded; in the engine's process."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import json
import sys
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.annotations import Run
from napari_zsris.engine.choices import Choice, clip_choices
from napari_zsris.engine.encodings import EncodedPhoto, Encodings
from napari_zsris.engine.messages import Encode, Prepare, Rank, RankTask, Work
from napari_zsris.engine.outcome import Card, Found
from napari_zsris.engine.request import Settings, Weights
from napari_zsris.progress import Progress, Steps
from napari_zsris.rle import Rle, decode_rle

if TYPE_CHECKING:
    from napari_zsris.method import Method, Ranking, Segmenter
    from napari_zsris.prelabel import Outcome

__all__ = ["LOADING", "Make", "Models", "TakePhoto"]

RGB: TypeAlias = npt.NDArray[np.uint8]
Make: TypeAlias = Callable[[Settings, "Segmenter | None"], "Segmenter"]
TakePhoto: TypeAlias = Callable[[], Steps[tuple[RGB, tuple[Rle, ...] | None]]]

SMALLEST_SPAN = 1e-6

LOADING = ("starting", "loading the model", "loading the proposal source")
"""Stages that cannot be given up, and that are of use to whoever asks next."""

_IMPORTS, _MODEL, _SOURCE = LOADING

# The order of their dependence, so that there is a step between any two of them.
_MODULES = ("torch", "torchvision", "timm", "open_clip", "spacy", "napari_zsris.method")


class Models:
    """Loads models when they are first asked for, encodes photos once, ranks phrases.

    Parameters
    ----------
    make : callable, optional
        Makes the segmenter for some settings, of the loaded one where only the proposals differ;
        the one that the settings name by default.
    """

    def __init__(self, make: Make | None = None) -> None:
        self._make = make or _made
        self._segmenter: Segmenter | None = None
        self._loaded: tuple[str, str] | None = None
        self._source = ""
        self._photos = Encodings()
        self._unfinished: tuple[Hashable, Steps[Any]] | None = None

    def do(self, work: Work, take_photo: TakePhoto) -> Steps[object]:
        """Do what is asked, but for what earlier questions have done already.

        Parameters
        ----------
        work : Prepare, Encode, Rank or RankTask
            What to do.
        take_photo : callable
            Waits for the photo, where it is not known.

        Yields
        ------
        Progress
            Between two of these the work may be given up; what was encoded of a photo until then
            is kept, and gone on with where the same photo is asked for next.

        Returns
        -------
        object
            A list of Choice, nothing, a Found or a prelabel Outcome.

        Raises
        ------
        ZsrisError
            A model is not available, or the phrase or the photo is of no use.
        """
        match work:
            case Prepare():
                return (yield from self.prepare())
            case Encode():
                yield from self._encoded(work, take_photo)
                return None
            case Rank():
                return (yield from self._ranked(work, take_photo))
            case RankTask():
                return (yield from self._ranked_task(work))

    def prepare(self) -> Steps[list[Choice]]:
        """Import what is heavy before it is needed, and look which models there are.

        Yields
        ------
        Progress
            Before each of the libraries.

        Returns
        -------
        list of Choice
            CLIP models by name.
        """
        yield from _imports()
        return clip_choices()

    def forget_photos(self) -> None:
        """Let all photos go, so that their memory is free."""
        self._photos.clear()
        self._drop_unfinished()

    def _ranked(self, work: Rank, take_photo: TakePhoto) -> Steps[Found]:
        encoded = yield from self._encoded(work, take_photo)
        segmenter = yield from self._segmenter_for(work.settings)
        method = _weighted(segmenter.method, work.settings.weights)
        yield Progress("ranking", 0, 0)
        from napari_zsris.method.doubt import doubt_about_phrase

        ranking = encoded.scene.rank(work.phrase, method, work.settings.candidates)
        return Found(
            encoded.scene.proposals.size,
            tuple(_cards(encoded, ranking)),
            encoded.scene.proposals.source,
            ranking.expression.head,
            _weights(method),
            _weights(segmenter.method),
            _run(encoded, method),
            doubt=encoded.doubt or doubt_about_phrase(ranking, segmenter.clip.name),
        )

    def _ranked_task(self, work: RankTask) -> Steps[Outcome]:
        from napari_zsris.prelabel import Ranker

        segmenter = yield from self._segmenter_for(work.settings)
        ranker = Ranker(segmenter, work.settings.candidates)
        key = (work.task.photo_id, work.task.path, work.task.phrases, work.settings)
        if self._unfinished is None or self._unfinished[0] != key:
            self._begin(key, ranker.steps(work.task))
        outcome: Outcome = yield from self._go_on()
        return outcome

    def _encoded(self, work: Encode | Rank, take_photo: TakePhoto) -> Steps[EncodedPhoto]:
        used = work.settings
        segmenter = yield from self._segmenter_for(used)
        method = _weighted(segmenter.method, used.weights)
        key = (work.photo, used.clip, used.proposals, used.device, method.visual)
        encoded = self._photos.get(key)
        if encoded is None:
            if self._unfinished is None or self._unfinished[0] != key:
                pixels, masks = yield from take_photo()
                self._begin(key, _encoding(_with_method(segmenter, method), pixels, masks))
            encoded = yield from self._go_on()
            self._photos.keep(key, encoded)
        return encoded

    def _begin(self, key: Hashable, steps: Steps[Any]) -> None:
        self._drop_unfinished()
        self._unfinished = key, steps

    def _go_on(self) -> Steps[Any]:
        """Go on with what is unfinished; when given up here, it can be gone on with again."""
        if self._unfinished is None:
            raise AssertionError("this is called only after something was begun")
        unfinished, self._unfinished = self._unfinished, None
        # No `yield from`, which would close what is unfinished as well.
        while True:
            try:
                progress = next(unfinished[1])
            except StopIteration as stop:
                return stop.value
            try:
                yield progress
            except GeneratorExit:
                self._unfinished = unfinished
                raise

    def _drop_unfinished(self) -> None:
        if self._unfinished is not None:
            self._unfinished[1].close()
            self._unfinished = None

    def _segmenter_for(self, settings: Settings) -> Steps[Segmenter]:
        wanted = (settings.clip, settings.device)
        if self._segmenter is None or self._loaded != wanted:
            yield from _imports()
            yield Progress(_MODEL, 0, 0)
            # A scene keeps its model alive, so those of the model to be replaced must go first.
            self.forget_photos()
            self._segmenter = self._loaded = None
            self._segmenter = self._make(settings, None)
            self._loaded, self._source = wanted, settings.proposals
        if self._source != settings.proposals:
            yield Progress(_SOURCE, 0, 0)
            self._segmenter = self._make(settings, self._segmenter)
            self._source = settings.proposals
        return self._segmenter


def _imports() -> Steps[None]:
    for module in _MODULES:
        if module not in sys.modules:
            yield Progress(_IMPORTS, 0, 0)
            importlib.import_module(module)


def _made(settings: Settings, loaded: Segmenter | None) -> Segmenter:
    from napari_zsris.method import Segmenter
    from napari_zsris.proposals import create_proposals

    if loaded is None:
        return Segmenter(settings.clip, settings.proposals, settings.device)
    changed = copy.copy(loaded)
    changed.proposals = create_proposals(settings.proposals, device=str(loaded.clip.device))
    return changed


def _with_method(segmenter: Segmenter, method: Method) -> Segmenter:
    """Give a segmenter of the same models, whose method nobody changes while it encodes."""
    changed = copy.copy(segmenter)
    changed.method = method
    return changed


def _encoding(
    segmenter: Segmenter, pixels: RGB, masks: tuple[Rle, ...] | None
) -> Steps[EncodedPhoto]:
    from napari_zsris.proposals import Bitmap, Proposals

    given = None
    if masks is not None:
        bitmaps = (Bitmap.from_mask(decode_rle(rle)) for rle in masks)
        given = Proposals.from_bitmaps(bitmaps, _size_of(masks, pixels))
    scene = yield from segmenter.encoding(pixels, given)
    return EncodedPhoto(scene, pixels)


def _size_of(masks: tuple[Rle, ...], pixels: RGB) -> tuple[int, int]:
    height, width = masks[0]["size"] if masks else pixels.shape[:2]
    return height, width


def _weighted(recommended: Method, weights: Weights | None) -> Method:
    if weights is None:
        return recommended
    return recommended.replace(
        alpha=weights.alpha,
        beta=weights.beta,
        mask_layers=weights.mask_layers,
        spatial=weights.spatial,
    )


def _run(encoded: EncodedPhoto, method: Method) -> Run:
    settings = json.dumps(dataclasses.asdict(method), sort_keys=True)
    scene = encoded.scene
    return Run(scene.proposals.source, scene.reader.clip.name, settings)


def _weights(method: Method) -> Weights:
    return Weights(method.alpha, method.beta, method.mask_layers, method.spatial)


def _cards(encoded: EncodedPhoto, ranking: Ranking) -> Iterator[Card]:
    if not len(ranking):
        return
    average = float(np.median(ranking.scores))
    span = max(ranking[0].score - average, SMALLEST_SPAN)
    for candidate in ranking:
        picture, colour = encoded.look(candidate.index)
        yield Card(
            candidate.index,
            candidate.rank,
            candidate.score,
            float(np.clip((candidate.score - average) / span, 0.0, 1.0)),
            encoded.scene.proposals.bitmaps[candidate.index],
            picture,
            dict(candidate.terms),
            colour,
            encoded.rle(candidate.index),
        )

"""A photo encoded once, to be asked many times."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from numbers import Integral
from os import PathLike
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.arrays import frozen
from napari_zsris.errors import MethodError, PhraseError, shortened
from napari_zsris.method.coherence import DenseMap
from napari_zsris.method.consensus import consensus_term, copy_term, coverage_term
from napari_zsris.method.fusion import mix, similarities, softmax
from napari_zsris.method.geometry import Geometry
from napari_zsris.method.method import Method
from napari_zsris.method.provenance import Provenance
from napari_zsris.method.ranking import (
    APPEARANCE,
    COHERENCE,
    CONSENSUS,
    CONTEXT,
    COPY,
    COVERAGE,
    OBJECTNESS,
    OTHERS,
    Ranking,
)
from napari_zsris.method.scene_file import SceneFileError, SceneParts, read_scene, write_scene
from napari_zsris.method.spatial import spatial_terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_zsris.clip import Clip
    from napari_zsris.method.reader import Reader, Reading
    from napari_zsris.proposals import Proposals

__all__ = ["Scene"]

FloatArray: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything of a photo that does not depend on a phrase.

    Threads may rank phrases in it at once, so its features are read-only copies.

    Parameters
    ----------
    proposals : Proposals
        The N masks.
    global_features, local_features : (N, D) float32 array
        The paper's f^G (masked inside the tower) and f^L (masked and cropped).
    method : Method
        The settings the features were made with, and the default for :meth:`rank`.
    reader : Reader
        Parses and encodes phrases.
    context_features : (N, D) float32 array, optional
        What the method's third view shows of each mask; None where it has none, or there are no
        masks.
    dense_features : (h, w, D) float32 array, optional
        What the tower sees in every cell of the photo; None where the method asks for no map.
    provenance : Provenance, optional
        The package and the source of the masks; this package and masks of one's own by default.
    """

    proposals: Proposals
    global_features: FloatArray
    local_features: FloatArray
    method: Method
    reader: Reader
    context_features: FloatArray | None = None
    dense_features: FloatArray | None = None
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        for name in ("global_features", "local_features", "context_features", "dense_features"):
            features = getattr(self, name)
            if features is not None:
                object.__setattr__(self, name, frozen(features, np.float32))

    def rank(self, phrase: str, method: Method | None = None, top: int | None = None) -> Ranking:
        """Rank the proposals by how well they fit a phrase.

        Parameters
        ----------
        phrase : str
            A referring expression.
        method : Method, optional
            Other weights or terms than the scene's own; its visual settings must be the scene's.
        top : int, optional
            How many candidates to keep; all by default.

        Returns
        -------
        Ranking
            The candidates, best first.

        Raises
        ------
        PhraseError
            The phrase is no text, or has no words.
        MethodError
            The method needs other visual features than the scene's or is none, or `top` is no
            number or negative.
        """
        _check_question(phrase, method, top)
        chosen = self.method if method is None else method
        if chosen.visual != self.method.visual:
            raise MethodError(
                f"this scene was encoded with {self.method.visual_differences(chosen)}, which "
                f"gives other visual features than {chosen.visual_differences(self.method)}; "
                "encode the photo again with that method"
            )
        reading = self.reader.read(phrase)
        text_features = reading.fused(chosen.beta, appearance=chosen.spatial)
        visual = mix(self.global_features, self.local_features, chosen.alpha)
        terms = self._looks(reading, chosen, visual, text_features)
        if chosen.spatial:
            terms |= self._spatial_terms(reading, visual, _total(terms))
        if chosen.consensus:
            terms |= self._consensus_terms(terms, chosen.coverage)
        return Ranking.by_terms(
            reading.expression, chosen, text_features, terms, self.proposals, top
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Keep the scene in a safetensors file, which appears whole or not at all.

        Parameters
        ----------
        path : str or path-like
            The file to make or replace, by custom ``*.safetensors``.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        write_scene(Path(path), self)

    @classmethod
    def load(cls, path: str | PathLike[str], reader: Reader) -> Scene:
        """Take a scene up again, without its photo.

        Parameters
        ----------
        path : str or path-like
            A file that :meth:`save` wrote.
        reader : Reader
            Parses and encodes phrases for it: ``segmenter.reader`` of a segmenter with the same
            CLIP model.

        Returns
        -------
        Scene
            The scene as it was saved.

        Raises
        ------
        SceneFileError
            The file holds no scene, a damaged one, or one of other CLIP weights.
        """
        parts = read_scene(Path(path))
        _check_model(Path(path), parts, reader.clip)
        return cls(
            parts.proposals,
            parts.global_features,
            parts.local_features,
            parts.method,
            reader,
            parts.context_features,
            parts.dense_features,
            parts.provenance,
        )

    def _compare(self, visual: FloatArray, text_features: FloatArray) -> FloatArray:
        clip = self.reader.clip
        cosine = clip.image.kind != "resnet"
        return similarities(visual, text_features, clip.logit_scale, cosine=cosine)

    def _looks(
        self, reading: Reading, method: Method, visual: FloatArray, text_features: FloatArray
    ) -> dict[str, FloatArray]:
        """Say how much each mask looks as the phrase says, its place aside."""
        terms = {APPEARANCE: self._compare(visual, text_features)}
        if self.context_features is not None:
            seen = self._compare(self.context_features, reading.whole(appearance=method.spatial))
            terms[APPEARANCE] = np.float32(1 - method.gamma) * terms[APPEARANCE]
            terms[CONTEXT] = np.float32(method.gamma) * seen
        if self._map is not None:
            gathered = self._map.coherence(reading.expression, text_features)
            terms[COHERENCE] = np.float32(method.coherence) * gathered
        expected = self.proposals.expected_iou
        if method.objectness and expected is not None and len(expected):
            terms[OBJECTNESS] = np.float32(method.objectness) * (expected - expected.max())
        if method.negative and reading.others:
            others = [self._compare(visual, features) for features in reading.others]
            terms[OTHERS] = np.float32(-method.negative) * np.mean(others, axis=0)
        return terms

    def _spatial_terms(
        self, reading: Reading, visual: FloatArray, looks: FloatArray
    ) -> dict[str, FloatArray]:
        landmarks = {
            name: softmax(self._compare(visual, features))
            for name, features in reading.landmarks.items()
        }
        return spatial_terms(reading.expression, self._geometry, softmax(looks), landmarks)

    def _consensus_terms(
        self, terms: Mapping[str, FloatArray], sharpness: float
    ) -> dict[str, FloatArray]:
        scores, alike = _total(terms), self._geometry.alike
        agreed = consensus_term(scores, alike)
        name, diverse = (
            (COVERAGE, coverage_term(scores + agreed, alike, sharpness))
            if sharpness
            else (COPY, copy_term(scores + agreed, alike))
        )
        return {CONSENSUS: agreed} | ({name: diverse} if diverse.any() else {})

    @cached_property
    def _geometry(self) -> Geometry:
        return Geometry.of(self.proposals)

    @cached_property
    def _map(self) -> DenseMap | None:
        dense = self.dense_features
        return None if dense is None else DenseMap.of(dense, self.proposals)


def _check_model(path: Path, parts: SceneParts, clip: Clip) -> None:
    width = parts.global_features.shape[1]
    if parts.weights != clip.digest:
        other = parts.clip if parts.clip != clip.name else f"other weights of {parts.clip}"
        raise SceneFileError(
            f"{path} was encoded with {other}, and {clip.name} cannot read it: load that model, "
            "or encode the photo again"
        )
    if width != clip.width:
        raise SceneFileError(
            f"{path} holds features of {width} numbers, but those of {clip.name} have "
            f"{clip.width}: encode the photo again"
        )


def _check_question(phrase: object, method: object, top: object) -> None:
    if not isinstance(phrase, str):
        raise PhraseError(f"the phrase is {shortened(phrase)}; give a text, such as 'the red ball'")
    if not isinstance(method, (Method, NoneType)):
        raise MethodError(
            f"{shortened(method)} is no method; give a Method, such as Method.paper()"
        )
    if top is None:
        return
    if not isinstance(top, Integral):
        raise MethodError(f"top is {shortened(top)}; give a whole number of candidates, or None")
    if top < 0:
        raise MethodError(f"top is {top}, but cannot be negative; give 1 or more, or None")


def _total(terms: Mapping[str, FloatArray]) -> FloatArray:
    total: FloatArray = np.sum(list(terms.values()), axis=0, dtype=np.float32)
    return total

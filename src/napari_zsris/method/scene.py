"""A photo encoded once, to be asked many times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import MethodError
from napari_zsris.method.fusion import mix, similarities
from napari_zsris.method.ranking import Ranking

if TYPE_CHECKING:
    from napari_zsris.method.method import Method
    from napari_zsris.method.reader import Reader
    from napari_zsris.proposals import Proposals

__all__ = ["Scene"]

FloatArray: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything of a photo that does not depend on a phrase.

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
    """

    proposals: Proposals
    global_features: FloatArray
    local_features: FloatArray
    method: Method
    reader: Reader

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
            The phrase has no words.
        MethodError
            The method needs other visual features than the scene's, or `top` is negative.
        """
        chosen = self.method if method is None else method
        if chosen.visual != self.method.visual:
            raise MethodError(
                f"this scene was encoded with {self.method}, which gives other visual features "
                f"than {chosen}; encode the photo again with that method"
            )
        if top is not None and top < 0:
            raise MethodError(f"top is {top}, but cannot be negative; give 1 or more, or None")
        reading = self.reader.read(phrase)
        text_features = reading.fused(chosen.beta)
        scores = self._score(text_features, chosen)
        order = np.argsort(-scores, kind="stable")[:top]
        return Ranking(reading.expression, chosen, text_features, scores, order, self.proposals)

    def _score(self, text_features: FloatArray, method: Method) -> FloatArray:
        visual = mix(self.global_features, self.local_features, method.alpha)
        clip = self.reader.clip
        cosine = clip.image.kind != "resnet"
        return similarities(visual, text_features, clip.logit_scale, cosine=cosine)

"""From a phrase to the paper's t: parsed once, encoded once, remembered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.method.fusion import mix, unit

if TYPE_CHECKING:
    from napari_zsris.clip import Clip
    from napari_zsris.method.expression import Expression
    from napari_zsris.method.language import Language

__all__ = ["Reader", "Reading"]

FloatArray: TypeAlias = npt.NDArray[np.float32]

REMEMBERED_PHRASES = 64


@dataclass(frozen=True, eq=False)
class Reading:
    """A phrase, parsed and encoded.

    Parameters
    ----------
    expression : Expression
        What the parser found.
    sentence, noun_phrase : (D,) float32 array
        The paper's t^G and t^L.
    others : (M, D) float32 array
        Features of the expression's other noun phrases, in their order.
    """

    expression: Expression
    sentence: FloatArray
    noun_phrase: FloatArray
    others: FloatArray

    def fused(self, beta: float) -> FloatArray:
        """Give t = beta t^G + (1 - beta) t^L.

        Parameters
        ----------
        beta : float
            Weight of the whole sentence.

        Returns
        -------
        (D,) float32 array
            The paper's t, not normalised.
        """
        return mix(self.sentence, self.noun_phrase, beta)


class Reader:
    """The textual half of the method; it does not know of any photo.

    Parameters
    ----------
    clip : Clip
        The model whose text tower encodes.
    language : Language
        The parser.
    """

    def __init__(self, clip: Clip, language: Language) -> None:
        self.clip = clip
        self.language = language
        self._remembered = lru_cache(REMEMBERED_PHRASES)(self._encode)

    def read(self, phrase: str) -> Reading:
        """Parse and encode a phrase, or remember it from last time.

        Sentence and noun phrases go through the text tower in one batch.

        Parameters
        ----------
        phrase : str
            A referring expression, as typed.

        Returns
        -------
        Reading
            Its parse and features.

        Raises
        ------
        PhraseError
            The phrase has no words.
        """
        return self._remembered(phrase)

    def _encode(self, phrase: str) -> Reading:
        expression = self.language.parse(phrase)
        texts = [expression.sentence, expression.noun_phrase, *expression.other_noun_phrases]
        features = self.clip.text.encode(texts).float().cpu().numpy()
        if self.clip.image.kind != "vit":
            # The published ResNet path mixes contexts of length one; its ViT path does not.
            features = unit(features)
        return Reading(expression, features[0], features[1], features[2:])

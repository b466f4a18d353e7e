"""From a phrase to the paper's t: parsed once, encoded once, remembered."""

from __future__ import annotations

from collections.abc import Mapping
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
    features : mapping of str to (D,) float32 array
        Features of the expression's texts, by text.
    """

    expression: Expression
    features: Mapping[str, FloatArray]

    def fused(self, beta: float, *, appearance: bool = False) -> FloatArray:
        """Give t = beta t^G + (1 - beta) t^L.

        Parameters
        ----------
        beta : float
            Weight of the whole sentence, t^G.
        appearance : bool
            Whether t^G leaves out what the sentence says of place, where that leaves anything.

        Returns
        -------
        (D,) float32 array
            The paper's t, not normalised.
        """
        noun_phrase = self.features[self.expression.noun_phrase]
        return mix(self.whole(appearance=appearance), noun_phrase, beta)

    def whole(self, *, appearance: bool = False) -> FloatArray:
        """Give t^G, the features of the sentence.

        Parameters
        ----------
        appearance : bool
            Whether it leaves out what the sentence says of place, where that leaves anything.

        Returns
        -------
        (D,) float32 array
            Features, not normalised.
        """
        expression = self.expression
        return self.features[(appearance and expression.appearance) or expression.sentence]

    @property
    def others(self) -> list[FloatArray]:
        """Features of the nouns that the object is told by but is not, (D,) float32 each."""
        excluded = self.expression.excluded
        return [features for name, features in self.landmarks.items() if name not in excluded]

    @property
    def landmarks(self) -> dict[str, FloatArray]:
        """Features of what the object's place is told from, (D,) float32 each."""
        return {name: self.features[name] for name in self.expression.landmarks}


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

        Sentence, noun phrase and landmarks go through the text tower in one batch.

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
        placed = (expression.appearance or expression.sentence, *expression.landmarks)
        texts = list(dict.fromkeys((expression.sentence, expression.noun_phrase, *placed)))
        encoded = self.clip.in_batches(self.clip.text.encode, texts, "phrases")
        features = encoded.float().cpu().numpy()
        if self.clip.image.kind != "vit":
            # The published ResNet path mixes contexts of length one; its ViT path does not.
            features = unit(features)
        return Reading(expression, dict(zip(texts, features, strict=True)))

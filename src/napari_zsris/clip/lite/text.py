"""The text tower: phrases as points in the image tower's feature space."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from napari_zsris.clip.lite.network import TextNetwork
from napari_zsris.clip.lite.tokenizer import CONTEXT, Tokenizer, split_words
from napari_zsris.clip.towers import TextTower
from napari_zsris.errors import warn

__all__ = ["LiteTextTower", "place"]


class LiteTextTower(TextTower):
    """A transformer that maps a phrase to a mixture of class prototypes and colours.

    Parameters
    ----------
    network : TextNetwork
        The transformer, in evaluation mode on its device.
    tokenizer : Tokenizer
        With the vocabulary that the network was trained on.
    prototypes : (1000, 1280) float tensor
        Directions of the classes in the image tower's space.
    """

    def __init__(self, network: TextNetwork, tokenizer: Tokenizer, prototypes: Tensor) -> None:
        self.network = network
        self.tokenizer = tokenizer
        # Beside the weights, so that it goes where they go.
        network.register_buffer("prototypes", prototypes, persistent=False)

    @property
    def prototypes(self) -> Tensor:
        """Directions of the classes, where the weights are."""
        return self.network.get_buffer("prototypes")

    @torch.inference_mode()
    def encode(self, texts: list[str]) -> Tensor:
        """Encode phrases in one batch.

        Parameters
        ----------
        texts : list of str
            n phrases. Those without a word, and those in words it never met, come out near the
            average of all objects.

        Returns
        -------
        (n, 1291) float32 tensor
            1,280 features of length one, then the 11 colours that are asked for.

        Warns
        -----
        ZsrisWarning
            A phrase has more than 40 words: the rest is left out.
        """
        for text in texts:
            _warn_if_cut(text)
        tokens = self.tokenizer(texts).to(self.prototypes.device)
        classes, colours = self.network(tokens)
        mixtures = torch.softmax(classes.float(), dim=1)
        return place(mixtures, colours.float(), self.prototypes.float())


def place(mixtures: Tensor, colours: Tensor, prototypes: Tensor) -> Tensor:
    """Find the point in feature space of mixtures of classes with colours.

    Parameters
    ----------
    mixtures : (n, 1000) float tensor
        Weights of the classes.
    colours : (n, 11) float tensor
        How much of each colour is asked for; what is below 0 counts as 0.
    prototypes : (1000, 1280) float tensor
        Directions of the classes.

    Returns
    -------
    (n, 1291) float tensor
        Features of length one, then colours.
    """
    return torch.cat([F.normalize(mixtures @ prototypes, dim=1), colours.clamp(min=0)], dim=1)


def _warn_if_cut(text: str) -> None:
    length = len(split_words(text))
    if length > CONTEXT:
        warn(
            f"the phrase '{text[:40]}...' has {length} words, but lite reads {CONTEXT}: the rest "
            "is ignored; use a shorter phrase"
        )

"""The text network: a small transformer from words to a mixture of ImageNet's classes."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from napari_zsris.clip.lite.tokenizer import BUCKETS, CONTEXT, Tokens

__all__ = ["TextNetwork"]

EMBEDDING = 128
WIDTH = 192
DEPTH = 3
HEADS = 4


class TextNetwork(nn.Module):
    """Reads a phrase and says which classes, and which colours, what it names looks like.

    Parameters
    ----------
    known_words : int
        Size of the vocabulary.
    classes, colours : int
        How many of each there are.
    """

    def __init__(self, known_words: int, classes: int, colours: int) -> None:
        super().__init__()
        self.classes = classes
        self.words = nn.Embedding(known_words + 1, EMBEDDING, padding_idx=0)
        self.groups = nn.EmbeddingBag(BUCKETS, EMBEDDING, mode="mean")
        self.enter = nn.Linear(EMBEDDING, WIDTH)
        self.summary = nn.Parameter(torch.zeros(WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(DEPTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.leave = nn.Linear(WIDTH, classes + colours)
        self.positions: Tensor
        self.register_buffer("positions", _waves(CONTEXT, WIDTH), persistent=False)

    def forward(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Read phrases.

        Parameters
        ----------
        tokens : Tokens
            n phrases.

        Returns
        -------
        classes : (n, classes) tensor
            Logits of the mixture.
        colours : (n, colours) tensor
            How much of each colour is asked for, about 0 to 1 each.
        """
        hidden = self.enter(self.embed(tokens))
        hidden = hidden + self.positions[: hidden.shape[1]]
        hidden = torch.cat([self.summary.expand(len(hidden), 1, -1), hidden], dim=1)
        visible = F.pad(tokens.present, (1, 0), value=True)[:, None, None]
        for block in self.blocks:
            hidden = block(hidden, visible)
        said = self.leave(self.norm(hidden[:, 0]))
        return said[:, : self.classes], said[:, self.classes :]

    def embed(self, tokens: Tokens) -> Tensor:
        """Look words up; those that are not known are the mean of their letter groups.

        Parameters
        ----------
        tokens : Tokens
            n phrases.

        Returns
        -------
        (n, length, EMBEDDING) tensor
            One vector per word.
        """
        vectors: Tensor = self.words(tokens.words)
        if not len(tokens.starts):
            return vectors
        unknown = tokens.present & (tokens.words == 0)
        spelled = self.groups(tokens.groups, tokens.starts).to(vectors)
        return vectors.masked_scatter(unknown[..., None], spelled)


class Block(nn.Module):
    """One layer of a transformer that looks both ways, normalised before each half."""

    def __init__(self) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(WIDTH)
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 3 * WIDTH), nn.GELU(), nn.Linear(3 * WIDTH, WIDTH)
        )

    def forward(self, hidden: Tensor, visible: Tensor) -> Tensor:
        """Mix the words of each phrase.

        Parameters
        ----------
        hidden : (n, s, WIDTH) tensor
            One vector per word.
        visible : (n, 1, 1, s) bool tensor
            Which of them there are.

        Returns
        -------
        (n, s, WIDTH) tensor
            One vector per word.
        """
        n, length, _ = hidden.shape
        joint = self.query_key_value(self.before_attention(hidden))
        query, key, value = joint.view(n, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=visible)
        hidden = hidden + self.attended(mixed.transpose(1, 2).reshape(n, length, WIDTH))
        result: Tensor = hidden + self.feed_forward(hidden)
        return result


def _waves(length: int, width: int) -> Tensor:
    """Give sine and cosine positions (Vaswani et al., 2017), small beside the words."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(100.0) / width))
    angles = torch.arange(length)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1) * 0.3

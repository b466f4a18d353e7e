"""Masking the last blocks of a vision transformer, and computing only the tokens that matter.

The published method runs the photo through the first L-k blocks once and multiplies the patch
tokens by the mask before each of the last k blocks; the class token is left alone. Tokens outside
the mask enter every such block as zero vectors and are thus all equal: r of them act on the others
like a single one whose attention logit is raised by log(r), since r exp(s) = exp(s + log r). Masks
of similar size are therefore run together over the tokens of the largest, and one zero token
stands for all the rest. Slots that a smaller mask leaves free hold zero tokens of their own, so
the number that the last token stands for is the same along the batch and nothing is approximated.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from napari_zsris.clip.towers import ImageTower
from napari_zsris.errors import MethodError

__all__ = ["TOKENS_AT_ONCE", "Tokens", "TransformerTower", "fold", "masked_mean", "pairwise"]

# On a CPU more tokens spill out of its caches and cost up to a sixth more time.
TOKENS_AT_ONCE = 1000
# Masks run together while the smallest fills this share of the largest one's slots: of 50 ellipses
# on a 7 x 7 grid, a third fewer tokens than without the limit, in 5 batches instead of 2.
FILLED = 0.7


@dataclass(frozen=True, eq=False)
class Tokens:
    """Tokens of a batch: prefix tokens, the class token first, then patch tokens.

    Parameters
    ----------
    values : (n, s, C) tensor
        The tokens.
    weights : (n, s, 1) tensor or None
        What each is multiplied by before a block: 1 for prefix tokens, else the mask; None for 1.
    bias : (s,) tensor or None
        What is added to the logits of each token as a key; None for 0.
    """

    values: Tensor
    weights: Tensor | None = None
    bias: Tensor | None = None

    @property
    def masked(self) -> Tensor:
        """The tokens times their weights, (n, s, C)."""
        return self.values if self.weights is None else self.values * self.weights


class TransformerTower(ImageTower):
    """A vision transformer that can be split before any of its blocks.

    Attributes
    ----------
    depth : int
        How many blocks there are, the paper's L.
    prefix : int
        How many tokens precede the patch tokens and are never masked.
    pooled : int or None
        How many leading tokens the pooling reads; None for all of them.
    foldable : bool
        Whether zero tokens are all equal as keys, which rotary positions prevent.
    """

    kind: Literal["vit"] = "vit"
    depth: int
    prefix: int
    pooled: int | None
    foldable: bool

    @torch.inference_mode()
    def encode(self, pixels: Tensor) -> Tensor:
        """Encode whole pictures, in batches of `batch_size`.

        Parameters
        ----------
        pixels : (B, 3, h, w) float tensor
            Normalised pictures of the tower's `size`, on any device.

        Returns
        -------
        (B, D) float32 tensor
            Features on the tower's device, not normalised.
        """
        batches = torch.split(pixels, self.batch_size)
        return torch.cat([self._run(Tokens(self._embed(batch)), 0) for batch in batches])

    @torch.inference_mode()
    def encode_masked(self, pixels: Tensor, masks: Tensor, layers: int) -> Tensor:
        """Encode one photo under many masks, the paper's f^G: one pass, but for the last blocks.

        A tower with a class token reads the photo through it. One without it pools the final
        patch tokens: their mean is weighted by the mask, and an attention pool sees them times
        the mask, as the published method does for ResNets.

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `size`.
        masks : (N, gh, gw) float tensor
            Masks on the tower's `grid`, in 0..1.
        layers : int
            How many of the last blocks see masked tokens, the paper's k.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask on the tower's device, not normalised.

        Raises
        ------
        MethodError
            The tower has fewer blocks than `layers`, or `layers` is negative.
        """
        if not 0 <= layers <= self.depth:
            raise MethodError(
                f"cannot mask the last {layers} blocks of a tower that has {self.depth}: "
                f"choose 0 to {self.depth}"
            )
        if not len(masks):
            return self.encode(pixels)[:0]
        start = self.depth - layers
        values = self._embed(pixels)
        for index in range(start):
            values = self._block(index, values, None, None)
        flat = masks.flatten(1).to(values)
        at_once = self.batch_size * values.shape[1]
        order, parts = fold(values, flat, self.prefix, at_once, foldable=self.foldable)
        features = torch.cat([self._run(part, start) for part in parts])
        return features[order.argsort()]

    @torch.inference_mode()
    def encode_region_tokens(self, pixels: Tensor, masks: Tensor) -> Tensor:
        """Encode one photo with a class token per mask, the paper's baseline "Region Token".

        In every block each of these tokens attends to itself and to the patches in its mask; the
        photo's own tokens do not see them. All of it is one pass under one attention bias.

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `size`.
        masks : (N, gh, gw) bool tensor
            Masks on the tower's `grid`.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask on the tower's device, not normalised.

        Raises
        ------
        MethodError
            The tower reads no class token, or its attention takes no bias.
        """
        if self.pooled != 1 or not self.foldable:
            return super().encode_region_tokens(pixels, masks)
        if not len(masks):
            return self.encode(pixels)[:0]
        values = self._embed(pixels)
        seen = masks.flatten(1).to(values.device) != 0
        bias = _attended(seen, self.prefix).to(values).log()
        values = torch.cat([values[:, :1].expand(-1, len(masks), -1), values], dim=1)
        for index in range(self.depth):
            needed = len(masks) if index == self.depth - 1 else None
            values = self._block(index, values, bias, needed)
        return self._pool(Tokens(values[0, :, None])).float()

    def _run(self, tokens: Tokens, start: int) -> Tensor:
        for index in range(start, self.depth):
            needed = self.pooled if index == self.depth - 1 else None
            values = self._block(index, tokens.masked, tokens.bias, needed)
            tokens = replace(tokens, values=values)
        return self._pool(tokens).float()

    @abstractmethod
    def _embed(self, pixels: Tensor) -> Tensor:
        """Turn (B, 3, h, w) pixels into the (B, s, C) tokens that enter the first block."""

    @abstractmethod
    def _block(self, index: int, values: Tensor, bias: Tensor | None, needed: int | None) -> Tensor:
        """Run a block over (B, s, C) tokens; only the first `needed` of its outputs matter."""

    @abstractmethod
    def _pool(self, tokens: Tokens) -> Tensor:
        """Pool and project what came out of the last block into (B, D) features."""


def fold(
    values: Tensor, masks: Tensor, prefix: int, at_once: int, *, foldable: bool = True
) -> tuple[Tensor, Iterator[Tokens]]:
    """Gather each mask's tokens, with one zero token for those that no mask of the batch needs.

    Parameters
    ----------
    values : (1, prefix + T, C) tensor
        The photo's tokens.
    masks : (N, T) tensor
        Masks on the token grid, in raster order.
    prefix : int
        How many tokens are never masked.
    at_once : int
        About how many tokens a batch may have.
    foldable : bool
        Whether tokens may be left out.

    Returns
    -------
    order : (N,) int64 tensor
        Which mask each row of the batches is about.
    batches : iterator of Tokens
        The masks in that order, those of similar size together.
    """
    inside = masks != 0
    counts = inside.sum(1) if foldable else torch.full_like(masks[:, 0], masks.shape[1]).long()
    order = counts.argsort(descending=True)
    return order, _batches(values, masks[order], prefix, at_once, counts[order].tolist())


def _batches(
    values: Tensor, masks: Tensor, prefix: int, at_once: int, counts: list[int]
) -> Iterator[Tokens]:
    start = 0
    while start < len(counts):
        length = counts[start]
        slots = prefix + length + 1
        limit = min(len(counts), start + max(1, at_once // slots))
        stop = bisect_right(counts, -FILLED * slots, start, limit, key=lambda n: -(prefix + n + 1))
        yield _gather(values, masks[start:stop], prefix, length)
        start = stop


def _gather(values: Tensor, masks: Tensor, prefix: int, length: int) -> Tokens:
    """Take each mask's own tokens and as many others, zero by the mask, as fill `length` slots."""
    rows, total = masks.shape
    first = (masks == 0).byte().argsort(dim=1, stable=True)[:, :length]
    # In raster order, since rotary positions are given to all tokens in that order.
    slots = first.sort(dim=1).values
    taken = values[0, prefix:][slots]
    weights = masks.gather(1, slots)[..., None]
    head = values[:, :prefix].expand(rows, -1, -1)
    rest = total - length
    zeros = min(rest, 1)
    tail = values.new_zeros(rows, zeros, values.shape[2])
    return Tokens(
        torch.cat([head, taken, tail], dim=1),
        torch.cat([weights.new_ones(rows, prefix, 1), weights, tail[..., :1]], dim=1),
        _bias(values, prefix + length, rest) if rest > 1 else None,
    )


def _bias(like: Tensor, ones: int, rest: int) -> Tensor:
    bias = like.new_zeros(ones + 1)
    bias[-1] = math.log(rest)
    return bias


def _attended(seen: Tensor, prefix: int) -> Tensor:
    """Say which tokens attend to which: (s, s) bool, one token per mask before the photo's own."""
    count, patches = seen.shape
    own = torch.eye(count, dtype=torch.bool, device=seen.device)
    before = seen.new_zeros(count, prefix)
    regions = torch.cat([own, before, seen], dim=1)
    photo = seen.new_ones(prefix + patches, regions.shape[1])
    photo[:, :count] = False
    return torch.cat([regions, photo])


def pairwise(bias: Tensor | None, queries: int) -> Tensor | None:
    """Lay a bias of keys out as the attention mask that torch wants.

    Parameters
    ----------
    bias : (s,) or (s, s) tensor or None
        What is added to the logits of each key, for every query alike or for each its own.
    queries : int
        How many tokens attend, the first ones.

    Returns
    -------
    (queries, s) tensor or None
        One row per query.
    """
    if bias is None:
        return None
    return bias[:queries] if bias.ndim == 2 else bias.expand(queries, -1)


def masked_mean(tokens: Tokens, prefix: int) -> Tensor:
    """Average patch tokens over the mask, sum(w x) / sum(w); an empty mask gives zeros.

    Parameters
    ----------
    tokens : Tokens
        The tokens, n of them with s tokens each.
    prefix : int
        How many leading tokens are no patches.

    Returns
    -------
    (n, C) tensor
        The means.
    """
    patches = tokens.values[:, prefix:]
    if tokens.weights is None:
        return patches.mean(dim=1)
    weights = tokens.weights[:, prefix:]
    area = weights.sum(dim=1).clamp(min=torch.finfo(weights.dtype).tiny)
    return (patches * weights).sum(dim=1) / area

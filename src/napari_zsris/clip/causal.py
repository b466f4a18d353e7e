"""Causal text transformers over phrases that share their beginnings, and products with few rows.

A token of a causal transformer depends on those before it alone. Phrases that begin alike thus have
equal tokens there, and a noun phrase is often the beginning of its sentence: as branches of one
tree, each computed once, "the cat" and "the cat on the mat" take 8 tokens instead of 4 + 8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from open_clip.transformer import ResidualAttentionBlock
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from open_clip.transformer import Transformer

__all__ = ["Branches", "CausalTransformer", "branch"]

Linear: TypeAlias = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Branches:
    """Phrases as a tree of tokens, where equal beginnings are one.

    Parameters
    ----------
    tokens : (s,) int64 tensor
        The vocabulary's number of each token.
    positions : (s,) int64 tensor
        How many tokens come before it in its phrases.
    seen : (s, s) bool tensor
        Which tokens, the columns, each one sees: itself and those before it.
    ends : (n,) int64 tensor
        The last token of each phrase.
    """

    tokens: Tensor
    positions: Tensor
    seen: Tensor
    ends: Tensor

    def to(self, device: torch.device) -> Branches:
        """Move all of it to a device.

        Parameters
        ----------
        device : torch.device
            Where to.

        Returns
        -------
        Branches
            The same there.
        """
        parts = (self.tokens, self.positions, self.seen, self.ends)
        return Branches(*(part.to(device) for part in parts))


def branch(phrases: list[list[int]]) -> Branches:
    """Merge phrases where they begin alike.

    Parameters
    ----------
    phrases : list of list of int
        The tokens of n phrases, start and end included.

    Returns
    -------
    Branches
        Their tree; tokens follow those they see.
    """
    nodes: dict[tuple[int, int], int] = {}
    positions: list[int] = []
    parents: list[int] = []
    ends = []
    for phrase in phrases:
        node = -1
        for position, token in enumerate(phrase):
            parent, node = node, nodes.setdefault((node, token), len(nodes))
            if node == len(parents):
                parents.append(parent)
                positions.append(position)
        ends.append(node)
    seen = np.eye(len(nodes), dtype=bool)
    for node, parent in enumerate(parents):
        if parent >= 0:
            seen[node] |= seen[parent]
    tokens = torch.tensor([token for _, token in nodes])
    return Branches(tokens, torch.tensor(positions), torch.from_numpy(seen), torch.tensor(ends))


class CausalTransformer:
    """The blocks of a text transformer, over one sequence whose last block computes what is read.

    Parameters
    ----------
    transformer : open_clip.transformer.Transformer
        The blocks, in evaluation mode. Blocks of other kinds than CLIP's own run as they are.
    """

    def __init__(self, transformer: Transformer) -> None:
        self._whole = transformer
        blocks = list(transformer.resblocks)
        plain = all(type(block) is ResidualAttentionBlock for block in blocks)
        self._blocks = [_Block(block) for block in blocks] if plain else []

    def __call__(self, hidden: Tensor, seen: Tensor, read: Tensor) -> Tensor:
        """Run all blocks.

        Parameters
        ----------
        hidden : (s, C) tensor
            What enters the first block.
        seen : (s, s) bool tensor
            Which tokens, the columns, each one sees.
        read : (n,) int64 tensor
            The tokens that are read out.

        Returns
        -------
        (n, C) tensor
            What comes out of the last block for those tokens.
        """
        bias = torch.zeros_like(seen, dtype=hidden.dtype).masked_fill(~seen, -torch.inf)
        if not self._blocks:
            output: Tensor = self._whole(hidden[None], attn_mask=bias)[0, read]
            return output
        for block in self._blocks[:-1]:
            hidden = block(hidden, bias, slice(None))
        return self._blocks[-1](hidden, bias, read)


class _Block:
    """A block of CLIP's text transformer whose products are laid out for a few rows."""

    def __init__(self, block: ResidualAttentionBlock) -> None:
        self.block = block
        attention, mlp = block.attn, block.mlp
        width = attention.embed_dim
        weight, bias = attention.in_proj_weight, attention.in_proj_bias
        self.heads: int = attention.num_heads
        self.query = _linear(weight[:width], bias[:width])
        self.key_value = _linear(weight[width:], bias[width:])
        self.out = _linear(attention.out_proj.weight, attention.out_proj.bias)
        self.widen = _linear(mlp.c_fc.weight, mlp.c_fc.bias)
        self.narrow = _linear(mlp.c_proj.weight, mlp.c_proj.bias)

    def __call__(self, hidden: Tensor, bias: Tensor, read: Tensor | slice) -> Tensor:
        block = self.block
        normed = block.ln_1(hidden)
        keys, values = self.key_value(normed).chunk(2, dim=-1)
        queries = self.query(normed[read])
        attended = functional.scaled_dot_product_attention(
            self._split(queries), self._split(keys), self._split(values), attn_mask=bias[read]
        )
        rows = attended[0].transpose(0, 1).reshape(queries.shape)
        hidden = hidden[read] + block.ls_1(self.out(rows))
        inner = block.mlp.gelu(self.widen(block.ln_2(hidden)))
        output: Tensor = hidden + block.ls_2(self.narrow(inner))
        return output

    def _split(self, rows: Tensor) -> Tensor:
        """Turn (s, C) into (1, heads, s, C / heads)."""
        return rows.reshape(len(rows), self.heads, -1).transpose(0, 1)[None]


def _linear(weight: Tensor, bias: Tensor) -> Linear:
    """Make x W^T + b; on a CPU with W laid out once, since BLAS would do that on every call.

    With 8 to 24 rows, laying out takes as long as multiplying.
    """
    weight, bias = weight.detach(), bias.detach()
    single = weight.device.type == "cpu" and weight.dtype == torch.float32
    if not (single and torch.backends.mkldnn.is_available()):  # type: ignore[no-untyped-call]
        return lambda rows: functional.linear(rows, weight, bias)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())  # noqa: SLF001
    multiply = torch.ops.mkldnn._linear_pointwise  # noqa: SLF001
    return lambda rows: multiply(rows, packed, bias, "none", [], "")

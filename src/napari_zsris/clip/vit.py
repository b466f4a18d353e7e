"""open_clip's own vision transformers: OpenAI, LAION, DataComp, DFN, MetaCLIP, CLIPA, CoCa."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from open_clip.transformer import ResidualAttentionBlock
from torch import Tensor

from napari_zsris.clip.transformer import (
    TOKENS_AT_ONCE,
    Tokens,
    TransformerTower,
    masked_mean,
    pairwise,
)
from napari_zsris.errors import ModelUnavailableError

if TYPE_CHECKING:
    from open_clip.transformer import VisionTransformer

__all__ = ["VisionTransformerTower"]


class VisionTransformerTower(TransformerTower):
    """A `VisionTransformer` of open_clip, pooled by class token, by mean, or by attention.

    Parameters
    ----------
    visual : open_clip.transformer.VisionTransformer
        The tower, in evaluation mode.
    mean, std : tuple of float
        Per-channel statistics of the pixels it was trained on.

    Raises
    ------
    ModelUnavailableError
        It pools in a way that has no masked counterpart.
    """

    def __init__(
        self,
        visual: VisionTransformer,
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
    ) -> None:
        if visual.attn_pool is not None and visual.attn_pool_contrastive is not None:
            raise ModelUnavailableError(
                "image towers with two attention pools cannot be masked: choose another model"
            )
        self.visual = visual
        self.size = visual.image_size
        self.mean, self.std = mean, std
        self.grid = visual.grid_size
        self.depth = len(visual.transformer.resblocks)
        self.prefix = 1
        self.foldable = True
        reads_class_token = visual.attn_pool is None and visual.pool_type == "tok"
        self.pooled = 1 if reads_class_token else None
        self.cost = self.prefix + self.grid[0] * self.grid[1]
        self.budget = TOKENS_AT_ONCE

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        device: torch.device = self.visual.proj.device
        return device

    def _embed(self, pixels: Tensor) -> Tensor:
        visual = self.visual
        patches = visual.conv1(pixels.to(visual.conv1.weight)).flatten(2).transpose(1, 2)
        first = visual.class_embedding.to(patches).expand(len(patches), 1, -1)
        tokens = torch.cat([first, patches], dim=1) + visual.positional_embedding.to(patches)
        embedded: Tensor = visual.ln_pre(tokens)
        return embedded

    def _block(self, index: int, values: Tensor, bias: Tensor | None, needed: int | None) -> Tensor:
        block: Any = self.visual.transformer.resblocks[index]
        if needed is None or not isinstance(block, ResidualAttentionBlock):
            every: Tensor = block(values, attn_mask=pairwise(bias, values.shape[1]))
            return every[:, :needed]
        keys = block.ln_1(values)
        read = block.attention(keys[:, :needed], keys, keys, attn_mask=pairwise(bias, needed))
        first = values[:, :needed] + block.ls_1(read)
        output: Tensor = first + block.ls_2(block.mlp(block.ln_2(first)))
        return output

    def _pool(self, tokens: Tokens) -> Tensor:
        visual = self.visual
        if visual.attn_pool is not None:
            pooled = self._attention_pool(tokens)
        elif self.pooled == 1:
            pooled = visual.ln_post(tokens.values[:, 0])
        elif visual.final_ln_after_pool:
            pooled = visual.ln_post(masked_mean(tokens, self.prefix))
        else:
            pooled = masked_mean(replace(tokens, values=visual.ln_post(tokens.values)), self.prefix)
        projected: Tensor = pooled @ visual.proj
        return projected

    def _attention_pool(self, tokens: Tokens) -> Tensor:
        """Pool by the first learned query, or by the mean of all but the first."""
        pool = self.visual.attn_pool
        keys = pool.ln_k(tokens.masked)
        queries = pool.ln_q(pool.query).expand(len(keys), -1, -1)
        queries = queries[:, :1] if self.visual.pool_type == "tok" else queries[:, 1:]
        bias = pairwise(tokens.bias, queries.shape[1])
        read = pool.attn(queries.to(keys), keys, keys, need_weights=False, attn_mask=bias)[0]
        pooled: Tensor = self.visual.ln_post(read).mean(dim=1)
        return pooled

"""Vision transformers from timm: SigLIP, EVA-CLIP, Perception Encoder, MobileCLIP-B, ViTamin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer
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
    from open_clip.timm_model import TimmModel

__all__ = ["TimmTransformerTower"]


class TimmTransformerTower(TransformerTower):
    """A timm vision transformer inside an open_clip model.

    It is pooled by its class token, by the mean of the patch tokens, or by attention. Rotary
    positions make zero tokens differ as keys, so with them no token is left out.

    Parameters
    ----------
    visual : open_clip.timm_model.TimmModel
        The tower, in evaluation mode, around a `VisionTransformer` or an `Eva` of timm.
    mean, std : tuple of float
        Per-channel statistics of the pixels it was trained on.

    Raises
    ------
    ModelUnavailableError
        It pools in a way that has no masked counterpart.
    """

    def __init__(
        self,
        visual: TimmModel,
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
    ) -> None:
        trunk = visual.trunk
        if trunk.global_pool not in ("token", "avg", "map"):
            raise ModelUnavailableError(
                f"image towers that pool by '{trunk.global_pool}' cannot be masked: choose a "
                "model that pools by class token, mean or attention"
            )
        self.visual, self.trunk = visual, trunk
        self.size = visual.image_size
        self.mean, self.std = mean, std
        self.grid = trunk.patch_embed.grid_size
        self.depth = len(trunk.blocks)
        self.prefix = trunk.num_prefix_tokens
        self.pooled = 1 if trunk.global_pool == "token" else None
        self.foldable = getattr(trunk, "rope", None) is None
        self.cost = self.prefix + self.grid[0] * self.grid[1]
        self.budget = TOKENS_AT_ONCE

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self._like.device

    @staticmethod
    def supports(trunk: object) -> bool:
        """Tell whether a timm model is a transformer of a kind that this class splits.

        Parameters
        ----------
        trunk : object
            A timm model.

        Returns
        -------
        bool
            Whether it is.
        """
        return isinstance(trunk, VisionTransformer | Eva)

    @property
    def _like(self) -> Tensor:
        first: Tensor = next(self.trunk.parameters())
        return first

    def _embed(self, pixels: Tensor) -> Tensor:
        trunk = self.trunk
        # timm offers no public way to the tokens before the first block.
        embedded = trunk._pos_embed(trunk.patch_embed(pixels.to(self._like)))  # noqa: SLF001
        tokens: Tensor = trunk.norm_pre(embedded[0] if isinstance(trunk, Eva) else embedded)
        return tokens

    def _block(self, index: int, values: Tensor, bias: Tensor | None, needed: int | None) -> Tensor:
        block = self.trunk.blocks[index]
        if self.foldable:
            output: Tensor = block(values, attn_mask=pairwise(bias, values.shape[1]))
        else:
            output = block(values, rope=self.trunk.rope.get_embed())
        return output[:, :needed]

    def _pool(self, tokens: Tokens) -> Tensor:
        trunk = self.trunk
        normed = replace(tokens, values=trunk.norm(tokens.values))
        if trunk.global_pool == "map":
            pooled = self._attention_pool(normed)
        elif trunk.global_pool == "avg":
            pooled = masked_mean(normed, self.prefix)
        else:
            pooled = normed.values[:, 0]
        features: Tensor = self.visual.head(trunk.head(trunk.fc_norm(pooled)))
        return features

    def _attention_pool(self, tokens: Tokens) -> Tensor:
        pool = self.trunk.attn_pool
        everything = isinstance(self.trunk, Eva) or self.trunk.pool_include_prefix
        read = slice(0 if everything else self.prefix, None)
        bias = None if tokens.bias is None else pairwise(tokens.bias[read], pool.latent_len)
        pooled: Tensor = pool(tokens.masked[:, read], attn_mask=bias)
        return pooled

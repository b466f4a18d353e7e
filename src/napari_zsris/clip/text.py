"""Text towers of open_clip, without the work that cannot change their answer."""

from __future__ import annotations

import warnings
from typing import Any, TypeAlias

import torch
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer
from torch import Tensor, nn

from napari_zsris.clip.towers import TextTower
from napari_zsris.errors import ZsrisWarning

__all__ = ["OpenClipText", "Tokenizer", "count_tokens"]

# Attention costs the square of what is strung together.
AT_ONCE = 8

Tokenizer: TypeAlias = SimpleTokenizer | HFTokenizer


class OpenClipText(TextTower):
    """The text half of an open_clip model.

    A causal transformer never looks ahead, so what follows the end-of-text token that is read out
    cannot change it: phrases end there, and are strung together in one sequence where each token
    sees those before it in its own phrase. Towers that look both ways, or read another position,
    see the whole context.

    Parameters
    ----------
    model : torch.nn.Module
        The open_clip model, in evaluation mode.
    tokenizer : callable
        The model's own tokenizer: list of str to (n, context) int64 tensor.
    """

    def __init__(self, model: nn.Module, tokenizer: Tokenizer) -> None:
        self.model: Any = model
        self.tokenizer = tokenizer
        self.parts: Any = getattr(model, "text", model)

    @torch.inference_mode()
    def encode(self, texts: list[str]) -> Tensor:
        """Encode phrases in one batch.

        Parameters
        ----------
        texts : list of str
            n phrases.

        Returns
        -------
        (n, D) float32 tensor
            Features on the tower's device, not normalised.

        Warns
        -----
        ZsrisWarning
            A phrase is longer than the tower's context: its end is cut off.
        """
        for text in texts:
            self._warn_if_cut(text)
        tokens = self.tokenizer(texts).to(self.model.logit_scale.device)
        end = self._end(tokens)
        if end is None:
            features: Tensor = self.model.encode_text(tokens, normalize=False)
            return features.float()
        strings = zip(torch.split(tokens, AT_ONCE), torch.split(end, AT_ONCE), strict=True)
        return torch.cat([self._strung(*string) for string in strings]).float()

    def _end(self, tokens: Tensor) -> Tensor | None:
        """Where each sequence is read out, if the tower is causal and reads it there."""
        parts = self.parts
        causal = getattr(parts, "attn_mask", None) is not None
        if not causal or getattr(parts, "cls_emb", None) is not None:
            return None
        kind = getattr(parts, "text_pool_type", None) or parts.pool_type
        if kind == "argmax":
            return tokens.argmax(dim=1)
        if kind == "eos":
            end_of_text: int = getattr(parts, "text_eos_id", None) or parts.eos_id
            return torch.eq(tokens, end_of_text).int().argmax(dim=1)
        return None

    def _strung(self, tokens: Tensor, end: Tensor) -> Tensor:
        parts = self.parts
        everywhere = torch.arange(tokens.shape[1], device=tokens.device)
        kept = everywhere <= end[:, None]
        phrase, position = kept.nonzero(as_tuple=True)
        dtype = parts.transformer.get_cast_dtype()
        embedded = parts.token_embedding(tokens[kept]).to(dtype)
        embedded = embedded + parts.positional_embedding[position].to(dtype)
        seen = (phrase[:, None] == phrase) & (position[:, None] >= position)
        mask = torch.zeros_like(seen, dtype=dtype).masked_fill(~seen, -torch.inf)
        hidden = parts.transformer(embedded[None], attn_mask=mask)[0]
        read = hidden[position == end[phrase]]
        return _project(parts.ln_final(read), parts.text_projection)

    def _warn_if_cut(self, text: str) -> None:
        length, context = count_tokens(self.tokenizer, text), self.tokenizer.context_length
        if length > context:
            warnings.warn(
                f"the phrase '{text[:40]}...' has {length} tokens, but this CLIP model reads "
                f"{context}: the rest is ignored; use a shorter phrase",
                ZsrisWarning,
                stacklevel=4,
            )


def count_tokens(tokenizer: Tokenizer, text: str) -> int:
    """Count a text's tokens before anything is cut off, its start and end included.

    Parameters
    ----------
    tokenizer : open_clip tokenizer
        One of open_clip's two kinds.
    text : str
        A phrase.

    Returns
    -------
    int
        The number of tokens.
    """
    if isinstance(tokenizer, SimpleTokenizer):
        return len(tokenizer.encode(text)) + 2
    tokens: list[int] = tokenizer.tokenizer(tokenizer.clean_fn(text), verbose=False).input_ids
    return len(tokens)


def _project(features: Tensor, projection: nn.Linear | Tensor | None) -> Tensor:
    if projection is None:
        return features
    if isinstance(projection, nn.Linear):
        projected: Tensor = projection(features)
        return projected
    return features @ projection.to(features)

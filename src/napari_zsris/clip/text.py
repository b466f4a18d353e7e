"""Text towers of open_clip, without the work that cannot change their answer."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeAlias

import torch
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer
from torch import Tensor, nn

from napari_zsris.clip.causal import CausalTransformer, branch
from napari_zsris.clip.towers import TextTower
from napari_zsris.errors import warn

__all__ = ["OpenClipText", "Tokenizer", "count_tokens"]

# Attention costs the square of the tokens that are run together.
AT_ONCE = 8

Tokenizer: TypeAlias = SimpleTokenizer | HFTokenizer


class OpenClipText(TextTower):
    """The text half of an open_clip model.

    A causal transformer never looks ahead, so what follows the end-of-text token that is read out
    cannot change it: phrases end there, and are run as one sequence in which those that begin alike
    share their first tokens. Towers that look both ways, or read another position, see the whole
    context.

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

    @cached_property
    def causal(self) -> CausalTransformer | None:
        """The transformer over a tree of phrases; None where phrases are not read so."""
        return CausalTransformer(self.parts.transformer) if self._reads_end() else None

    def moved(self) -> None:
        """Let go of what was laid out where the weights were."""
        self.__dict__.pop("causal", None)

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
        tokens = self.tokenizer(texts)
        if self.causal is None:
            features: Tensor = self.model.encode_text(tokens.to(self._device), normalize=False)
            return features.float()
        phrases = [
            row[: end + 1] for row, end in zip(tokens.tolist(), self._end(tokens), strict=True)
        ]
        batches = [phrases[start : start + AT_ONCE] for start in range(0, len(phrases), AT_ONCE)]
        return torch.cat([self._run(self.causal, batch) for batch in batches]).float()

    @property
    def _device(self) -> torch.device:
        device: torch.device = self.model.logit_scale.device
        return device

    @property
    def _pooling(self) -> str:
        kind: str = getattr(self.parts, "text_pool_type", None) or self.parts.pool_type
        return kind

    def _reads_end(self) -> bool:
        """Whether the tower is causal and read out at the end-of-text token."""
        causal = getattr(self.parts, "attn_mask", None) is not None
        own_class_token = getattr(self.parts, "cls_emb", None) is not None
        return causal and not own_class_token and self._pooling in ("argmax", "eos")

    def _end(self, tokens: Tensor) -> list[int]:
        """Where each sequence is read out."""
        if self._pooling == "argmax":
            return tokens.argmax(dim=1).tolist()
        end_of_text: int = getattr(self.parts, "text_eos_id", None) or self.parts.eos_id
        return torch.eq(tokens, end_of_text).int().argmax(dim=1).tolist()

    def _run(self, transformer: CausalTransformer, phrases: list[list[int]]) -> Tensor:
        parts = self.parts
        tree = branch(phrases).to(self._device)
        dtype = parts.transformer.get_cast_dtype()
        positions = parts.positional_embedding[tree.positions].to(dtype)
        hidden = parts.token_embedding(tree.tokens).to(dtype) + positions
        read = transformer(hidden, tree.seen, tree.ends)
        return _project(parts.ln_final(read), parts.text_projection)

    def _warn_if_cut(self, text: str) -> None:
        context = self.tokenizer.context_length
        if len(text.encode()) + 2 <= context:  # Every token stands for a byte or more.
            return
        length = count_tokens(self.tokenizer, text)
        if length > context:
            warn(
                f"the phrase '{text[:40]}...' has {length} tokens, but this CLIP model reads "
                f"{context}: the rest is ignored; use a shorter phrase"
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

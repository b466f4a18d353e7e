"""Phrases that share their beginnings must not notice that they do."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.clip.causal import CausalTransformer, branch

SEQUENCES = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=8), min_size=1, max_size=6)


@given(SEQUENCES)
def test_every_phrase_is_a_path_of_the_tree(phrases):
    tree = branch(phrases)
    for phrase, end in zip(phrases, tree.ends, strict=True):
        path = tree.seen[end].nonzero()[:, 0]
        assert tree.tokens[path].tolist() == phrase
        assert tree.positions[path].tolist() == list(range(len(phrase)))


@given(SEQUENCES)
def test_equal_beginnings_are_there_once(phrases):
    beginnings = {tuple(phrase[:stop]) for phrase in phrases for stop in range(1, len(phrase) + 1)}
    assert len(branch(phrases).tokens) == len(beginnings)


@pytest.mark.parametrize("name", ["tiny-vit", "tiny-eos", "tiny-custom-text"])
@torch.no_grad()
def test_blocks_compute_what_open_clips_do_where_it_is_read(make_model, name):
    transformer = make_model(name).transformer
    hidden = torch.randn(7, transformer.width, generator=torch.Generator().manual_seed(0))
    seen = torch.ones(7, 7, dtype=torch.bool).tril()
    seen[5, 2] = False
    bias = torch.zeros(7, 7).masked_fill(~seen, -torch.inf)
    read = torch.tensor([6, 2])
    expected = transformer(hidden[None], attn_mask=bias)[0, read]
    actual = CausalTransformer(transformer)(hidden, seen, read)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_half_precision_runs_without_laid_out_weights(make_model):
    transformer = make_model("tiny-vit").transformer.bfloat16()
    hidden = torch.randn(
        5, transformer.width, generator=torch.Generator().manual_seed(0)
    ).bfloat16()
    seen = torch.ones(5, 5, dtype=torch.bool).tril()
    features = CausalTransformer(transformer)(hidden, seen, torch.tensor([4]))
    bias = torch.zeros(5, 5).masked_fill(~seen, -torch.inf).bfloat16()
    expected = transformer(hidden[None], attn_mask=bias)[0, 4:]
    assert features.dtype == torch.bfloat16
    torch.testing.assert_close(features, expected, rtol=0.05, atol=0.05)

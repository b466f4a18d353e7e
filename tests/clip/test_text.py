"""Text towers must say what open_clip's own say, however much of the work they leave out."""

import warnings

import open_clip
import pytest
import torch

from napari_zsris.clip.text import OpenClipText, count_tokens
from napari_zsris.errors import ZsrisWarning

PHRASES = ["cat", "the black cat that is asleep", "", "zebra second from left"]
CAUSAL = ["tiny-vit", "tiny-eos", "tiny-custom-text"]
WHOLE = ["tiny-clipa", "tiny-coca", "tiny-siglip"]


@pytest.fixture
def tokenizer():
    return open_clip.SimpleTokenizer(context_length=16)


@pytest.mark.parametrize("name", CAUSAL + WHOLE)
@torch.no_grad()
def test_features_are_those_of_open_clip(make_model, tokenizer, name):
    model = make_model(name)
    expected = model.encode_text(tokenizer(PHRASES), normalize=False)
    actual = OpenClipText(model, tokenizer).encode(PHRASES)
    assert actual.dtype == torch.float32
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_many_phrases_are_encoded_in_several_strings(make_model, tokenizer):
    model = make_model("tiny-vit")
    phrases = [f"{count} cats" for count in range(20)]
    expected = model.encode_text(tokenizer(phrases), normalize=False)
    actual = OpenClipText(model, tokenizer).encode(phrases)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)


def test_a_phrase_does_not_depend_on_its_batch(make_model, tokenizer):
    text = OpenClipText(make_model("tiny-vit"), tokenizer)
    together = text.encode(PHRASES)
    alone = torch.cat([text.encode([phrase]) for phrase in PHRASES])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_too_long_a_phrase_is_cut_as_clip_does_and_told(make_model, tokenizer):
    model = make_model("tiny-vit")
    phrase = "cat " * 100
    with pytest.warns(ZsrisWarning, match=r"'cat cat .* has 102 tokens, but .* reads 16: .*short"):
        features = OpenClipText(model, tokenizer).encode([phrase])
    expected = model.encode_text(tokenizer([phrase]), normalize=False)
    torch.testing.assert_close(features, expected, rtol=1e-4, atol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        OpenClipText(model, tokenizer).encode(["cat " * 14])


def test_tokens_are_counted_with_start_and_end(tokenizer):
    assert count_tokens(tokenizer, "the cat") == 4
    assert count_tokens(tokenizer, "") == 2

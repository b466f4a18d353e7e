"""Features of the published code, from its own masks on the token grid."""

import json

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image
from torch.nn import functional

from napari_zsris.clip import load_clip

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
TOLERANCE = 2e-5

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["ViT-B-32", "RN50"])
def model(request, published_weights):
    weights = published_weights(request.param)
    return request.param, load_clip(f"{request.param}-quickgelu:{weights}", device="cpu")


@pytest.fixture(scope="module", params=["astronaut", "chelsea"])
def fixture(request, model, shared):
    name, clip = model
    with np.load(shared / "parity" / f"{name}_{request.param}.npz") as arrays:
        return name, clip, request.param, dict(arrays)


def published_view(photo, antialias):
    """The photo with its short side at 800, in ImageNet's statistics, squashed."""
    image = Image.fromarray(getattr(skimage.data, photo)())
    scale = 800 / min(image.size)
    size = tuple(int(side * scale) for side in image.size)
    pixels = torch.tensor(np.array(image.resize(size, Image.Resampling.BILINEAR)))
    normalised = (pixels.permute(2, 0, 1) / 255 - MEAN) / STD
    return functional.interpolate(
        normalised[None], (224, 224), mode="bilinear", antialias=antialias
    )


@pytest.mark.parametrize("antialias", [False, True])
def test_global_features_are_the_published_ones(fixture, antialias):
    _, clip, photo, arrays = fixture
    variant = f"aa{int(antialias)}"
    masks = torch.from_numpy(arrays[f"masks_7x7_{variant}"])
    features = clip.image.encode_masked(published_view(photo, antialias), masks, 3)
    assert np.abs(features.numpy() - arrays[f"global_{variant}"]).max() < TOLERANCE


@pytest.mark.parametrize(
    ("stored", "key"),
    [("text_sentence", "sentence_for_spacy"), ("text_noun_phrase", "noun_phrase")],
)
def test_text_features_are_the_published_ones(fixture, stored, key):
    name, clip, _, arrays = fixture
    phrases = json.loads(str(arrays["json"]))["phrases"]
    features = clip.text.encode([phrase[key] for phrase in phrases])
    if name == "RN50":
        features = functional.normalize(features, dim=-1)
    assert np.abs(features.numpy() - arrays[stored]).max() < TOLERANCE


def test_the_scale_of_the_logits_is_the_published_one(fixture):
    _, clip, _, arrays = fixture
    assert clip.logit_scale == pytest.approx(float(arrays["logit_scale_exp"]), rel=1e-6)

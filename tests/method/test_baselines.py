"""The paper's baselines, number for number, on fixtures that the published code made."""

import importlib.util
import json

import numpy as np
import pytest
import skimage.data
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from napari_zsris.errors import MethodError
from napari_zsris.method import Method, Segmenter
from napari_zsris.method.baselines import nearest_grids
from napari_zsris.method.geometry import shares
from napari_zsris.method.views import Statistics, Views
from napari_zsris.proposals import Proposals

TOLERANCE = 1e-4


def load(shared, folder, name):
    """Give the fixtures' model, the photo's proposals, and what the published code found."""
    spec = importlib.util.spec_from_file_location("weights", shared / "parity/clip_weights.py")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    checkpoint = folder / f"{name}.pt"
    torch.save(recipe.make_state_dict(name), checkpoint)
    segmenter = Segmenter(f"{name}-quickgelu:{checkpoint}", device="cpu")
    checkpoint.unlink()
    with np.load(shared / f"parity/{name}_chelsea.npz") as file:
        shape = file["masks_shape"]
        masks = np.unpackbits(file["masks"], count=int(np.prod(shape))).reshape(shape)
        proposals = Proposals.from_masks(masks.astype(bool), file["boxes"])
    with np.load(shared / f"parity/baseline_{name}_chelsea.npz") as file:
        return segmenter, proposals, dict(file)


@pytest.fixture(scope="module")
def resnet(shared, tmp_path_factory):
    return load(shared, tmp_path_factory.mktemp("weights"), "RN50")


@pytest.fixture(scope="module")
def transformer(shared, tmp_path_factory):
    segmenter, proposals, arrays = load(shared, tmp_path_factory.mktemp("weights"), "ViT-B-32")
    # The published code keeps this tower's positions in half precision.
    positions = segmenter.clip.image.visual.positional_embedding
    positions.data = positions.data.half().float()
    return segmenter, proposals, arrays


def scores(segmenter, proposals, name, sentences, *, antialias):
    segmenter.method = Method.baseline(name, antialias=antialias)
    scene = segmenter.encode(skimage.data.chelsea(), proposals)
    return scene, np.stack([scene.rank(sentence).scores for sentence in sentences])


@pytest.mark.slow
@pytest.mark.parametrize("antialias", [False, True])
def test_region_tokens_are_the_published_ones(transformer, antialias):
    segmenter, proposals, arrays = transformer
    sentences = json.loads(str(arrays["json"]))["sentences"]
    scene, found = scores(segmenter, proposals, "region-token", sentences, antialias=antialias)
    stored = f"region_token.upsample1.start0_aa{int(antialias)}"
    features = functional.normalize(torch.tensor(scene.global_features)).numpy()
    assert np.abs(features - arrays[f"{stored}.feature"][0]).max() < TOLERANCE
    assert np.abs(found - arrays[f"{stored}.score"][..., 0]).max() < TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("antialias", [False, True])
def test_grad_cam_is_the_published_one_turned_round(resnet, antialias):
    segmenter, proposals, arrays = resnet
    sentences = json.loads(str(arrays["json"]))["sentences"]
    _, found = scores(segmenter, proposals, "grad-cam", sentences, antialias=antialias)
    published = arrays[f"grad_cam_full_aa{int(antialias)}.mean_in_mask"]
    assert np.abs(found + published).max() < TOLERANCE * 0.1
    assert np.abs(found + published).max() < 0.01 * np.abs(published).max()
    assert np.array_equal(found.argmax(axis=1), published.argmin(axis=1))


@pytest.mark.slow
@pytest.mark.parametrize("antialias", [False, True])
def test_score_maps_are_the_published_ones(resnet, antialias, monkeypatch):
    segmenter, proposals, arrays = resnet
    tower = segmenter.clip.image
    for projection in ("v_proj", "c_proj"):
        # Drawn at random by the published code.
        bias = torch.from_numpy(arrays[f"conv_{projection}_bias"])
        monkeypatch.setattr(getattr(tower.visual.attnpool, projection).bias, "data", bias)
    sentences = json.loads(str(arrays["json"]))["sentences"]
    _, found = scores(segmenter, proposals, "score-map", sentences, antialias=antialias)
    low, high = extremes(segmenter, proposals.size, arrays["text"])
    scaled = (found / segmenter.clip.logit_scale - low) / (high - low)
    published = arrays[f"score_map_full_aa{int(antialias)}.mean_in_mask"]
    assert np.abs(scaled - published).max() < TOLERANCE
    assert np.array_equal(found.argmax(axis=1), published.argmax(axis=1))


def extremes(segmenter, size, text):
    """Give the smallest and the largest value of each text's map at the photo's size."""
    tower, method = segmenter.clip.image, segmenter.method
    views = Views(skimage.data.chelsea(), tower.size, Statistics(tower.mean, tower.std), method)
    places = torch.eye(tower.grid[0] * tower.grid[1]).unflatten(1, tower.grid)
    dense = tower.encode_score_map(views.whole(tower.frame), places)
    maps = (torch.from_numpy(text) @ dense.T).unflatten(1, tower.grid)[None]
    full = functional.interpolate(maps, size, mode="bilinear")[0].flatten(1)
    return full.amin(1, keepdim=True).numpy(), full.amax(1, keepdim=True).numpy()


def test_cropping_is_the_local_features_and_the_whole_sentence():
    method = Method.baseline("cropping")
    assert (method.alpha, method.beta, method.features) == (0.0, 1.0, "masked")
    assert Method.paper().replace(alpha=0.0, beta=1.0) == method


@pytest.mark.parametrize("name", ["grad-cam", "score-map", "region-token"])
def test_other_baselines_have_only_features_of_their_own(name):
    method = Method.baseline(name, antialias=True)
    assert (method.alpha, method.beta, method.features) == (1.0, 1.0, name)
    assert method.antialias
    assert not method.spatial
    assert method.visual != Method.paper(antialias=True).visual


def test_an_unknown_baseline_is_refused():
    with pytest.raises(MethodError, match="no baseline 'guess'; choose one of grad-cam, score-map"):
        Method.baseline("guess")
    with pytest.raises(MethodError, match="features is 'guess', but must be one among masked"):
        Method(features="guess")


masks = st.tuples(st.integers(3, 40), st.integers(3, 40), st.integers(0, 2**32 - 1))
grids = st.tuples(st.integers(1, 9), st.integers(1, 9))


def drawn(height, width, seed):
    random = np.random.default_rng(seed)
    return random.random((3, height, width)) < random.random((3, 1, 1))


@given(masks, grids)
def test_shares_average_a_resized_map_over_the_mask(shape, grid):
    some = drawn(*shape)
    some[0] = False
    values = torch.rand(1, 1, *grid, generator=torch.Generator().manual_seed(shape[2]))
    full = functional.interpolate(values, some.shape[1:], mode="bilinear")[0, 0].numpy()
    expected = [full[mask].mean() if mask.any() else 0 for mask in some]
    actual = (shares(Proposals.from_masks(some), grid) * values[0].numpy()).sum(axis=(1, 2))
    assert np.allclose(actual, expected, atol=1e-5)


@given(masks, grids)
def test_nearest_grids_are_what_torch_gives(shape, grid):
    some = drawn(*shape)
    expected = functional.interpolate(torch.from_numpy(some[:, None]).float(), grid)[:, 0]
    assert np.array_equal(nearest_grids(Proposals.from_masks(some), grid), expected.bool())

"""What towers offer for the paper's baselines, against the plain way to compute it."""

import pytest
import torch
from torch.nn import functional

from napari_zsris.clip.build import image_tower
from napari_zsris.errors import MethodError

HALF = (0.5, 0.5, 0.5)


def seeded(number):
    return torch.Generator().manual_seed(number)


def photo(tower):
    return torch.randn(1, 3, *tower.size, generator=seeded(3))


def drawn(grid, count=7):
    return torch.rand(count, *grid, generator=seeded(0))


def assert_close(actual, expected):
    assert actual.dtype == torch.float32
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4 * expected.abs().max().item())


def test_grad_cam_for_any_text_is_grad_cam_for_each(make_model, monkeypatch):
    tower = image_tower(make_model("tiny-resnet").visual, HALF, HALF)
    pool = tower.visual.attnpool.requires_grad_(requires_grad=False)
    for parameter in pool.parameters():
        # Around zero: the attention of random positive weights has no gradients to speak of.
        parameter.data = 0.05 * torch.randn(parameter.shape, generator=seeded(5))
    channels = pool.v_proj.in_features
    final = torch.randn(1, channels, *tower.grid, generator=seeded(6))
    monkeypatch.setattr(tower, "_map", lambda _: final.clone())
    tower.budget = 3 * tower.cost
    grids = drawn(tower.grid)
    grids = grids / grids.sum(dim=(1, 2), keepdim=True)
    actual = tower.encode_grad_cam(photo(tower), grids)
    for seed in range(3):
        text = functional.normalize(torch.randn(24, generator=seeded(seed)), dim=0)
        features = final.clone().requires_grad_()
        similarity = functional.normalize(pool(features), dim=1)[0] @ text
        (gradient,) = torch.autograd.grad(similarity, features)
        weights = gradient.mean(dim=(2, 3))[0]
        activation = torch.einsum("c,chw->hw", weights, functional.normalize(final, dim=1)[0])
        assert_close(actual @ text, (grids * activation).sum(dim=(1, 2)))


@torch.no_grad()
def test_a_score_map_is_a_cosine_per_place(make_model):
    tower = image_tower(make_model("tiny-resnet").visual, HALF, HALF)
    pixels, pool = photo(tower), tower.visual.attnpool
    features = tower._map(pixels)
    for projection in (pool.v_proj, pool.c_proj):
        features = functional.conv2d(features, projection.weight[:, :, None, None], projection.bias)
    expected = functional.normalize(features, dim=1)[0].flatten(1).T
    cells = torch.eye(len(expected)).unflatten(1, tower.grid)
    assert_close(tower.encode_score_map(pixels, cells), expected)


@pytest.mark.parametrize("name", ["tiny-vit", "tiny-layer-scale", "tiny-query-norm", "tiny-token"])
@torch.no_grad()
def test_a_region_token_attends_to_its_mask_alone(make_model, name):
    tower = image_tower(make_model(name).visual, HALF, HALF)
    pixels, masks = photo(tower), drawn(tower.grid) > 0.6
    masks[0] = False
    alone = torch.cat([tower.encode_region_tokens(pixels, mask[None]) for mask in masks])
    assert_close(tower.encode_region_tokens(pixels, masks), alone)
    everywhere = torch.ones(1, *tower.grid, dtype=torch.bool)
    whole = tower.encode_region_tokens(pixels, everywhere)
    if tower.prefix == 1:
        # One that sees all patches is the photo's own class token.
        assert_close(whole, tower.encode(pixels))
    assert not torch.allclose(alone[0], whole[0], rtol=1e-2)


@torch.no_grad()
def test_region_tokens_are_computed_block_by_block(make_model):
    visual = make_model("tiny-vit").visual
    tower = image_tower(visual, HALF, HALF)
    pixels, masks = photo(tower), drawn(tower.grid) > 0.6
    tokens = tower._embed(pixels)
    regions = tokens[:, :1].expand(len(masks), -1, -1)
    for block in visual.transformer.resblocks:
        patches = block.ln_1(tokens[:, 1:]).expand(len(masks), -1, -1)
        queries = block.ln_1(regions)
        hidden = torch.cat([torch.zeros(len(masks), 1, dtype=torch.bool), ~masks.flatten(1)], dim=1)
        keys = torch.cat([queries, patches], dim=1)
        read = block.attn(queries, keys, keys, need_weights=False, key_padding_mask=hidden)[0]
        regions = regions + read
        regions = regions + block.mlp(block.ln_2(regions))
        tokens = block(tokens)
    expected = visual.ln_post(regions[:, 0]) @ visual.proj
    assert_close(tower.encode_region_tokens(pixels, masks), expected)


@pytest.mark.parametrize(
    ("name", "method", "reason"),
    [
        (
            "tiny-resnet",
            "encode_region_tokens",
            "no region token for an image tower of kind 'resnet'",
        ),
        ("tiny-mean", "encode_region_tokens", "choose a vision transformer with a class token"),
        ("tiny-vit", "encode_score_map", "no score map for an image tower of kind 'vit'"),
        ("tiny-convnext", "encode_grad_cam", "no Grad-CAM for .* 'convolutional': choose a ResNet"),
    ],
)
def test_towers_without_what_a_baseline_needs_refuse_it(make_model, name, method, reason):
    tower = image_tower(make_model(name).visual, HALF, HALF)
    with pytest.raises(MethodError, match=reason):
        getattr(tower, method)(photo(tower), drawn(tower.grid))


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("tiny-resnet", "encode_score_map"),
        ("tiny-resnet", "encode_grad_cam"),
        ("tiny-vit", "encode_region_tokens"),
    ],
)
def test_no_masks_give_no_features(make_model, name, method):
    tower = image_tower(make_model(name).visual, HALF, HALF)
    assert getattr(tower, method)(photo(tower), drawn(tower.grid, 0)).shape == (0, 24)

"""Towers that end in a map of features: ResNets and convolutional networks."""

import pytest
import timm
import torch
from torch.nn import functional

from napari_zsris.clip.build import image_tower
from napari_zsris.clip.convolutional import ConvolutionalTower

HALF = (0.5, 0.5, 0.5)
CONVOLUTIONAL = ["tiny-convnext", "tiny-efficientnet"]


def some_masks(grid):
    generator = torch.Generator().manual_seed(0)
    soft = torch.rand(30, *grid, generator=generator)
    return torch.cat([soft, torch.zeros(1, *grid), torch.ones(1, *grid), (soft[:4] > 0.7).float()])


def photos(tower, count=1):
    return torch.randn(count, 3, *tower.size, generator=torch.Generator().manual_seed(3))


def assert_close(actual, expected):
    assert actual.dtype == torch.float32
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5 * expected.abs().max().item())


@pytest.mark.parametrize("name", ["tiny-resnet", *CONVOLUTIONAL])
@torch.no_grad()
def test_whole_pictures_are_encoded_as_open_clip_does(make_model, name):
    visual = make_model(name).visual
    tower = image_tower(visual, HALF, HALF)
    pixels = photos(tower, 5)
    expected = visual(pixels)
    tower.budget = 2 * tower.cost
    assert_close(tower.encode(pixels), expected)


@torch.no_grad()
def test_a_resnet_pools_its_normalised_masked_map(make_model):
    visual = make_model("tiny-resnet").visual
    tower = image_tower(visual, HALF, HALF)
    assert (tower.kind, tower.grid, tower.size) == ("resnet", (3, 3), (96, 96))
    masks, pixels = some_masks(tower.grid), photos(tower)
    features = visual.stem(pixels)
    for layer in (visual.layer1, visual.layer2, visual.layer3, visual.layer4):
        features = layer(features)
    expected = visual.attnpool(functional.normalize(features, dim=1) * masks[:, None])
    assert_close(tower.encode_masked(pixels, masks, 3), expected)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
@torch.no_grad()
def test_a_convolutional_tower_averages_its_map_over_the_mask(make_model, name):
    visual = make_model(name).visual
    tower = image_tower(visual, HALF, HALF)
    assert (tower.kind, tower.grid) == ("convolutional", (5, 5))
    masks, pixels = some_masks(tower.grid), photos(tower)
    features = visual.trunk.forward_features(pixels)
    pooled = (features * masks[:, None]).sum((2, 3)) / masks.sum((1, 2)).clamp(min=1e-30)[:, None]
    expected = visual.head(visual.trunk.forward_head(pooled[:, :, None, None]))
    actual = tower.encode_masked(pixels, masks, 3)
    assert_close(actual, expected)
    assert_close(actual[31:32], tower.encode(pixels))


@pytest.mark.parametrize("name", ["tiny-resnet", *CONVOLUTIONAL])
def test_no_masks_give_no_features(make_model, name):
    tower = image_tower(make_model(name).visual, HALF, HALF)
    assert tower.encode_masked(photos(tower), torch.zeros(0, *tower.grid), 3).shape == (0, 24)


@torch.no_grad()
def test_a_trunk_alone_is_a_tower():
    trunk = timm.create_model("test_efficientnet", num_classes=0).eval()
    tower = ConvolutionalTower(trunk, (128, 96), HALF, HALF)
    pixels = photos(tower, 2)
    assert tower.grid == (4, 3)
    assert_close(tower.encode(pixels), trunk(pixels))
    whole = tower.encode_masked(pixels[:1], torch.full((1, 4, 3), 0.25), 0)
    assert_close(whole, trunk(pixels[:1]))


@torch.no_grad()
def test_maps_with_channels_last_are_read_as_such(make_model):
    trunk = timm.create_model("test_convnext", num_classes=0).eval()
    tower = ConvolutionalTower(trunk, (160, 160), HALF, HALF)
    pixels, masks = photos(tower), some_masks((5, 5))
    expected = tower.encode_masked(pixels, masks, 0)

    class Last(torch.nn.Module):
        output_fmt = "NHWC"

        def __init__(self):
            super().__init__()
            self.trunk = trunk

        def forward_features(self, pixels):
            return trunk.forward_features(pixels).permute(0, 2, 3, 1)

        def forward_head(self, features):
            return trunk.forward_head(features.permute(0, 3, 1, 2))

    last = ConvolutionalTower(Last(), (160, 160), HALF, HALF)
    assert last.grid == (5, 5)
    assert_close(last.encode_masked(pixels, masks, 0), expected)
    assert_close(last.encode(pixels), trunk(pixels))

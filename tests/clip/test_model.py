"""Both towers of a model, in batches and on the device that memory allows."""

import pytest
import torch
from torch import nn

from napari_zsris.clip import Clip, load_clip
from napari_zsris.clip.build import Recipe, build_clip
from napari_zsris.clip.towers import ImageTower, TextTower
from napari_zsris.errors import OutOfMemoryError, ZsrisWarning
from napari_zsris.placement import CPU, DevicePlacement

HALF = (0.5, 0.5, 0.5)


class Toy(ImageTower):
    """Adds up pixels, times a weight."""

    kind = "vit"
    cost, budget = 1, 4

    def __init__(self):
        self.weights = nn.Linear(3, 2)

    @property
    def device(self):
        return self.weights.weight.device

    def encode(self, pixels):
        return self.weights(pixels.to(self.device).sum(dim=(2, 3)))

    def encode_masked(self, pixels, masks, layers):  # noqa: ARG002
        seen = (pixels.to(self.device)[:, None] * masks.to(self.device)[None, :, None])[0]
        return self.weights(seen.sum(dim=(2, 3)))


class Words(TextTower):
    """Counts letters, times a weight."""

    def __init__(self):
        self.weights = nn.Linear(3, 2)

    def encode(self, texts):
        counts = [[float(text.count(letter)) for letter in "abc"] for text in texts]
        return self.weights(torch.tensor(counts, device=self.weights.weight.device))


@pytest.fixture
def toy(second_device):
    image, text = Toy(), Words()
    weights = nn.ModuleList([image.weights, text.weights])
    return Clip("toy", image, text, 1.0, DevicePlacement(weights, second_device, "toy"), None)


def test_features_go_on_on_the_cpu_and_both_towers_go_together(toy, second_device, run_out):
    pixels, texts = torch.rand(7, 3, 2, 2), ["abc", "aab", "cab"]
    with torch.no_grad():
        expected = toy.image.encode(pixels).cpu(), toy.text.encode(texts).cpu()
    room = {"lazy": 99, "cpu": 99}

    def hook(_, arguments):
        if len(arguments[0]) > room[arguments[0].device.type]:
            run_out["cuda"]()

    toy.image.weights.register_forward_pre_hook(hook)
    assert toy.device == second_device
    whole = toy.in_batches(toy.image.encode, pixels, "pictures")
    assert whole.device == second_device
    room["lazy"] = 0
    with pytest.warns(ZsrisWarning, match="memory ran out on lazy:0") as told:
        seen = toy.in_batches(toy.image.encode, pixels, "pictures")
    read = toy.in_batches(toy.text.encode, texts, "phrases")
    assert len(told) == 1
    assert seen.device == read.device == CPU
    torch.testing.assert_close(seen, expected[0])
    torch.testing.assert_close(read, expected[1])
    # The device that it is asked for stays what it is, for sources and reports.
    assert toy.device == second_device


def test_a_tower_takes_what_is_best_where_it_is(toy):
    assert toy.image.batch_size == 64
    toy.image.weights.to("cpu")
    assert toy.image.batch_size == 4


def test_no_rows_give_features_of_the_right_width(toy):
    features = toy.in_batches(toy.image.encode, torch.zeros(0, 3, 2, 2), "pictures")
    assert features.shape == (0, 2)


@pytest.mark.parametrize("name", ["lite", "tiny-vit", "tiny-resnet", "tiny-convnext", "tiny-mean"])
def test_every_tensor_of_a_model_goes_where_its_weights_go(make_model, name):
    """On torch's device without memory, whose tensors cannot meet those of another."""
    if name == "lite":
        clip = load_clip("lite", "cpu")
    else:
        weights = make_model(name).state_dict()
        clip = build_clip(Recipe(name, name, HALF, HALF), weights, "test", CPU)
    clip.placement.wanted = torch.device("meta")
    clip.placement.restart()
    tower = clip.image
    assert tower.device.type == "meta"
    assert tower.encode(torch.rand(2, 3, *tower.size)).device.type == "meta"
    if tower.kind != "vit":  # A transformer's masks decide on how many tokens it computes.
        frame, masks = torch.rand(1, 3, *tower.frame), torch.ones(2, *tower.grid)
        assert tower.encode_masked(frame, masks, 1).device.type == "meta"
    assert clip.text.encode(["a red cat"]).device.type == "meta"


@pytest.mark.parametrize("name", ["tiny-vit", "tiny-resnet", "tiny-convnext"])
def test_open_clip_models_give_the_same_in_smaller_batches(make_model, run_out, name):
    weights = make_model(name).state_dict()
    clip = build_clip(Recipe(name, name, HALF, HALF), weights, "test", CPU)
    tower = clip.image
    generator = torch.Generator().manual_seed(3)
    pixels = torch.rand(5, 3, *tower.size, generator=generator)
    masks = (torch.rand(9, *tower.grid, generator=generator) > 0.4).float()
    texts = ["a cat", "two dogs that run", "the red one"]

    def encoded(at_most):
        def limited(encode):
            def run(rows):
                if len(rows) > at_most:
                    run_out["cpu"]()
                return encode(rows)

            return run

        return (
            clip.in_batches(limited(tower.encode), pixels, "pictures"),
            clip.in_batches(
                limited(lambda part: tower.encode_masked(pixels[:1], part, 1)), masks, "masks"
            ),
            clip.in_batches(limited(clip.text.encode), texts, "phrases"),
        )

    expected = encoded(99)
    with pytest.warns(ZsrisWarning, match="ran out") as told:
        found = encoded(2)
    assert len(told) == 1
    for features, same in zip(found, expected, strict=True):
        torch.testing.assert_close(features, same, rtol=1e-4, atol=1e-5)
    with pytest.raises(OutOfMemoryError, match=rf"^{name}: memory ran out on the CPU for one of"):
        encoded(0)

"""The photo's way in, and the source as others use it."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

from napari_zsris.errors import ZsrisWarning
from napari_zsris.proposals.freesolo.source import network_input


@pytest.mark.parametrize("size", [(30, 41), (41, 30), (16, 16), (20, 201)])
def test_input_is_the_published_pipelines(size):
    photo = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    published = transforms.Compose(
        [
            transforms.Resize(40),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    expected = published(Image.fromarray(photo))
    torch.testing.assert_close(network_input(photo, 40), expected)


def test_a_photo_of_the_right_size_is_not_resampled():
    photo = np.random.default_rng(0).integers(0, 256, (16, 20, 3), np.uint8)
    torch.testing.assert_close(network_input(photo, 16), network_input(photo, None))


@pytest.mark.slow
def test_proposals_of_a_photo(source, shared, monkeypatch):
    photo = np.load(shared / "parity" / "freesolo_tiny.npz")["image_uint8"]
    monkeypatch.setattr(source, "short_side", None)
    steps = source.steps(photo)
    stages = []
    while True:
        try:
            stages.append(next(steps))
        except StopIteration as stop:
            proposals = stop.value
            break
    assert [stage.stage for stage in stages[:2]] == ["FreeSOLO", "FreeSOLO candidates"]
    assert stages[-1].done == stages[-1].total == len(proposals)
    assert proposals.size == (96, 120)
    assert proposals.source.startswith("freesolo:")
    assert proposals.boxes.min() >= -0.5
    tight = np.array([bitmap.box for bitmap in proposals.bitmaps])
    assert np.abs(proposals.boxes - tight).max() >= 0.5


@pytest.mark.slow
def test_giving_up_before_the_network_runs_nothing(source):
    calls = []
    with source.placement.model.register_forward_pre_hook(lambda *_: calls.append(1)):
        steps = source.steps(np.zeros((32, 32, 3), np.uint8))
        next(steps)
        steps.close()
    assert calls == []


@pytest.mark.slow
def test_without_gpu_memory_the_cpu_gives_the_same(
    source, shared, monkeypatch, run_out, second_device
):
    photo = np.load(shared / "parity" / "freesolo_tiny.npz")["image_uint8"][:64, :64]
    monkeypatch.setattr(source, "short_side", None)
    placement = source.placement
    expected = source(photo)

    def short_of_memory(*_):
        if placement.device != torch.device("cpu"):
            run_out["cuda"]()

    hook = placement.model.register_forward_pre_hook(short_of_memory)
    monkeypatch.setattr(placement, "wanted", second_device)
    with hook, pytest.warns(ZsrisWarning, match="memory ran out on lazy:0"):
        proposals = source(photo)
    monkeypatch.undo()
    placement.restart()
    np.testing.assert_array_equal(proposals.masks, expected.masks)

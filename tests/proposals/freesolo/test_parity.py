"""The whole of FreeSOLO against numbers made with the published code."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from napari_zsris.progress import finish

VARIANTS = ["base", "overlap", "dense", "sparse", "empty", "nomask"]
PHOTO = (147, 184)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pixels(shared):
    return torch.from_numpy(np.load(shared / "parity" / "freesolo_tiny.npz")["input_full"])


@pytest.fixture(params=VARIANTS)
def variant(request, source, weights):
    """The same network with the two biases in which the variants differ."""
    head = source.placement.model.instance_head
    biases = {"cate": head.class_predictor.bias, "kernel": head.kernel_predictor.bias}
    before = {name: bias.clone() for name, bias in biases.items()}
    for name, bias in biases.items():
        values = weights.fill(f"ins_head.{name}_pred.bias", bias.shape, request.param)
        bias.copy_(torch.from_numpy(values))
    yield request.param
    for name, bias in biases.items():
        bias.copy_(before[name])


def reference(shared, variant):
    suffix = "" if variant == "base" else f"_{variant}"
    fixture = np.load(shared / "parity" / f"freesolo_tiny{suffix}.npz")
    count, height, width = fixture["pred_masks_shape"]
    bits = np.unpackbits(fixture["pred_masks_packed"], axis=1)[:, : height * width]
    return fixture, bits.reshape(count, height, width).astype(bool)


def matched(found, masks, fixture, expected):
    """For each expected mask the one that is it: near-equal scores may have swapped places."""
    flat, wanted = masks.reshape(len(masks), -1), expected.reshape(len(expected), -1)
    common = wanted.astype(np.float32) @ flat.T.astype(np.float32)
    iou = common / (wanted.sum(1)[:, None] + flat.sum(1)[None, :] - common)
    same = fixture["pred_classes"][:, None] == found.classes[None, :]
    places = linear_sum_assignment(iou * same, maximize=True)[1]
    return places, iou[np.arange(len(places)), places]


def test_network(shared, source, pixels):
    fixture = np.load(shared / "parity" / "freesolo_tiny.npz")
    with torch.inference_mode():
        output = source.placement.model(pixels)
    np.testing.assert_allclose(output.features, fixture["mask_feat_full"], atol=1e-3)
    for level, kernels in enumerate(output.kernels):
        np.testing.assert_allclose(kernels[:2, :5, :5], fixture[f"kernel{level}.tl"], atol=1e-3)


def test_detections(shared, source, pixels, variant):
    found = finish(source.detections(pixels, PHOTO))
    if variant in ("empty", "nomask"):
        assert len(found.bitmaps) == 0
        assert found.boxes.shape == (0, 4)
        return
    if variant == "sparse":
        assert 0 < len(found.bitmaps) < 100
        return
    fixture, expected = reference(shared, variant)
    masks = np.stack([bitmap.window(0, 0, *PHOTO[::-1]) for bitmap in found.bitmaps])
    assert len(masks) == len(expected)
    places, iou = matched(found, masks, fixture, expected)
    assert iou.min() > 0.998
    np.testing.assert_array_equal(found.classes[places], fixture["pred_classes"])
    np.testing.assert_allclose(found.scores[places], fixture["scores"], atol=1e-3)
    np.testing.assert_allclose(found.class_scores[places], fixture["category_scores"], atol=1e-3)
    np.testing.assert_allclose(found.maskness[places], fixture["maskness"], atol=1e-3)
    np.testing.assert_allclose(found.boxes[places], fixture["pred_boxes"], atol=0.51)
    assert (np.diff(found.scores) <= 0).all()

"""Models by name: what comes out, in which precision, and what a wrong name is told."""

import logging

import open_clip
import pytest
import torch

from napari_zsris.clip import load_clip
from napari_zsris.clip.build import Recipe, build_clip, choose_precision
from napari_zsris.clip.checkpoint import read_state_dict
from napari_zsris.errors import ModelUnavailableError

KINDS = ["tiny-vit", "tiny-resnet", "tiny-convnext", "tiny-clipa", "tiny-coca", "tiny-siglip"]
HALVABLE = [name for name in KINDS if name != "tiny-coca"]
LOW_PRECISION = {"fp16": 0.02, "bf16": 0.1}


@pytest.mark.parametrize("name", KINDS)
def test_a_local_checkpoint_becomes_a_clip(make_model, checkpoint, name):
    file = checkpoint(name)
    clip = load_clip(f"{name}:{file}", device="cpu")
    model = make_model(name)
    assert clip.name == f"{name}:{file}"
    assert clip.device == torch.device("cpu")
    assert clip.dtype == torch.float32
    assert clip.logit_scale == pytest.approx(model.logit_scale.exp().item())
    assert clip.image.mean == pytest.approx((0.48145466, 0.4578275, 0.40821073))
    pixels = torch.randn(2, 3, *clip.image.size, generator=torch.Generator().manual_seed(0))
    expected = model.encode_image(pixels, normalize=False).detach()
    torch.testing.assert_close(clip.image.encode(pixels), expected, rtol=1e-4, atol=1e-5)
    masked = clip.image.encode_masked(pixels[:1], torch.rand(3, *clip.image.grid), 2)
    texts = clip.text.encode(["cat", "dog"])
    assert masked.shape == (3, expected.shape[1])
    assert texts.shape == (2, expected.shape[1])
    assert not masked.requires_grad
    assert not texts.requires_grad


def test_evaluation_mode_and_no_gradients(checkpoint):
    clip = load_clip(f"tiny-vit:{checkpoint('tiny-vit')}", device="cpu")
    assert not clip.text.model.training
    assert not any(parameter.requires_grad for parameter in clip.text.model.parameters())


def test_loading_neither_logs_nor_configures_logging(checkpoint, caplog, monkeypatch):
    root, file = logging.getLogger(), checkpoint("tiny-vit")
    monkeypatch.setattr(root, "handlers", [])
    caplog.clear()
    load_clip(f"tiny-vit-large:{file}", device="cpu")
    assert root.handlers == []
    assert root.filters == []
    assert not caplog.records


@pytest.mark.parametrize("name", HALVABLE)
@pytest.mark.parametrize("precision", list(LOW_PRECISION))
def test_lower_precision_is_close_and_gives_single_precision_features(checkpoint, name, precision):
    weights = read_state_dict(checkpoint(name))
    recipe = Recipe(name, name, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    exact = build_clip(recipe, weights, "test", torch.device("cpu"))
    rough = build_clip(recipe, weights, "test", torch.device("cpu"), precision)
    pixels = torch.randn(3, 3, *exact.image.size, generator=torch.Generator().manual_seed(0))
    masks = (torch.rand(5, *exact.image.grid) > 0.5).float()
    for encode in (
        lambda clip: clip.image.encode(pixels),
        lambda clip: clip.image.encode_masked(pixels[:1], masks, 2),
        lambda clip: clip.text.encode(["a cat", "two dogs that run"]),
    ):
        reference, features = encode(exact), encode(rough)
        assert features.dtype == torch.float32
        error = (features - reference).norm(dim=1) / reference.norm(dim=1)
        assert error.max() < LOW_PRECISION[precision]
    assert rough.dtype != torch.float32


@pytest.mark.parametrize(
    ("device", "architecture", "precision"),
    [
        ("cuda", "ViT-B-32", "fp16"),
        ("cuda", "coca_ViT-B-32", "fp32"),
        ("cuda", "roberta-ViT-B-32", "fp32"),
        ("cpu", "ViT-B-32", "fp32"),
        ("mps", "ViT-B-32", "fp32"),
    ],
)
def test_half_precision_is_for_cuda_and_models_that_bear_it(device, architecture, precision):
    settings = open_clip.get_model_config(architecture)["text_cfg"]
    assert choose_precision(torch.device(device), settings) == precision


def test_half_precision_on_cuda(checkpoint):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA GPU, which this machine does not have")
    file = checkpoint("tiny-vit")
    clip, exact = load_clip(f"tiny-vit:{file}"), load_clip(f"tiny-vit:{file}", device="cpu")
    assert clip.dtype == torch.float16
    pixels, masks = torch.randn(1, 3, 64, 64), torch.rand(9, 4, 4)
    features = clip.image.encode_masked(pixels, masks, 3)
    assert features.device.type == "cuda"
    reference = exact.image.encode_masked(pixels, masks, 3)
    torch.testing.assert_close(features.cpu(), reference, rtol=0.05, atol=0.05)


def test_statistics_are_those_of_the_published_weights():
    from napari_zsris.clip.openclip import _recipe

    settings = open_clip.pretrained.get_pretrained_cfg("ViT-B-16-SigLIP", "webli")
    assert _recipe("x", "ViT-B-16-SigLIP", settings).mean == (0.5, 0.5, 0.5)


def test_a_tag_that_was_trained_with_quick_gelu_gets_it(make_model, checkpoint):
    weights = read_state_dict(checkpoint("tiny-vit"))
    recipe = Recipe("x", "tiny-vit", (0.5,) * 3, (0.5,) * 3, quick_gelu=True)
    clip = build_clip(recipe, weights, "test", torch.device("cpu"))
    pixels = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    quick = make_model("tiny-vit-quickgelu").encode_image(pixels).detach()
    torch.testing.assert_close(clip.image.encode(pixels), quick, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ViT-B32:weights.pt", "is called 'ViT-B32': did you mean ViT-B-32"),
        ("vit-b-32/openai", "did you mean ViT-B-32"),
        ("ViT-B/32", "is called 'ViT-B': did you mean"),
        ("lit", "is called 'lit': did you mean lite"),
        ("zzzzzzzzzzz", "is called 'zzzzzzzzzzz': run 'zsris models' to see what there is"),
        ("", "run 'zsris models' to see what there is"),
        ("RN101-quickgelu", "not weights: choose RN101-quickgelu/openai, RN101-quickgelu/yfcc15m"),
        ("ViT-e-14", "not weights: choose a local file as ViT-e-14:FILE"),
        ("RN50/laion2b", "no weights called 'laion2b': choose RN50/openai, RN50/yfcc15m, "),
        ("RN50/", "no weights called '': choose RN50/openai"),
    ],
)
def test_wrong_names_are_told_what_to_do(name, message):
    with pytest.raises(ModelUnavailableError) as error:
        load_clip(name, device="cpu")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_absent_device_is_told(checkpoint):
    with pytest.raises(ModelUnavailableError, match="device 'tpu' cannot be used here"):
        load_clip(f"tiny-vit:{checkpoint('tiny-vit')}", device="tpu")

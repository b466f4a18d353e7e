"""Tiny models of every architecture that open_clip can be asked for, with weights that matter."""

import importlib.util

import open_clip
import pytest
import torch
from open_clip.factory import _MODEL_CONFIGS
from safetensors.torch import save_file

TEXT = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
VIT = {"image_size": 64, "layers": 4, "width": 64, "head_width": 32, "patch_size": 16}
SIGLIP_TEXT = TEXT | {"no_causal_mask": True, "proj_bias": True, "pool_type": "last"}


def timm(name, pool, proj, size=160):
    return {"timm_model_name": name, "timm_pool": pool, "timm_proj": proj, "image_size": size}


CONFIGURATIONS = {
    "tiny-vit": {"vision_cfg": VIT},
    "tiny-vit-quickgelu": {"vision_cfg": VIT, "quick_gelu": True},
    "tiny-vit-large": {"vision_cfg": VIT | {"image_size": 96}},
    "tiny-layer-scale": {"vision_cfg": VIT | {"ls_init_value": 0.1}},
    "tiny-query-norm": {"vision_cfg": VIT | {"qk_norm": True, "scale_fc": True}},
    "tiny-clipa": {
        "vision_cfg": VIT | {"no_ln_pre": True, "pool_type": "avg", "final_ln_after_pool": True},
        "text_cfg": TEXT | {"no_causal_mask": True, "pool_type": "last"},
    },
    "tiny-mean": {"vision_cfg": VIT | {"pool_type": "avg"}},
    "tiny-coca": {
        "vision_cfg": VIT
        | {"attentional_pool": True, "attn_pooler_heads": 2, "attn_pooler_queries": 5}
        | {"output_tokens": True},
        "text_cfg": TEXT | {"embed_cls": True, "output_tokens": True},
        "multimodal_cfg": TEXT | {"mlp_ratio": 4},
        "custom_text": True,
    },
    "tiny-coca-parallel": {"vision_cfg": VIT | {"attentional_pool": "parallel"}},
    "tiny-resnet": {"vision_cfg": {"image_size": 96, "layers": [1, 1, 1, 1], "width": 8}},
    "tiny-siglip": {
        "vision_cfg": timm("test_vit", "map", "none"),
        "text_cfg": SIGLIP_TEXT,
        "custom_text": True,
        "init_logit_bias": -10,
        "embed_dim": 64,
    },
    "tiny-eos": {"vision_cfg": VIT, "text_cfg": TEXT | {"pool_type": "eos", "eos_id": 49407}},
    "tiny-custom-text": {"vision_cfg": VIT, "text_cfg": TEXT | {"qk_norm": True, "scale_fc": True}},
    "tiny-token": {"vision_cfg": timm("test_vit", "token", "linear")},
    "tiny-timm-mean": {"vision_cfg": timm("test_vit", "avg", "linear")},
    "tiny-timm-max": {"vision_cfg": timm("test_vit", "max", "linear")},
    "relpos": {"vision_cfg": timm("vit_relpos_small_patch16_224", "", "linear", size=224)},
    "tiny-convnext": {"vision_cfg": timm("test_convnext", "", "mlp")},
    "tiny-efficientnet": {"vision_cfg": timm("test_efficientnet", "", "linear")},
}


@pytest.fixture(scope="session", autouse=True)
def _tiny_architectures():
    """Make open_clip know the tiny architectures by name, as it knows its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, configuration in CONFIGURATIONS.items():
            full = {"embed_dim": 24, "text_cfg": TEXT} | configuration
            patch.setitem(_MODEL_CONFIGS, name, full)
        yield


@pytest.fixture(scope="session")
def make_model(_tiny_architectures):
    """Make an open_clip model whose weights, biases and statistics are all random but seeded."""

    def make(name, seed=0, **options):
        torch.manual_seed(seed)
        model = open_clip.create_model(name, load_weights=False, **options)
        generator = torch.Generator().manual_seed(seed + 1)
        for key, value in model.state_dict().items():
            if value.is_floating_point() and not key.startswith("logit"):
                value.add_(0.1 * torch.rand(value.shape, generator=generator).to(value))
        return model.eval()

    return make


@pytest.fixture(scope="session")
def checkpoint(make_model, tmp_path_factory):
    """Save a tiny architecture's weights and give the file."""

    def save(name, seed=0):
        path = tmp_path_factory.mktemp("weights") / f"{name}.safetensors"
        save_file(make_model(name, seed).state_dict(), path)
        return path

    return save


@pytest.fixture(scope="session")
def published_weights(shared, tmp_path_factory):
    """The seeded weights of the parity fixtures, in a file; at full size."""
    recipe_path = shared / "parity" / "clip_weights.py"
    spec = importlib.util.spec_from_file_location("clip_weights", recipe_path)
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    folder = tmp_path_factory.mktemp("parity")

    def save(name):
        path = folder / f"{name}.safetensors"
        if not path.exists():
            save_file(recipe.make_state_dict(name), path)
        return path

    return save

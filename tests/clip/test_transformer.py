"""Folding zero tokens away must not change what the published method computes."""

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from open_clip.timm_model import TimmModel
from timm.models.eva import Eva

from napari_zsris.clip.build import image_tower
from napari_zsris.clip.transformer import fold
from napari_zsris.errors import MethodError, ModelUnavailableError

HALF = (0.5, 0.5, 0.5)
OPEN_CLIP = ["tiny-vit", "tiny-vit-quickgelu", "tiny-layer-scale", "tiny-query-norm"]
POOLED = ["tiny-clipa", "tiny-mean", "tiny-coca"]
TIMM = ["tiny-token", "tiny-timm-mean", "tiny-siglip"]


def some_masks(grid, seed=0):
    """Soft, hard, single-token, empty and full masks."""
    generator = torch.Generator().manual_seed(seed)
    soft = torch.rand(4, *grid, generator=generator)
    soft = soft * (torch.rand(4, *grid, generator=generator) > 0.6)
    hard = (torch.rand(4, *grid, generator=generator) > 0.5).float()
    single = torch.zeros(1, *grid)
    single[0, 1, 2] = 1
    return torch.cat([soft, torch.zeros(1, *grid), hard, torch.ones(1, *grid), single])


def photo(tower, seed=3):
    return torch.randn(1, 3, *tower.size, generator=torch.Generator().manual_seed(seed))


def naive(blocks, tokens, masks, layers, prefix):
    """Every token through every block, masked ones multiplied by zero, as published."""
    for block in blocks[: len(blocks) - layers]:
        tokens = block(tokens)
    tokens = tokens.expand(len(masks), -1, -1)
    weights = torch.cat([masks.new_ones(len(masks), prefix), masks.flatten(1)], dim=1)[..., None]
    for block in blocks[len(blocks) - layers :]:
        tokens = block(tokens * weights)
    return tokens, weights


def mean(tokens, weights, prefix):
    tokens, weights = tokens[:, prefix:], weights[:, prefix:]
    return (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-30)


def naive_open_clip(visual, pixels, masks, layers):
    tokens = visual._embeds(pixels)
    tokens, weights = naive(visual.transformer.resblocks, tokens, masks, layers, 1)
    if visual.attn_pool is not None:
        pooled = visual.ln_post(visual.attn_pool(tokens * weights))[:, 0]
    elif visual.pool_type == "tok":
        pooled = visual.ln_post(tokens)[:, 0]
    elif visual.final_ln_after_pool:
        pooled = visual.ln_post(mean(tokens, weights, 1))
    else:
        pooled = mean(visual.ln_post(tokens), weights, 1)
    return pooled @ visual.proj


def naive_timm(visual, pixels, masks, layers):
    trunk, prefix = visual.trunk, visual.trunk.num_prefix_tokens
    tokens = trunk.norm_pre(trunk._pos_embed(trunk.patch_embed(pixels)))
    tokens, weights = naive(trunk.blocks, tokens, masks, layers, prefix)
    tokens = trunk.norm(tokens)
    if trunk.global_pool == "map":
        pooled = trunk.attn_pool((tokens * weights)[:, prefix:])
    elif trunk.global_pool == "avg":
        pooled = mean(tokens, weights, prefix)
    else:
        pooled = tokens[:, 0]
    return visual.head(trunk.head(trunk.fc_norm(pooled)))


def assert_close(actual, expected, tolerance=1e-4):
    assert actual.dtype == torch.float32
    error = (actual - expected.float()).abs().max()
    assert error < tolerance * expected.abs().max()


# In double precision nothing is left of a difference that is only one of rounding.
EXACT = 1e-6


@pytest.mark.parametrize("layers", [1, 3, 4])
@pytest.mark.parametrize("name", OPEN_CLIP + POOLED)
@torch.no_grad()
def test_masked_features_are_those_of_the_plain_method(make_model, name, layers):
    visual = make_model(name).visual.double()
    tower = image_tower(visual, HALF, HALF)
    masks, pixels = some_masks(tower.grid).double(), photo(tower).double()
    expected = naive_open_clip(visual, pixels, masks, layers)
    assert expected.std(dim=0).min() > 0
    assert_close(tower.encode_masked(pixels, masks, layers), expected, EXACT)


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("name", TIMM)
@torch.no_grad()
def test_timm_towers_are_masked_the_same_way(make_model, name, layers):
    visual = make_model(name).visual.double()
    tower = image_tower(visual, HALF, HALF)
    masks, pixels = some_masks(tower.grid).double(), photo(tower).double()
    expected = naive_timm(visual, pixels, masks, layers)
    assert_close(tower.encode_masked(pixels, masks, layers), expected, EXACT)


@pytest.mark.parametrize("name", OPEN_CLIP + POOLED + TIMM)
@torch.no_grad()
def test_whole_pictures_are_encoded_as_open_clip_does(make_model, name):
    model = make_model(name)
    tower = image_tower(model.visual, HALF, HALF)
    pixels = torch.randn(5, 3, *tower.size, generator=torch.Generator().manual_seed(1))
    expected = model.encode_image(pixels, normalize=False)
    assert_close(tower.encode(pixels), expected)
    tower.budget = 2 * tower.cost
    assert_close(tower.encode(pixels), expected)


@torch.no_grad()
def test_rotary_positions_keep_every_token(make_model):
    torch.manual_seed(0)
    visual = TimmModel("test_vit", 24, image_size=64, pool="token", proj="linear")
    visual.image_size = (64, 64)
    visual.trunk = Eva(
        img_size=64, embed_dim=64, depth=3, num_heads=2, num_classes=0, global_pool="token",
        use_rot_pos_emb=True, use_abs_pos_emb=False, init_values=0.5,
    )  # fmt: skip
    for parameter in visual.parameters():
        parameter.add_(0.1 * torch.rand(parameter.shape))
    visual.eval()
    tower = image_tower(visual, HALF, HALF)
    masks, pixels = some_masks(tower.grid), photo(tower)
    rope = visual.trunk.rope.get_embed()
    blocks = [lambda x, block=block: block(x, rope=rope) for block in visual.trunk.blocks]
    tokens = visual.trunk._pos_embed(visual.trunk.patch_embed(pixels))[0]
    tokens, _ = naive(blocks, tokens, masks, 2, 1)
    expected = visual.head(visual.trunk.head(visual.trunk.fc_norm(visual.trunk.norm(tokens)[:, 0])))
    assert_close(tower.encode_masked(pixels, masks, 2), expected)
    assert_close(tower.encode(pixels), visual(pixels))


@torch.no_grad()
def test_no_masked_layers_give_the_feature_of_the_whole_photo(make_model):
    tower = image_tower(make_model("tiny-vit").visual, HALF, HALF)
    pixels, masks = photo(tower), some_masks(tower.grid)
    whole = tower.encode(pixels).expand(len(masks), -1)
    assert_close(tower.encode_masked(pixels, masks, 0), whole)
    full = torch.ones(1, *tower.grid)
    assert_close(tower.encode_masked(pixels, full, 4), whole[:1])


def test_no_masks_give_no_features(make_model):
    tower = image_tower(make_model("tiny-vit").visual, HALF, HALF)
    assert tower.encode_masked(photo(tower), torch.zeros(0, *tower.grid), 3).shape == (0, 24)


@pytest.mark.parametrize("layers", [-1, 5])
def test_more_masked_layers_than_blocks_are_refused(make_model, layers):
    tower = image_tower(make_model("tiny-vit").visual, HALF, HALF)
    with pytest.raises(MethodError, match=r"last -?\d blocks of a tower that has 4: choose 0 to 4"):
        tower.encode_masked(photo(tower), some_masks(tower.grid), layers)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tiny-coca-parallel", "two attention pools cannot be masked: choose another"),
        ("tiny-timm-max", "pool by 'max' cannot be masked: choose a model that pools by"),
        ("relpos", "VisionTransformerRelPos cannot be masked, for they end in no map"),
    ],
)
def test_towers_without_a_masked_counterpart_are_refused(make_model, name, reason):
    with pytest.raises(ModelUnavailableError, match=reason):
        image_tower(make_model(name).visual, HALF, HALF)


def test_an_unknown_kind_of_tower_is_refused():
    with pytest.raises(ModelUnavailableError, match="class Linear cannot be masked: choose a ViT"):
        image_tower(torch.nn.Linear(2, 2), HALF, HALF)


@settings(max_examples=60)
@given(
    areas=st.lists(st.integers(0, 12), min_size=1, max_size=9),
    prefix=st.integers(0, 2),
    at_once=st.integers(1, 60),
    seed=st.integers(0, 9),
)
def test_folding_keeps_every_token_of_every_mask(areas, prefix, at_once, seed):
    generator = torch.Generator().manual_seed(seed)
    values = torch.arange(1.0, prefix + 13)[None, :, None]
    masks = torch.zeros(len(areas), 12)
    for mask, area in zip(masks, areas, strict=True):
        mask[torch.randperm(12, generator=generator)[:area]] = 0.5
    order, batches = fold(values, masks, prefix, at_once)
    row = 0
    for tokens in batches:
        rows, length, _ = tokens.values.shape
        for values_, weights in zip(tokens.values[..., 0], tokens.weights[..., 0], strict=True):
            assert values_[:prefix].tolist() == values[0, :prefix, 0].tolist()
            assert (weights[:prefix] == 1).all()
            seen = values_[prefix:][weights[prefix:] > 0] - prefix - 1
            assert sorted(seen.tolist()) == masks[order[row]].nonzero()[:, 0].tolist()
            row += 1
        stands_for = 1.0 if tokens.bias is None else tokens.bias[-1].exp().item()
        assert length - 1 + stands_for == pytest.approx(prefix + 12)
        assert rows == 1 or rows * length <= at_once + rows
    assert row == len(areas)


def test_folding_computes_few_tokens_for_small_masks():
    masks = torch.zeros(50, 196)
    masks[:, :9] = 1
    _, batches = fold(torch.randn(1, 197, 8), masks, 1, 10_000)
    assert sum(tokens.values.shape[0] * tokens.values.shape[1] for tokens in batches) == 50 * 11


@pytest.mark.slow
def test_every_published_architecture_has_a_tower():
    """All but their weights: the modules are made without memory."""
    failures = []
    for name in sorted({architecture for architecture, _ in open_clip.list_pretrained()}):
        configuration = open_clip.get_model_config(name)
        with torch.device("meta"):
            visual = open_clip.model._build_vision_tower(
                configuration["embed_dim"], configuration["vision_cfg"]
            )
        tower = image_tower(visual.eval(), HALF, HALF)
        if not all(1 <= side <= 64 for side in tower.grid):
            failures.append((name, tower.grid))
    assert not failures

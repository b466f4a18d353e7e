"""Small randomly initialised models of every family, saved as their library saves them."""

import json

import numpy as np
import pytest
import torch
import transformers
from packaging.version import Version

SIDE = 128
PROMPTS = {"hidden_size": 32, "image_size": SIDE, "mask_input_channels": 4}
DECODER = {
    "hidden_size": 32,
    "mlp_dim": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "iou_head_depth": 2,
    "iou_head_hidden_dim": 32,
}
VIT = {
    "hidden_size": 32,
    "output_channels": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": SIDE,
    "patch_size": 8,
    "window_size": 4,
    "global_attn_indexes": [1],
    "num_pos_feats": 16,
    "mlp_dim": 32,
}
HIERA = {
    "model_type": "sam2_hiera_det_model",
    "hidden_size": 8,
    "image_size": [SIDE, SIDE],
    "blocks_per_stage": [1, 1, 2, 1],
    "embed_dim_per_stage": [8, 16, 32, 64],
    "num_attention_heads_per_stage": [1, 1, 1, 1],
    "window_size_per_stage": [8, 4, 4, 2],
    "global_attention_blocks": [3],
    "window_positional_embedding_background_size": [4, 4],
}
PYRAMID = {
    "fpn_hidden_size": 32,
    "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
}


def sam():
    config = transformers.SamConfig(
        vision_config=VIT,
        prompt_encoder_config={**PROMPTS, "patch_size": 8},
        mask_decoder_config=DECODER,
    )
    return transformers.SamModel(config), padding_processor()


def sam_hq():
    config = transformers.SamHQConfig(
        vision_config=VIT,
        prompt_encoder_config={**PROMPTS, "patch_size": 8},
        mask_decoder_config={**DECODER, "vit_dim": 32},
    )
    return transformers.SamHQModel(config), padding_processor()


def sam2():
    config = transformers.Sam2Config(
        vision_config={
            **PYRAMID,
            "backbone_config": HIERA,
            "backbone_channel_list": [64, 32, 16, 8],
        },
        prompt_encoder_config={**PROMPTS, "patch_size": 16},
        mask_decoder_config=DECODER,
    )
    return transformers.Sam2Model(config), stretching_processor()


def edgetam():
    if Version(transformers.__version__) < Version("5.21"):
        pytest.skip("earlier versions of transformers ask the model hub for EdgeTAM's backbone")
    backbone = transformers.TimmWrapperConfig(
        architecture="repvit_m1.dist_in1k",
        model_args={"in_chans": 3, "features_only": True, "out_indices": (0, 1, 2, 3)},
    )
    config = transformers.EdgeTamConfig(
        vision_config={
            **PYRAMID,
            "backbone_config": backbone,
            "backbone_channel_list": [384, 192, 96, 48],
        },
        prompt_encoder_config={**PROMPTS, "patch_size": 16},
        mask_decoder_config=DECODER,
    )
    return transformers.EdgeTamModel(config), stretching_processor()


def sam3():
    backbone = {
        "model_type": "sam3_vit_model",
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 112,
        "pretrain_image_size": 56,
        "patch_size": 14,
        "window_size": 4,
        "global_attn_indexes": [1],
    }
    config = transformers.Sam3TrackerConfig(
        vision_config={**PYRAMID, "backbone_config": backbone},
        prompt_encoder_config={**PROMPTS, "image_size": 112, "patch_size": 14},
        mask_decoder_config=DECODER,
    )
    processor = transformers.Sam3ImageProcessor(size={"height": 112, "width": 112})
    return transformers.Sam3TrackerModel(config), processor


def padding_processor():
    return transformers.SamImageProcessor(
        size={"longest_edge": SIDE}, pad_size={"height": SIDE, "width": SIDE}
    )


def stretching_processor():
    return transformers.Sam2ImageProcessor(size={"height": SIDE, "width": SIDE})


def lively(model, gain=1.5):
    """Draw weights large enough for the outputs to differ from pixel to pixel."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if weight.ndim > 1:
                spread = gain / weight[0].numel() ** 0.5
                weight.copy_(spread * torch.randn(weight.shape, generator=generator))
            if name.endswith("iou_prediction_head.proj_out.bias"):
                weight.fill_(1.0)
    return model.eval()


def save(build, folder):
    transformers.logging.set_verbosity_error()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, processor = build()
    lively(model).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def assert_same_masks(masks, expected):
    """Compare stacks of masks, but for the odd pixel on which two runs of one model differ.

    Matrix products depend in their last bit on where memory lies; a pixel whose score is almost
    exactly the threshold can then fall on either side.
    """
    assert masks.shape == expected.shape
    assert (masks != expected).sum() <= 1e-5 * masks.size + 1


def photo(height, width, seed=0):
    """Coloured tiles, so that there is something to tell apart."""
    tiles = np.random.default_rng(seed).integers(0, 256, (7, 7, 3), np.uint8)
    rows, columns = (np.arange(size) * 7 // size for size in (height, width))
    return tiles[np.ix_(rows, columns)]


SWIN = {
    "image_size": 64,
    "patch_size": 4,
    "embed_dim": 8,
    "depths": [1, 1, 1, 1],
    "num_heads": [1, 1, 2, 2],
    "window_size": 4,
    "out_features": ["stage1", "stage2", "stage3", "stage4"],
}
QUERIES = {"num_queries": 12, "num_labels": 4}
TRANSFORMER = {
    "hidden_dim": 32,
    "encoder_feedforward_dim": 16,
    "encoder_layers": 1,
    "decoder_layers": 2,
    "num_attention_heads": 2,
    "dim_feedforward": 16,
}
WORKING = {"size": {"shortest_edge": 64, "longest_edge": 128}}
WORDS = ["instance", "task", "the", "is"]  # the longest first: its merges come first


def mask2former():
    config = transformers.Mask2FormerConfig(
        backbone_config=transformers.SwinConfig(**SWIN),
        feature_size=32,
        mask_feature_size=32,
        **TRANSFORMER,
        **QUERIES,
    )
    model = transformers.Mask2FormerForUniversalSegmentation(config)
    return model, transformers.Mask2FormerImageProcessor(**WORKING)


def maskformer():
    decoder = transformers.DetrConfig(
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        num_queries=QUERIES["num_queries"],
    )
    config = transformers.MaskFormerConfig(
        backbone_config=transformers.SwinConfig(**SWIN),
        decoder_config=decoder,
        fpn_feature_size=32,
        mask_feature_size=32,
        num_labels=QUERIES["num_labels"],
    )
    model = transformers.MaskFormerForInstanceSegmentation(config)
    return model, transformers.MaskFormerImageProcessor(**WORKING)


def oneformer():
    config = transformers.OneFormerConfig(
        backbone_config=transformers.SwinConfig(**SWIN),
        conv_dim=32,
        mask_dim=32,
        task_seq_len=8,
        query_dec_layers=1,
        is_training=False,
        text_encoder_width=16,
        text_encoder_context_length=8,
        text_encoder_num_layers=1,
        text_encoder_vocab_size=60,
        text_encoder_proj_layers=1,
        text_encoder_n_ctx=4,
        **TRANSFORMER,
        **QUERIES,
    )
    model = transformers.OneFormerForUniversalSegmentation(config)
    return model, transformers.OneFormerImageProcessor(**WORKING, num_text=4)


def save_words(folder):
    """A tokenizer that knows OneFormer's tasks, in CLIP's format."""
    units = ["<|startoftext|>", "<|endoftext|>", *(f"{word}</w>" for word in WORDS)]
    letters = sorted({letter for word in WORDS for letter in word})
    units += letters + [f"{letter}</w>" for letter in letters]
    merges = []
    for word in WORDS:
        pieces = [*word[:-1], f"{word[-1]}</w>"]
        while len(pieces) > 1:
            merges.append(" ".join(pieces[:2]))
            pieces[:2] = ["".join(pieces[:2])]
            units.append(pieces[0])
    vocabulary = {unit: number for number, unit in enumerate(dict.fromkeys(units))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *dict.fromkeys(merges)]))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer"}))

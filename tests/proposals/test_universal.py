"""Universal segmenters with tiny random models: classes ignored, masks at full size."""

import json

import numpy as np
import pytest
import torch
import transformers
from torch.nn import functional

from napari_zsris.errors import ModelUnavailableError, ZsrisWarning
from napari_zsris.placement import DevicePlacement
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.registry import create_proposals
from napari_zsris.proposals.universal import DEFAULT_QUALITY, Universal, objectness

from . import tiny_models

CPU = torch.device("cpu")
FAMILIES = [tiny_models.mask2former, tiny_models.maskformer, tiny_models.oneformer]


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda build: build.__name__)
def folder(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.__name__)
    tiny_models.save(request.param, folder)
    if request.param is tiny_models.oneformer:
        tiny_models.save_words(folder)
    return folder


@pytest.fixture(scope="module")
def source(folder):
    return Universal(str(folder), CPU, Quality())


def predicted(source, photo):
    """The model's own output, by the library's way alone: class logits and mask logits."""
    inputs = dict(source.processor(images=photo, return_tensors="pt"))
    inputs.pop("task_inputs", None)
    with torch.no_grad():
        output = source.placement.model(**inputs, **source._task)
    return output.class_queries_logits[0], output.masks_queries_logits[0]


@pytest.mark.parametrize("size", [(64, 64), (60, 90), (50, 200)])
def test_masks_are_the_networks_logits_enlarged_to_the_photo(source, size):
    photo = tiny_models.photo(*size)
    classes, logits = predicted(source, photo)
    enlarged = functional.interpolate(logits[None], size, mode="bilinear")[0]
    proposals = source(photo)
    order = np.argsort(-objectness(classes, logits).numpy(), kind="stable")
    masks = (enlarged > 0).numpy()[order]
    clear = (enlarged.abs() > 1e-4).numpy()[order]
    assert proposals.size == size
    np.testing.assert_array_equal(proposals.masks[clear], masks[clear])
    np.testing.assert_allclose(np.sort(proposals.scores)[::-1], proposals.scores)


def test_scores_ignore_what_an_object_is(source):
    photo = tiny_models.photo(60, 90)
    classes, logits = predicted(source, photo)
    expected = objectness(classes, logits).sort(descending=True).values
    np.testing.assert_allclose(source(photo).scores, expected, rtol=1e-4)


def test_objectness_by_hand():
    masks = torch.tensor([[[9.0, -9.0]], [[0.5, 0.5]], [[-1.0, -2.0]]])
    classes = torch.tensor([[1.0, 1.0, -20.0], [0.0, 0.0, 0.0], [5.0, 5.0, 0.0]])
    expected = [1.0 * torch.tensor(9.0).sigmoid(), 2 / 3 * torch.tensor(0.5).sigmoid(), 0.0]
    torch.testing.assert_close(objectness(classes, masks), torch.tensor(expected))


def test_large_photos_run_at_the_networks_size_and_come_back_full_size(source):
    photo = tiny_models.photo(900, 1300)
    seen = []
    model = source.placement.model
    with model.register_forward_pre_hook(
        lambda *given: seen.append(given[2]["pixel_values"].shape), with_kwargs=True
    ):
        proposals = source(photo)
    assert max(seen[0]) <= 128
    assert proposals.size == (900, 1300)
    _, logits = predicted(source, photo)
    enlarged = functional.interpolate(logits[None], (900, 1300), mode="bilinear")[0] > 0
    areas = np.sort(enlarged.flatten(1).sum(1).numpy())
    np.testing.assert_allclose(np.sort(proposals.areas), areas, atol=5)


def test_controls_apply(folder):
    photo = tiny_models.photo(60, 90)
    scores = Universal(str(folder), CPU, Quality())(photo).scores
    middle = float(np.median(scores))
    kept = Universal(str(folder), CPU, Quality(min_score=middle, max_count=3))(photo)
    assert 0 < len(kept) <= 3
    assert kept.scores.min() >= middle


def test_giving_up_before_the_network(source):
    calls = []
    with source.placement.model.register_forward_pre_hook(lambda *_: calls.append(1)):
        steps = source.steps(tiny_models.photo(40, 40))
        assert next(steps).total == 1
        steps.close()
    assert calls == []


def test_without_memory_the_cpu_takes_over(folder, run_out, second_device):
    photo = tiny_models.photo(40, 60)
    expected = Universal(str(folder), CPU, Quality())(photo)
    source = Universal(str(folder), second_device, Quality())

    def short_of_memory(*_):
        if source.placement.device != CPU:
            run_out["cuda"]()

    with (
        source.placement.model.register_forward_pre_hook(short_of_memory),
        pytest.warns(ZsrisWarning, match=r"^memory ran out on lazy:0"),
    ):
        proposals = source(photo)
    tiny_models.assert_same_masks(proposals.masks, expected.masks)


def test_the_network_runs_in_half_precision(folder, monkeypatch):
    monkeypatch.setattr(DevicePlacement, "half", lambda _: torch.autocast("cpu", torch.bfloat16))
    proposals = Universal(str(folder), CPU, Quality())(tiny_models.photo(60, 80))
    assert len(proposals) == 12


def test_padding_is_cut_off(tmp_path):
    model, processor = tiny_models.mask2former()
    processor = transformers.Mask2FormerImageProcessor(
        **tiny_models.WORKING, pad_size={"height": 128, "width": 128}
    )
    tiny_models.save(lambda: (model, processor), tmp_path)
    source = Universal(str(tmp_path), CPU, Quality())
    photo = tiny_models.photo(64, 96)
    _, logits = predicted(source, photo)
    enlarged = functional.interpolate(logits[None], (128, 128), mode="bilinear")
    enlarged = functional.interpolate(enlarged[..., :64, :96], (64, 96), mode="bilinear")[0]
    expected = np.sort((enlarged > 0).flatten(1).sum(1).numpy())
    np.testing.assert_allclose(np.sort(source(photo).areas), expected, atol=2)


def test_oneformer_is_told_its_task_and_fetches_no_class_names(tmp_path):
    tiny_models.save(tiny_models.oneformer, tmp_path)
    tiny_models.save_words(tmp_path)
    settings = tmp_path / "preprocessor_config.json"
    stored = json.loads(settings.read_text()) | {"class_info_file": "absent.json"}
    settings.write_text(json.dumps(stored))
    source = Universal(str(tmp_path), CPU)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    tokens = source._task["task_inputs"]
    assert tokens.shape == (1, 8)
    assert tokenizer.decode(tokens[0, :6].tolist()) == (
        "<|startoftext|>the task is instance <|endoftext|>"
    )
    assert source(tiny_models.photo(40, 40)).size == (40, 40)


def test_the_registry_makes_it_from_a_folder(folder):
    source = create_proposals(f"mask2former:{folder}")
    assert source.name == f"mask2former:{folder}"
    assert source.quality == DEFAULT_QUALITY


def test_a_model_of_the_segment_anything_family_is_refused(tmp_path):
    tiny_models.save(tiny_models.sam, tmp_path)
    with pytest.raises(
        ModelUnavailableError, match=r"^mask2former: [^\n]*its type is sam, not one of mask2former"
    ):
        create_proposals(f"mask2former:{tmp_path}")


def test_offline_is_one_line_with_three_ways_out(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        ModelUnavailableError,
        match=r"^mask2former: the model 'facebook/mask2former-swin-small-coco-instance' is not on"
        r"[^\n]*network[^\n]*HF_HUB_OFFLINE=1[^\n]*local folder as mask2former:DIR$",
    ):
        create_proposals("mask2former")

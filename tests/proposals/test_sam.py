"""Segment Anything with tiny random models, against transformers' own pipeline."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from napari_zsris.errors import ModelUnavailableError, ProposalError, ZsrisWarning
from napari_zsris.placement import DevicePlacement
from napari_zsris.proposals.pointgrid import Found, PointGrid, grid_points, judge, tidy
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.registry import create_proposals
from napari_zsris.proposals.sam import DEFAULT_MODEL, DEFAULT_QUALITY, Sam
from napari_zsris.proposals.upsampling import Upsampling, working_size

from . import tiny_models

CPU = torch.device("cpu")
EVERYTHING = PointGrid(
    points_per_side=5,
    points_per_batch=7,
    min_iou=0.0,
    min_stability=0.0,
    stability_offset=0.1,
    max_box_overlap=1.0,
    min_region=0.0,
)
FAMILIES = [
    tiny_models.sam,
    tiny_models.sam_hq,
    tiny_models.sam2,
    tiny_models.sam3,
    tiny_models.edgetam,
]


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda build: build.__name__)
def folder(request, tmp_path_factory):
    return tiny_models.save(request.param, tmp_path_factory.mktemp(request.param.__name__))


@pytest.fixture(scope="module")
def sam_folder(tmp_path_factory):
    return tiny_models.save(tiny_models.sam, tmp_path_factory.mktemp("one"))


@pytest.fixture
def source(sam_folder):
    return Sam(str(sam_folder), CPU, Quality(), EVERYTHING)


def librarys(source, photo):
    """What transformers' own pipeline finds with the same settings, but for empty masks."""
    grid = source.grid
    pipeline = transformers.pipeline(
        "mask-generation",
        model=source.placement.model,
        image_processor=source.processor,
        device="cpu",
    )
    found = pipeline(
        Image.fromarray(photo),
        points_per_crop=grid.points_per_side,
        points_per_batch=grid.points_per_batch,
        pred_iou_thresh=grid.min_iou,
        stability_score_thresh=grid.min_stability,
        stability_score_offset=grid.stability_offset,
        mask_threshold=grid.mask_threshold,
        crops_nms_thresh=grid.max_box_overlap,
    )
    masks = np.array([mask.numpy() for mask in found["masks"]], bool)
    masks = masks.reshape(-1, *photo.shape[:2])
    full = masks.any(axis=(1, 2))
    return masks[full], found["scores"].numpy()[full]


def assert_librarys(source, photo):
    masks, scores = librarys(source, photo)
    proposals = source(photo)
    tiny_models.assert_same_masks(proposals.masks, masks)
    np.testing.assert_allclose(proposals.scores, scores, rtol=1e-5)
    return len(masks)


def test_every_mask_is_the_librarys(folder):
    source = Sam(str(folder), CPU, Quality(), EVERYTHING)
    assert assert_librarys(source, tiny_models.photo(150, 150)) >= 3 * 5 * 5 - 10


@pytest.mark.parametrize("size", [(100, 150), (150, 90), (37, 41)])
def test_every_mask_is_the_librarys_on_padded_photos(source, size):
    assert assert_librarys(source, tiny_models.photo(*size)) > 0


@pytest.mark.parametrize(
    ("filtered", "values"),
    [
        ("min_iou", [0.5, 1.0, 1.5]),
        ("min_stability", [0.6, 0.95, 0.985]),
        ("max_box_overlap", [0.9, 0.99]),
    ],
)
def test_filters_are_the_librarys(folder, filtered, values):
    photo = tiny_models.photo(120, 120)
    source = Sam(str(folder), CPU, Quality(), EVERYTHING)
    counts = []
    for value in values:
        source.grid = replace(EVERYTHING, **{filtered: value})
        counts.append(assert_librarys(source, photo))
    assert any(0 < count < 3 * 5 * 5 for count in counts)


def test_a_shifted_mask_threshold_is_the_librarys(source):
    source.grid = replace(EVERYTHING, mask_threshold=0.4, min_stability=0.3)
    assert assert_librarys(source, tiny_models.photo(90, 120)) > 0


@pytest.mark.parametrize("build", [tiny_models.sam, tiny_models.sam2])
@pytest.mark.parametrize("size", [(100, 150), (150, 90)])
def test_points_lie_where_the_librarys_processor_puts_them(build, size):
    processor = {
        tiny_models.sam: transformers.SamProcessor,
        tiny_models.sam2: transformers.Sam2Processor,
    }[build](build()[1])
    points = grid_points(4, size, size)
    photo = tiny_models.photo(*size)
    prepared = processor(photo, input_points=[points[:, None].tolist()], return_tensors="pt")
    side = tiny_models.SIDE
    inside = (side, side)
    if build is tiny_models.sam:
        inside = tuple(prepared["reshaped_input_sizes"][0].tolist())
    expected = prepared["input_points"].reshape(-1, 2).float()
    torch.testing.assert_close(grid_points(4, size, inside), expected)


def test_large_photos_are_judged_small_and_come_back_full_size(source):
    photo = tiny_models.photo(300, 450)
    source.grid = replace(EVERYTHING, min_stability=0.5)
    masks, _ = librarys(source, photo)
    source.grid = replace(source.grid, working_side=96)
    proposals = source(photo)
    assert proposals.size == (300, 450)
    mine = proposals.masks
    for mask in masks[: len(mine) // 2]:
        union = (mine | mask).sum((1, 2))
        assert ((mine & mask).sum((1, 2)) / union).max() > 0.999


def test_the_image_is_encoded_once_and_prompts_come_in_batches(source):
    images, prompts = [], []
    model = source.placement.model
    with (
        model.vision_encoder.register_forward_pre_hook(lambda *_: images.append(1)),
        model.mask_decoder.register_forward_hook(lambda *given: prompts.append(given[2][0].shape)),
    ):
        source(tiny_models.photo(60, 80))
    assert len(images) == 1
    assert [shape[1] for shape in prompts] == [7, 7, 7, 4]


def test_each_batch_is_a_chance_to_give_up(source):
    prompts = []
    with source.placement.model.mask_decoder.register_forward_pre_hook(
        lambda *_: prompts.append(1)
    ):
        steps = source.steps(tiny_models.photo(60, 80))
        assert next(steps).stage == "SAM image"
        assert next(steps).done == 7
        assert next(steps).done == 14
        steps.close()
    assert len(prompts) == 2


def test_the_network_runs_in_half_precision(folder, monkeypatch):
    monkeypatch.setattr(DevicePlacement, "half", lambda _: torch.autocast("cpu", torch.bfloat16))
    source = Sam(str(folder), CPU, Quality(), EVERYTHING)
    proposals = source(tiny_models.photo(60, 80))
    assert len(proposals) > 0


def points_of(keywords):
    return keywords["input_points"].shape[1] if "input_points" in keywords else 1


def test_without_memory_for_all_points_it_asks_fewer_at_a_time(sam_folder, run_out):
    photo = tiny_models.photo(60, 80)
    source = Sam(str(sam_folder), CPU, Quality(), EVERYTHING)
    expected = source(photo)

    def short_of_memory(_, arguments, keywords):
        if points_of(keywords) > 2:
            run_out["cpu"]()

    with (
        source.placement.model.register_forward_pre_hook(short_of_memory, with_kwargs=True),
        pytest.warns(ZsrisWarning, match=r"^memory ran out on the CPU: going on") as told,
    ):
        proposals = source(photo)
    assert len(told) == 1
    tiny_models.assert_same_masks(proposals.masks, expected.masks)


def test_without_memory_on_its_device_the_cpu_takes_over(sam_folder, run_out, second_device):
    photo = tiny_models.photo(60, 80)
    expected = Sam(str(sam_folder), CPU, Quality(), EVERYTHING)(photo)
    source = Sam(str(sam_folder), second_device, Quality(), EVERYTHING)

    def short_of_memory(*_):
        if source.placement.device != CPU:
            run_out["mps"]()

    with (
        source.placement.model.vision_encoder.register_forward_pre_hook(short_of_memory),
        pytest.warns(ZsrisWarning, match=r"^memory ran out on lazy:0: .* and on the CPU") as told,
    ):
        proposals = source(photo)
    assert len(told) == 1
    tiny_models.assert_same_masks(proposals.masks, expected.masks)


def test_quality_is_applied_before_masks_are_enlarged(source, monkeypatch):
    source.quality = Quality(max_count=3)
    source.grid = replace(EVERYTHING, working_side=48)
    enlarged = []
    bitmap = Upsampling.bitmap

    def counted(self, *arguments):
        enlarged.append(self.size)
        return bitmap(self, *arguments)

    monkeypatch.setattr(Upsampling, "bitmap", counted)
    proposals = source(tiny_models.photo(100, 200))
    assert len(proposals) == 3
    assert enlarged.count((100, 200)) == 3
    assert (np.diff(proposals.scores) <= 0).all()


def test_nothing_found_is_no_proposal(source):
    source.grid = replace(EVERYTHING, min_iou=1e9)
    assert len(source(tiny_models.photo(40, 60))) == 0


def test_small_regions_are_tidied_as_a_fraction_of_the_photo():
    logits = torch.full((1, 10, 10), -1.0)
    logits[0, 2:7, 2:7] = 1.0
    logits[0, 9, 9] = 1.0
    found = Found(logits, torch.ones(1), torch.zeros(1, 4))
    grid = PointGrid(min_region=0.03)
    assert (tidy(found, 1.0, grid).logits > 0).sum() == 25
    assert (tidy(found, 0.3, grid).logits > 0).sum() == 26
    assert tidy(found, 1.0, PointGrid(min_region=0.0)) is found


def test_masks_judged_together_are_judged_as_alone(monkeypatch):
    logits = torch.from_numpy(np.random.default_rng(0).normal(size=(9, 8, 8))).float()
    logits[4] = -9.0
    scores = torch.linspace(0.1, 1.0, 9)
    upsampling = Upsampling.through((8, 8), [((31, 29), (31, 29))])
    grid = PointGrid(min_iou=0.2, min_stability=0.05)
    alone = judge(logits, scores, upsampling, grid)
    monkeypatch.setattr("napari_zsris.proposals.pointgrid.together", lambda _: 4)
    together = judge(logits, scores, upsampling, grid)
    assert len(alone) == 7
    assert torch.equal(alone.boxes, together.boxes)
    assert torch.equal(alone.logits, together.logits)


def test_working_size_keeps_proportions():
    assert working_size((4000, 6000), 1024) == (683, 1024)
    assert working_size((100, 50), 1024) == (100, 50)
    assert working_size((1, 5000), 1000) == (1, 1000)


@pytest.mark.parametrize("name", ["points_per_side", "points_per_batch", "working_side"])
def test_counts_below_one_are_refused(name):
    with pytest.raises(ProposalError, match=f"{name} is 0: give 1 or more"):
        PointGrid(**{name: 0})


def test_defaults_are_a_sixteen_by_sixteen_grid_with_parts_last():
    assert PointGrid().points_per_side == 16
    assert DEFAULT_QUALITY.part_area > 0


def test_the_registry_makes_it_from_a_folder(sam_folder):
    source = create_proposals(f"sam:{sam_folder}")
    assert source.name == f"sam:{sam_folder}"
    assert source.quality == DEFAULT_QUALITY
    few = create_proposals(f"sam:{sam_folder}", quality=Quality(max_count=2))
    assert few.quality.max_count == 2


def test_offline_is_one_line_with_three_ways_out(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        ModelUnavailableError,
        match=rf"^sam: the model '{DEFAULT_MODEL}' is not on this machine and could not be fetched"
        r"[^\n]*connect to the network[^\n]*HF_HUB_OFFLINE=1[^\n]*local folder as sam:DIR$",
    ):
        create_proposals("sam")


def test_a_name_that_is_no_folder_and_no_id_is_told(monkeypatch):
    with pytest.raises(ModelUnavailableError, match=r"'/no/such/folder' is not on this machine"):
        create_proposals("sam:/no/such/folder")


def test_a_folder_without_a_model_is_told(tmp_path):
    with pytest.raises(ModelUnavailableError, match=r"^sam: [^\n]* is no model that this source"):
        create_proposals(f"sam:{tmp_path}")


def test_another_family_is_told(tmp_path):
    config = transformers.ViTConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    transformers.ViTModel(config).save_pretrained(tmp_path)
    transformers.ViTImageProcessor().save_pretrained(tmp_path)
    with pytest.raises(ModelUnavailableError, match=r"is no model that this source can use"):
        create_proposals(f"sam:{tmp_path}")


def test_without_transformers_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModelUnavailableError, match=r"pip install 'napari-zsris\[sam\]'"):
        Sam(str(tmp_path), CPU)

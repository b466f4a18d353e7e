"""Proposals of the bundled model, and files that hold none."""

from functools import partial

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from skimage.data import coffee

from napari_zsris.errors import ModelUnavailableError, OutOfMemoryError
from napari_zsris.imagenet import feature_maps
from napari_zsris.progress import finish
from napari_zsris.proposals.objects import Objects, load_bundled, load_model
from napari_zsris.proposals.objects.groups import GROUP_FEATURES, group_features
from napari_zsris.proposals.objects.model_file import BUNDLED, ModelCard, model_bytes
from napari_zsris.proposals.objects.pairs import PAIR_CUES
from napari_zsris.proposals.objects.photo import MAPS, photo_regions, pooling
from napari_zsris.proposals.objects.trees import gather
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.registry import create_proposals


@pytest.fixture(scope="module")
def model():
    return load_bundled()


@pytest.fixture(scope="module")
def source(model, network):
    return Objects(model, network)


@pytest.fixture(scope="module")
def proposals(source):
    return source(coffee())


def test_a_photo_gets_a_hundred_masks_that_expect_most_first(proposals):
    assert proposals.source == "objects"
    assert proposals.masks.shape == (100, 400, 600)
    assert (np.diff(proposals.scores) <= 0).all()
    assert proposals.scores.min() >= 0
    assert proposals.scores.max() <= 1
    assert 0 <= proposals.scores.min() <= proposals.scores.max() <= 1


def test_the_cup_and_its_saucer_are_among_them(proposals):
    rows, columns = np.mgrid[:400, :600]
    saucer = ((columns - 303) / 255) ** 2 + ((rows - 193) / 170) ** 2 < 1
    masks = proposals.masks[:10]
    iou = (masks & saucer).sum((1, 2)) / (masks | saucer).sum((1, 2))
    assert iou.max() > 0.7


def test_it_is_made_by_name_and_gives_the_same_each_time(proposals):
    again = create_proposals("objects")(coffee())
    np.testing.assert_array_equal(again.masks, proposals.masks)
    np.testing.assert_array_equal(again.scores, proposals.scores)


def test_without_memory_to_look_it_says_at_what_and_with_what(source, run_out):
    stem = source.placement.model.conv_stem
    with (
        stem.register_forward_pre_hook(lambda *_: run_out["oneDNN"]()),
        pytest.raises(OutOfMemoryError, match=r"^photo of 150 x 100 pixels with objects: objects:"),
    ):
        source(coffee()[::4, ::4])


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 40, 3), (40, 1, 3), (7, 5, 3), (30, 40)])
def test_the_smallest_and_the_plainest_pictures_are_a_proposal(source, shape):
    proposals = source(np.full(shape, 200, np.uint8))
    assert proposals.masks.shape[1:] == shape[:2]
    assert len(proposals) == 1
    assert proposals.masks.all()


@pytest.mark.parametrize("shape", [(2, 300, 3), (64, 64, 3), (300, 3, 3)])
def test_noise_is_no_error(source, shape):
    picture = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    proposals = source(picture)
    assert 1 <= len(proposals) <= 100
    assert proposals.masks.any(axis=(1, 2)).all()
    assert np.isfinite(proposals.scores).all()


def test_few_are_chosen_to_cover_much(model, network):
    few = Objects(model, network, Quality(max_count=5))(coffee())
    assert len(few) == 5


def test_its_steps_count_to_the_end(source):
    steps = list(source.steps(np.zeros((20, 30, 3), np.uint8)))
    assert [step.done for step in steps] == list(range(steps[0].total))


def test_cues_and_features_have_their_widths(model, network):
    photo = finish(photo_regions(coffee()[::4, ::4], partial(feature_maps, network)))
    figure = model.find_figure(photo)
    cues = model.pair_cues(photo, figure)
    assert cues.shape == (len(MAPS) + PAIR_CUES, len(photo), len(photo))
    np.testing.assert_array_equal(cues, cues.transpose(0, 2, 1))
    affinity = model.find_affinity(photo, cues)
    np.testing.assert_array_equal(affinity, affinity.T)
    members = gather(photo, affinity)
    assert len(np.unique(members, axis=0)) == len(members)
    seen = np.ones((len(photo), 3), np.float32)
    features = group_features(photo, members, figure, affinity, seen)
    assert features.shape == (len(members), GROUP_FEATURES + 3)
    assert np.isfinite(features).all()


def test_pooling_reads_a_map_as_if_it_were_resized():
    labels = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 2], [2, 2, 2, 2]])
    values = np.random.default_rng(0).random((2, 3), np.float32)
    large = torch.nn.functional.interpolate(
        torch.from_numpy(values)[None, None], (4, 4), mode="bilinear"
    )[0, 0].numpy()
    means = [large[labels == region].mean() for region in range(3)]
    np.testing.assert_allclose(pooling(labels, 3, (2, 3)) @ values.ravel(), means, rtol=1e-5)


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(model_bytes(model, ModelCard("balls", 4, 8, 0)))
    return path


def test_a_file_is_used_by_name(file, proposals):
    again = create_proposals(f"objects:{file}")(coffee())
    np.testing.assert_array_equal(again.masks, proposals.masks)


def test_the_bundled_file_is_small():
    from importlib.resources import files

    data = files("napari_zsris.proposals.objects").joinpath(BUNDLED).read_bytes()
    assert len(data) <= 3_000_000


def _rewritten(file, change):
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file, {"format": "napari-zsris objects 1", "card": "{}"})


def test_files_that_hold_no_model_are_refused(file):
    name = "figure.layers.0.weight"
    for change, reason in (
        (lambda tensors: tensors.pop(name), "those of another network"),
        (lambda tensors: tensors.update({name: torch.zeros(2, 2)}), "of shape"),
        (lambda tensors: tensors[name].fill_(float("nan")), "finite"),
        (lambda tensors: tensors.update({name: tensors[name].int()}), "finite"),
    ):
        damaged = file.with_name("damaged.safetensors")
        damaged.write_bytes(file.read_bytes())
        _rewritten(damaged, change)
        with pytest.raises(ModelUnavailableError, match=reason) as caught:
            load_model(damaged)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 100])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelUnavailableError, match="holds no model for 'objects'"):
        load_model(path)


def test_files_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "scene.safetensors"
    save_file({"boxes": torch.zeros(1)}, path, {"format": "napari-zsris scene 2"})
    with pytest.raises(ModelUnavailableError, match="another kind or version"):
        load_model(path)
    for missing in (tmp_path / "absent", tmp_path):
        with pytest.raises(ModelUnavailableError, match="holds no model"):
            create_proposals(f"objects:{missing}")

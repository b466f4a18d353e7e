"""detectron2's models with random weights, where it is installed; clear lines where it is not."""

import collections
import pickle
import sys
import warnings
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from torch.nn import functional

from napari_zsris.errors import ModelUnavailableError, ProposalError, ZsrisWarning
from napari_zsris.proposals.detectron2 import Detectron2, read_weights
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.registry import available, create_proposals

from . import tiny_models

# detectron2 calls an old form of torch.meshgrid.
pytestmark = pytest.mark.filterwarnings("ignore:torch.meshgrid:UserWarning")

CPU = torch.device("cpu")
MASK_RCNN = "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_3x.yaml"
SMALL = """
MODEL:
  RESNETS: {DEPTH: 18, RES2_OUT_CHANNELS: 64, NUM_GROUPS: 1}
  ROI_HEADS: {NUM_CLASSES: 3, SCORE_THRESH_TEST: 0.05}
  WEIGHTS: ""
INPUT: {MIN_SIZE_TEST: 96, MAX_SIZE_TEST: 160}
"""
POINTREND = """MODEL:
  ROI_MASK_HEAD: {NAME: PointRendMaskHead, POOLER_TYPE: "", FC_DIM: 32, NUM_FC: 1,
    OUTPUT_SIDE_RESOLUTION: 7, IN_FEATURES: [p2], POINT_HEAD_ON: true}
  POINT_HEAD: {NUM_CLASSES: 3, FC_DIM: 32, IN_FEATURES: [p2]}
"""
needs_detectron2 = pytest.mark.skipif(
    find_spec("detectron2") is None, reason="detectron2 is not installed; it is built from source"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("detectron2")


def small_config(folder):
    """A zoo configuration with a thinner network, and random weights in a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from detectron2 import model_zoo
    path = folder / "small.yaml"
    path.write_text(f"_BASE_: {model_zoo.get_config_file(MASK_RCNN)}\n{SMALL}")
    return path


@pytest.fixture(scope="module")
def config(folder):
    return small_config(folder)


@pytest.fixture(scope="module")
def source(config):
    torch.manual_seed(0)
    return Detectron2(str(config), "", CPU, Quality())


def librarys(source, photo, size):
    """What the model itself gives for a photo at some size."""
    inputs = {"image": source._pixels(photo), "height": size[0], "width": size[1]}
    with torch.no_grad():
        found = source.placement.model([inputs])[0]["instances"]
    return found.pred_masks.numpy(), found.scores.numpy()


@needs_detectron2
def test_masks_are_the_models_own(source):
    photo = tiny_models.photo(90, 140)
    masks, scores = librarys(source, photo, (90, 140))
    proposals = source(photo)
    assert 0 < len(proposals) == len(masks)
    tiny_models.assert_same_masks(proposals.masks, masks)
    np.testing.assert_allclose(proposals.scores, scores, rtol=1e-5)


@needs_detectron2
def test_the_photo_is_resized_and_its_channels_ordered_as_the_configuration_says(source):
    photo = tiny_models.photo(180, 300)
    pixels = source._pixels(photo)
    assert pixels.shape == (3, 96, 160)
    np.testing.assert_allclose(pixels.mean((1, 2)), photo[:, :, ::-1].mean((0, 1)), atol=1)


@needs_detectron2
def test_large_photos_come_back_full_size(source, monkeypatch):
    monkeypatch.setattr("napari_zsris.proposals.detectron2.WORKING_SIDE", 150)
    photo = tiny_models.photo(400, 600)
    masks, _ = librarys(source, photo, (100, 150))
    enlarged = functional.interpolate(
        torch.from_numpy(masks)[None].float(), (400, 600), mode="bilinear"
    )[0]
    clear = (enlarged - 0.5).abs().numpy() > 1e-4
    proposals = source(photo)
    assert proposals.size == (400, 600)
    np.testing.assert_array_equal(proposals.masks[clear], enlarged.numpy()[clear] > 0.5)


@needs_detectron2
def test_saved_weights_are_loaded(config, source, folder):
    torch.save({"model": source.placement.model.state_dict()}, folder / "weights.pth")
    again = create_proposals(f"detectron2:{config}:{folder / 'weights.pth'}")
    again.quality = Quality()
    photo = tiny_models.photo(90, 140)
    tiny_models.assert_same_masks(again(photo).masks, source(photo).masks)


@needs_detectron2
def test_the_zoos_pickled_arrays_are_loaded(config, source, folder):
    arrays = {name: value.numpy() for name, value in source.placement.model.state_dict().items()}
    content = {"model": arrays, "__author__": "somebody"}
    (folder / "weights.pkl").write_bytes(pickle.dumps(content, protocol=2))
    again = Detectron2(str(config), str(folder / "weights.pkl"), CPU, Quality())
    photo = tiny_models.photo(90, 140)
    tiny_models.assert_same_masks(again(photo).masks, source(photo).masks)


@needs_detectron2
def test_pointrend_configurations_are_known(tmp_path):
    path = small_config(tmp_path)
    text = path.read_text().replace("MODEL:\n", POINTREND, 1)
    path.write_text(text)
    proposals = Detectron2(str(path), "", CPU, Quality())(tiny_models.photo(60, 90))
    assert proposals.size == (60, 90)


@needs_detectron2
def test_a_zoo_configuration_is_found_by_its_name_and_its_weights_are_missed():
    with pytest.raises(
        ModelUnavailableError,
        match=r"^detectron2: the weights '/no/such.pth' cannot[^\n]*detectron2:CONFIG:FILE$",
    ):
        create_proposals(f"detectron2:{MASK_RCNN}:/no/such.pth")


@needs_detectron2
def test_an_unknown_configuration_is_told():
    with pytest.raises(
        ModelUnavailableError, match=r"the configuration 'mask_rcnn' cannot be used[^\n]*model zoo"
    ):
        create_proposals("detectron2:mask_rcnn")


@needs_detectron2
def test_code_in_a_configuration_is_not_run(tmp_path, capsys):
    path = tmp_path / "evil.yaml"
    path.write_text("OUTPUT_DIR: !!python/object/apply:builtins.print ['it ran']\n")
    with pytest.raises(ModelUnavailableError, match=r"the configuration [^\n]*cannot be used"):
        Detectron2(str(path), "", CPU)
    assert "it ran" not in capsys.readouterr().out


@needs_detectron2
def test_a_model_without_masks_is_told(tmp_path):
    path = small_config(tmp_path)
    path.write_text(path.read_text().replace("MODEL:\n", "MODEL:\n  MASK_ON: false\n", 1))
    source = Detectron2(str(path), "", CPU)
    with pytest.raises(ProposalError, match=r"predicts no instance masks: choose"):
        source(tiny_models.photo(60, 90))


@needs_detectron2
def test_without_memory_the_cpu_takes_over(config, source, run_out, second_device):
    photo = tiny_models.photo(60, 90)
    expected = source(photo)
    placement = source.placement
    placement.wanted = second_device

    def short_of_memory(*_):
        if placement.device != CPU:
            run_out["cuda"]()

    with (
        placement.model.register_forward_pre_hook(short_of_memory),
        pytest.warns(ZsrisWarning, match=r"^memory ran out on lazy:0"),
    ):
        proposals = source(photo)
    placement.wanted = CPU
    tiny_models.assert_same_masks(proposals.masks, expected.masks)


class Evil:
    def __reduce__(self):
        return print, ("a checkpoint ran code",)


@pytest.mark.parametrize("suffix", [".pkl", ".pth"])
def test_code_in_weights_is_not_run(tmp_path, capsys, suffix):
    path = tmp_path / f"evil{suffix}"
    if suffix == ".pkl":
        path.write_bytes(pickle.dumps({"model": {"x": Evil()}}))
    else:
        torch.save({"model": {"x": Evil()}}, path)
    with pytest.raises(pickle.UnpicklingError):
        read_weights(path)
    assert capsys.readouterr().out == ""


def test_old_zoos_blobs_are_matched_by_name(tmp_path):
    blobs = collections.OrderedDict(conv1_w=np.ones(3, np.float32), conv1_w_momentum=np.ones(3))
    path = tmp_path / "old.pkl"
    path.write_bytes(pickle.dumps({"blobs": blobs}, protocol=2))
    content = read_weights(path)
    assert list(content["model"]) == ["conv1_w"]
    assert content["matching_heuristics"]


def test_bare_weights_are_wrapped(tmp_path):
    torch.save({"x": torch.ones(1)}, tmp_path / "bare.pth")
    assert list(read_weights(tmp_path / "bare.pth")) == ["model"]


def test_without_detectron2_the_way_to_build_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "detectron2", None)
    with pytest.raises(
        ModelUnavailableError,
        match=r"^detectron2 is not installed: [^\n]*facebookresearch/detectron2[^\n]*"
        r"setuptools<81[^\n]*FORCE_CUDA=0 pip install --no-build-isolation \.[^\n]*$",
    ):
        Detectron2(MASK_RCNN, "", CPU)


@pytest.mark.skipif(find_spec("detectron2") is not None, reason="detectron2 is installed")
def test_the_registry_tells_it_too():
    with pytest.raises(ModelUnavailableError, match=r"needs detectron2[^\n]*--no-build-isolation"):
        create_proposals(f"detectron2:{MASK_RCNN}")
    row = {row.usage: row for row in available()}["detectron2:CONFIG[:WEIGHTS]"]
    assert not row.usable
    assert "setuptools<81" in row.remedy


@needs_detectron2
def test_a_newer_setuptools_is_told(monkeypatch):
    for name in [*sys.modules]:
        if name.startswith("detectron2.model_zoo"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("detectron2.model_zoo", raising=False)
    monkeypatch.setitem(sys.modules, "pkg_resources", None)
    with pytest.raises(
        ModelUnavailableError, match=r"older setuptools: pip install 'setuptools<81'"
    ):
        Detectron2(MASK_RCNN, "", CPU)

"""Reading the published checkpoint: every key accounted for, every other file refused."""

import json

import pytest
import torch

from napari_zsris.errors import ModelUnavailableError
from napari_zsris.proposals.freesolo.checkpoint import build_network, load_network, read_state
from napari_zsris.proposals.freesolo.network import FreeSoloNetwork
from napari_zsris.proposals.registry import create_proposals


@pytest.fixture(scope="module")
def published(shared):
    """The official checkpoint's keys and shapes, without its numbers."""
    keys = json.loads((shared / "parity" / "freesolo_keys.json").read_text())["state_dict"]
    return {key: torch.empty(shape, device="meta") for key, shape, *_ in keys}


@pytest.fixture(scope="module")
def needed(published):
    unused = ("_iter", "ins_head.emb_pred.")
    return {key: value for key, value in published.items() if not key.startswith(unused)}


def test_the_official_key_list_loads_strictly(needed, tmp_path):
    network = build_network(needed, tmp_path)
    ours = network.state_dict()
    assert len(ours) == len(needed) == 591 - 3
    assert isinstance(network, FreeSoloNetwork)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize(
    "left_out",
    [
        "backbone.bottom_up.stem.conv1.norm.running_var",
        "backbone.fpn_lateral5.bias",
        "mask_head.convs_all_levels.3.conv2.1.weight",
    ],
)
def test_a_missing_key_is_noticed(needed, tmp_path, left_out):
    rest = {key: value for key, value in needed.items() if key != left_out}
    with pytest.raises(ModelUnavailableError, match="of its tensors 1 are missing"):
        build_network(rest, tmp_path)


def test_unknown_keys_and_other_shapes_are_told_on_one_line(needed, tmp_path):
    wrong = needed | {
        "ins_head.cate_pred.bias": torch.empty(80, device="meta"),
        "roi_heads.weight": torch.empty(1, device="meta"),
    }
    with pytest.raises(
        ModelUnavailableError,
        match=r"is not a FreeSOLO R101 checkpoint: [^\n]*1 are unknown \(roi_heads.weight, ...\)"
        r"[^\n]*1 have another shape \(instance_head.class_predictor.bias, ...\)[^\n]*$",
    ):
        build_network(wrong, tmp_path)


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_wrappers_and_unused_tensors_are_taken_off(tmp_path, wrapped, prefix):
    names = ["_iter", "ins_head.emb_pred.bias", "ins_head.cate_pred.bias"]
    state = {prefix + name: torch.zeros(1) for name in names}
    extra = {"optimizer": {"state": {0: {"momentum_buffer": torch.zeros(1)}}}, "iteration": 7}
    torch.save({"model": state, **extra} if wrapped else state, tmp_path / "some.pth")
    assert list(read_state(tmp_path / "some.pth")) == ["ins_head.cate_pred.bias"]


def test_a_missing_file_tells_where_the_weights_are(tmp_path):
    with pytest.raises(
        ModelUnavailableError,
        match=r"^no FreeSOLO weights at [^\n]*absent\.pth[^\n]*xinlongwang/FreeSOLO[^\n]*licence",
    ):
        load_network(tmp_path / "absent.pth")


class Evil:
    def __reduce__(self):
        return print, ("a checkpoint ran code",)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "bad.pth").write_bytes(content)
    with pytest.raises(ModelUnavailableError, match=r"cannot be read[^\n]*download it again"):
        load_network(tmp_path / "bad.pth")


def test_code_in_a_checkpoint_is_not_run(tmp_path, capsys):
    torch.save({"model": {"x": Evil()}}, tmp_path / "evil.pth")
    with pytest.raises(ModelUnavailableError, match=r"cannot be read[^\n]*plain tensors"):
        load_network(tmp_path / "evil.pth")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [[1, 2], {"model": 3}, {"model": {"a": "b"}}])
def test_a_file_without_named_tensors_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(ModelUnavailableError, match=r"holds no network weights by name"):
        load_network(tmp_path / "other.pth")


def test_the_name_on_the_command_line_leads_here(tmp_path):
    with pytest.raises(ModelUnavailableError, match="no FreeSOLO weights at"):
        create_proposals(f"freesolo:{tmp_path / 'absent.pth'}")

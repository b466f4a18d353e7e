import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file, save_file

from napari_zsris.clip import load_clip
from napari_zsris.files import OutputError
from napari_zsris.method import Language, Method, Reader, Scene
from napari_zsris.method.scene_file import SceneFileError, read_scene
from napari_zsris.proposals import Proposals

D = 8


class NamedClip:
    def __init__(self, name):
        self.name = name


class NamedReader:
    """All that a file keeps of a reader."""

    def __init__(self, name="lite"):
        self.clip = NamedClip(name)


def scene_of(masks, seed=0, **settings):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(2, len(masks), D)).astype(np.float32)
    proposals = Proposals.from_masks(
        masks, scores=rng.uniform(size=len(masks)), source="sam:some/model"
    )
    method = Method(alpha=0.7, margin=0.15, **settings)
    context = rng.normal(size=(len(masks), D)).astype(np.float32) if settings else None
    dense = rng.normal(size=(4, 5, D)).astype(np.float32) if settings else None
    return Scene(proposals, *features, method, NamedReader(), context, dense)


def whole_scene(count=3):
    return scene_of(np.ones((count, 20, 30), bool), context="frame", coherence=1.0)


@pytest.fixture
def scene():
    masks = np.zeros((3, 20, 30), bool)
    masks[0, 2:9, 3:14] = True
    masks[1] = True
    return scene_of(masks)


@pytest.fixture
def saved(scene, tmp_path):
    scene.save(tmp_path / "deep" / "scene.safetensors")
    return tmp_path / "deep" / "scene.safetensors"


def assert_same(scene, other):
    for name in ("masks", "boxes", "scores"):
        assert np.array_equal(getattr(scene.proposals, name), getattr(other.proposals, name))
    assert scene.proposals.source == other.proposals.source
    assert np.array_equal(scene.global_features, other.global_features)
    assert np.array_equal(scene.local_features, other.local_features)
    assert scene.method == other.method
    for name in ("context_features", "dense_features"):
        before, after = getattr(scene, name), getattr(other, name)
        assert before is after is None or np.array_equal(before, after)


@pytest.mark.parametrize("count", [3, 0])
def test_all_views_come_back(tmp_path, count):
    scene = whole_scene(count)
    scene.save(tmp_path / "scene.safetensors")
    assert_same(scene, Scene.load(tmp_path / "scene.safetensors", scene.reader))


@pytest.mark.parametrize(
    "tensors",
    [
        {"context_features": np.zeros((2, D), np.float32)},
        {"context_features": np.full((3, D), np.nan, np.float32)},
        {"dense_features": np.zeros((4, D), np.float32)},
        {"dense_features": np.zeros((4, 5, D + 1), np.float32)},
    ],
)
def test_damaged_views_are_refused(tmp_path, tensors):
    path = tmp_path / "scene.safetensors"
    whole_scene().save(path)
    changed(path, tensors)
    with pytest.raises(SceneFileError, match="its content is damaged"):
        read_scene(path)


def test_missing_views_are_refused(saved):
    for settings in ({"context": "crop"}, {"coherence": 1.0}):
        changed(saved, about={"method": json.dumps(settings)})
        with pytest.raises(SceneFileError, match="its content is damaged"):
            read_scene(saved)


def test_a_scene_comes_back_as_it_was(scene, saved):
    assert_same(scene, Scene.load(saved, scene.reader))


@given(arrays.arrays(bool, st.tuples(st.integers(0, 4), st.integers(1, 12), st.integers(1, 20))))
def test_any_masks_come_back(tmp_path_factory, masks):
    scene = scene_of(masks)
    path = tmp_path_factory.mktemp("scenes") / "any.safetensors"
    scene.save(path)
    assert_same(scene, Scene.load(path, scene.reader))


def test_a_loaded_scene_ranks_as_the_first_did(tmp_path):
    reader = Reader(load_clip(device="cpu"), Language(None))
    rng = np.random.default_rng(0)
    width = reader.read("a cat").fused(0.5).shape[0]
    features = rng.normal(size=(2, 4, width)).astype(np.float32)
    masks = rng.uniform(size=(4, 20, 30)) < 0.3
    scene = Scene(Proposals.from_masks(masks), *features, Method(), reader)
    scene.save(tmp_path / "scene.safetensors")
    loaded = Scene.load(tmp_path / "scene.safetensors", reader)
    for phrase in ("a cat", "the cat on the left"):
        assert np.array_equal(loaded.rank(phrase).scores, scene.rank(phrase).scores)


def test_another_model_cannot_read_it(saved):
    with pytest.raises(SceneFileError, match="encoded with lite, and RN50/openai cannot read it"):
        Scene.load(saved, NamedReader("RN50/openai"))


def test_no_file_and_no_scene(tmp_path):
    (tmp_path / "text").write_text("no scene")
    (tmp_path / "empty").write_bytes(b"")
    save_file({"weight": np.zeros(3)}, tmp_path / "weights")
    for name in ("none", "text", "empty", "weights", ""):
        with pytest.raises(SceneFileError, match=r"holds no scene .*encode the photo again"):
            read_scene(tmp_path / name)


def test_a_place_that_cannot_be_written(scene, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="a part of this path is a file"):
        scene.save(tmp_path / "file" / "scene.safetensors")


def changed(path, tensors=(), about=()):
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        metadata = file.metadata() | dict(about)
    save_file(load_file(path) | dict(tensors), path, metadata)


@pytest.mark.parametrize(
    "tensors",
    [
        {"places": np.array([[0, 0, 20, 31], [0, 0, 20, 30], [0, 0, 0, 0]], np.int32)},
        {"places": np.array([[-1, 0, 7, 11], [0, 0, 20, 30], [0, 0, 0, 0]], np.int32)},
        {"places": np.array([[0, 0, -7, 11], [0, 0, 20, 30], [0, 0, 0, 0]], np.int32)},
        {"places": np.zeros((3, 4))},
        {"places": np.zeros((2, 3), np.int32)},
        {"bits": np.zeros(5, np.uint8)},
        {"bits": np.zeros(500, np.uint8)},
        {"bits": np.zeros(94, np.float32)},
        {"boxes": np.zeros((3, 3), np.float32)},
        {"scores": np.full(3, np.nan, np.float32)},
        {"global_features": np.zeros((3, D))},
        {"global_features": np.full((3, D), np.inf, np.float32)},
        {"local_features": np.zeros((2, D), np.float32)},
        {"local_features": np.zeros((3, D + 1), np.float32)},
    ],
    ids=lambda tensors: next(iter(tensors)),
)
def test_damaged_numbers_are_refused(saved, tensors):
    changed(saved, tensors)
    with pytest.raises(SceneFileError, match="its content is damaged"):
        read_scene(saved)


@pytest.mark.parametrize(
    "about",
    [
        {"size": "[0, 30]"},
        {"size": "[20]"},
        {"size": "[20, 99999999999]"},
        {"size": "no"},
        {"method": json.dumps({"alpha": 7})},
        {"method": json.dumps({"beta_max": 0.5})},
        {"method": "[1]"},
    ],
    ids=str,
)
def test_damaged_words_are_refused(saved, about):
    changed(saved, about=about)
    with pytest.raises(SceneFileError, match="its content is damaged"):
        read_scene(saved)


def test_bits_beyond_the_last_column_do_not_count(saved, scene):
    changed(saved, {"bits": load_file(saved)["bits"] | 0x01})
    loaded = read_scene(saved).proposals
    assert loaded.areas.tolist() == loaded.masks.sum(axis=(1, 2)).tolist()

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file, save_file
from skimage.data import cat

from napari_zsris.clip import load_clip
from napari_zsris.files import OutputError
from napari_zsris.method import Language, Method, Reader, Scene, Segmenter
from napari_zsris.method.provenance import Provenance
from napari_zsris.method.scene_file import SceneFileError, checksum, read_scene
from napari_zsris.proposals import Proposals
from napari_zsris.proposals.quality import Quality

D = 8


class NamedClip:
    def __init__(self, name):
        self.name, self.digest, self.width = name, f"weights of {name}", D


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
    for method in ({"context": "crop"}, {"coherence": 1.0}):
        changed(saved, about={"method": json.dumps(method)})
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


def test_other_weights_of_the_same_name_cannot_read_it(saved, scene):
    reader = NamedReader()
    reader.clip.digest = "trained further"
    with pytest.raises(SceneFileError, match="encoded with other weights of lite, and lite cannot"):
        Scene.load(saved, reader)
    renamed = NamedReader("ViT-B-32:copy.pt")
    renamed.clip.digest = scene.reader.clip.digest
    assert_same(scene, Scene.load(saved, renamed))


def test_features_of_another_width_are_refused(saved, scene):
    features = np.zeros((3, D - 1), np.float32)
    changed(saved, {"global_features": features, "local_features": features})
    with pytest.raises(SceneFileError, match="holds features of 7 numbers"):
        Scene.load(saved, scene.reader)


def test_what_made_a_scene_stays_known(saved, scene, tmp_path):
    made = Provenance("0.0.1", '{"name": "tiles", "version": 3}')
    dataclasses.replace(scene, provenance=made).save(tmp_path / "old.safetensors")
    old = Scene.load(tmp_path / "old.safetensors", scene.reader)
    old.save(tmp_path / "again.safetensors")
    assert Scene.load(tmp_path / "again.safetensors", scene.reader).provenance == made
    assert Scene.load(saved, scene.reader).provenance == Provenance()


def test_numbers_of_numpy_come_back_in_a_method(scene, tmp_path):
    method = Method(alpha=np.float32(0.5), mask_layers=np.int64(2), antialias=np.bool_(1), margin=1)
    dataclasses.replace(scene, method=method).save(tmp_path / "scene.safetensors")
    loaded = Scene.load(tmp_path / "scene.safetensors", scene.reader)
    assert loaded.method == method == Method(alpha=0.5, mask_layers=2, margin=1.0)


def test_a_name_that_is_no_utf8_comes_back(scene, tmp_path):
    named = dataclasses.replace(scene.proposals, source="freesolo:caf\udce9.pth")
    dataclasses.replace(scene, proposals=named).save(tmp_path / "scene.safetensors")
    loaded = Scene.load(tmp_path / "scene.safetensors", scene.reader)
    assert loaded.proposals.source == named.source


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
    content = load_file(path) | dict(tensors)
    save_file(content, path, metadata | {"checksum": checksum(content, metadata)})


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
        {"boxes": np.zeros((3, 4))},
        {"boxes": np.full((3, 4), np.inf, np.float32)},
        {"scores": np.full(3, np.nan, np.float32)},
        {"scores": np.ones(3, np.float16)},
        {"scores": np.ones(4, np.float32)},
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
        {"source": "7"},
        {"clip": "lite"},
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


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A real photo's scene with three views: the file's bytes, the scene and where to try."""
    method = Method.recommended("convolutional").replace(context="crop")
    segmenter = Segmenter(device="cpu", method=method)
    segmenter.proposals.quality = Quality(max_count=8)
    scene = segmenter.encode(cat()[::4, ::4])
    path = tmp_path_factory.mktemp("stored") / "scene.safetensors"
    scene.save(path)
    return path.read_bytes(), scene, path


@settings(max_examples=400)
@given(st.data())
def test_a_changed_file_is_refused_or_changes_nothing(stored, data):
    content, scene, path = stored
    spoilt = bytearray(content)
    header = 8 + int.from_bytes(content[:8], "little")
    # Half of the changes fall on the names, shapes and words that come before the numbers.
    place = st.one_of(st.integers(0, header), st.integers(0, len(content) - 1))
    begin = data.draw(place, "place")
    match data.draw(st.sampled_from(["flip", "write", "cut", "drop", "repeat", "swap"]), "change"):
        case "flip":
            spoilt[begin] ^= 1 << data.draw(st.integers(0, 7), "bit")
        case "write":
            spoilt[begin : begin + 8] = data.draw(st.binary(min_size=1, max_size=8), "bytes")
        case "cut":
            del spoilt[begin:]
        case "drop":
            del spoilt[begin : begin + data.draw(st.integers(1, 64), "count")]
        case "repeat":
            spoilt[begin:begin] = spoilt[begin : begin + data.draw(st.integers(1, 64), "count")]
        case "swap":
            other = data.draw(place, "other")
            spoilt[begin], spoilt[other] = spoilt[other], spoilt[begin]
    path.write_bytes(spoilt)
    try:
        loaded = Scene.load(path, scene.reader)
    except SceneFileError as error:
        assert "\n" not in str(error)
        assert "encode the photo again" in str(error)
    else:
        assert_same(scene, loaded)
        assert loaded.provenance == scene.provenance

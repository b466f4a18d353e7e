import numpy as np
import pytest

from napari_zsris.annotations import encode_rle
from napari_zsris.errors import ZsrisWarning
from napari_zsris.prelabel import Ranker, task_of
from napari_zsris.prelabel.scenes import SceneStore
from napari_zsris.progress import finish


@pytest.fixture
def store(tmp_path):
    return SceneStore(tmp_path / "scenes")


@pytest.fixture
def task(project):
    return task_of(project, project.rankings.waiting(1))


@pytest.fixture
def counted(segmenter, monkeypatch):
    """How often masks were proposed."""
    proposed = []
    steps = segmenter.proposals.steps

    def count(photo):
        proposed.append(1)
        return steps(photo)

    monkeypatch.setattr(segmenter.proposals, "steps", count)
    return proposed


def test_a_photo_is_encoded_once_for_many_runs(segmenter, store, task, counted):
    first = Ranker(segmenter, scenes=store)(task)
    second = Ranker(segmenter, scenes=store)(task)
    assert len(counted) == 1
    assert first == second


def test_weights_of_the_moment_are_used(segmenter, store, task, counted, monkeypatch):
    finish(Ranker(segmenter, scenes=store).encoding(task))
    monkeypatch.setattr(segmenter, "method", segmenter.method.replace(alpha=0.1))
    scene = finish(Ranker(segmenter, scenes=store).encoding(task))
    assert scene.method.alpha == 0.1
    assert len(counted) == 1


def test_what_shapes_a_scene_is_in_its_name(segmenter, store, task, project, photos, monkeypatch):
    places = {store.place(task, segmenter)}
    assert len(places) == 1
    monkeypatch.setattr(segmenter, "method", segmenter.method.replace(margin=0.4))
    places.add(store.place(task, segmenter))
    monkeypatch.setattr(segmenter.proposals, "name", "sam")
    places.add(store.place(task, segmenter))
    with project.library.batch() as batch:
        batch.proposal(1, "annotation 1", encode_rle(np.ones((96, 128), bool)))
    places.add(store.place(task_of(project, project.rankings.waiting(1)), segmenter))
    (photos / "red.png").write_bytes((photos / "blue.png").read_bytes())
    places.add(store.place(task, segmenter))
    assert len(places) == 5


def test_a_checkpoint_that_was_replaced_makes_other_scenes(
    segmenter, store, task, tmp_path, monkeypatch
):
    checkpoint = tmp_path / "weights.pth"
    checkpoint.write_bytes(b"old")
    monkeypatch.setattr(segmenter.proposals, "name", f"freesolo:{checkpoint}")
    before = store.place(task, segmenter)
    checkpoint.write_bytes(b"newer")
    assert store.place(task, segmenter) != before


def test_a_damaged_scene_is_made_anew(segmenter, store, task, counted):
    ranker = Ranker(segmenter, scenes=store)
    expected = ranker(task)
    place = store.place(task, segmenter)
    place.write_bytes(place.read_bytes()[:200])
    with pytest.warns(ZsrisWarning, match="holds no scene"):
        assert ranker(task) == expected
    assert len(counted) == 2
    assert ranker(task) == expected
    assert len(counted) == 2


def test_a_folder_that_cannot_be_written_costs_only_the_scene(segmenter, task, tmp_path):
    (tmp_path / "full").write_bytes(b"")
    ranker = Ranker(segmenter, scenes=SceneStore(tmp_path / "full"))
    with pytest.warns(ZsrisWarning, match="cannot write"):
        assert not ranker(task).failure


def test_a_missing_photo_is_a_failure(segmenter, store, task, photos):
    (photos / "red.png").unlink()
    outcome = Ranker(segmenter, scenes=store)(task)
    assert "cannot read" in outcome.failure

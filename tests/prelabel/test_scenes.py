import dataclasses
import json

import numpy as np
import pytest
import torch

from napari_zsris._version import __version__
from napari_zsris.annotations import encode_rle
from napari_zsris.errors import ZsrisWarning
from napari_zsris.method import Segmenter
from napari_zsris.method.provenance import Provenance
from napari_zsris.prelabel import Ranker, task_of
from napari_zsris.prelabel.scenes import SceneStore
from napari_zsris.progress import finish
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.regions import Regions


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


def test_an_upgrade_makes_other_scenes(segmenter, store, task, monkeypatch):
    places = {store.place(task, segmenter)}
    monkeypatch.setattr("napari_zsris.prelabel.scenes.__version__", "99.0")
    places.add(store.place(task, segmenter))
    monkeypatch.setattr(segmenter.proposals, "version", segmenter.proposals.version + 1)
    places.add(store.place(task, segmenter))
    monkeypatch.setattr(segmenter.proposals, "quality", Quality(max_count=7))
    places.add(store.place(task, segmenter))
    assert len(places) == 4


def test_other_weights_make_other_scenes(segmenter, store, task, tmp_path):
    before = store.place(task, segmenter)
    again = Segmenter(device="cpu")
    assert store.place(task, again) == before
    with torch.no_grad():
        again.clip.text.network.leave.bias += 1
    # Weights are looked at once, since a loaded model does not change.
    assert store.place(task, again) == before
    trained = Segmenter(dataclasses.replace(again.clip))
    assert store.place(task, trained) != before


def test_a_source_with_other_weights_makes_other_scenes(segmenter, store, task):
    class Learnt(Regions):
        def __init__(self, weight):
            super().__init__()
            self.network = torch.nn.Linear(1, 1)
            torch.nn.init.constant_(self.network.weight, weight)
            torch.nn.init.zeros_(self.network.bias)

        @property
        def networks(self):
            return (self.network,)

    places = [
        store.place(task, Segmenter(segmenter.clip, Learnt(weight))) for weight in (1.0, 2.0, 1.0)
    ]
    assert places[0] == places[2] != places[1]


def test_a_scene_says_what_made_it(segmenter, store, task, project):
    proposed = finish(Ranker(segmenter, scenes=store).encoding(task))
    assert proposed.provenance == Provenance(__version__, segmenter.proposals.description())
    assert json.loads(proposed.provenance.proposals)["settings"]["quality"]["max_count"] == 100
    kept = store.load(store.place(task, segmenter), segmenter)
    assert kept.provenance == proposed.provenance
    with project.library.batch() as batch:
        batch.proposal(1, "annotation 1", encode_rle(np.ones((96, 128), bool)))
    imported = task_of(project, project.rankings.waiting(1))
    given = finish(Ranker(segmenter, scenes=store).encoding(imported))
    assert json.loads(given.provenance.proposals) == {"name": "given"}


def test_a_damaged_scene_is_made_anew(segmenter, store, task, counted):
    ranker = Ranker(segmenter, scenes=store)
    expected = ranker(task)
    place = store.place(task, segmenter)
    place.write_bytes(place.read_bytes()[:200])
    with pytest.warns(ZsrisWarning, match="holds no scene") as warned:
        assert ranker(task) == expected
    assert len(warned) == 1
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

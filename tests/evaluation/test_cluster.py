"""An evaluation on Dask workers, against the same in this process."""

import pickle

import pytest

pytest.importorskip("distributed", reason="the extra `distributed` is not installed")

import os

from napari_zsris.crew import InProcess
from napari_zsris.crew.cluster import Cluster
from napari_zsris.crew.connection import connect
from napari_zsris.evaluation import (
    GROUND_TRUTH,
    Examiner,
    Journal,
    PhotoResult,
    Plan,
    evaluate,
    load_dataset,
)
from napari_zsris.progress import finish

PLAN = Plan(proposals=(GROUND_TRUTH,), device="cpu")


def without_times(results):
    """All but how long it took."""
    shown = [result.to_json() for result in results]
    for result in shown:
        assert set(result.pop("milliseconds")) == set(result["answers"])
        for answers in result["answers"].values():
            for answer in answers:
                assert answer.pop("milliseconds") > 0
    return shown


def test_a_photo_travels_without_the_rest_of_its_dataset(referring):
    first, second = load_dataset(referring).photos
    sent = pickle.loads(pickle.dumps(first))  # noqa: S301 - our own
    assert [sent.phrases[0].target((48, 64))] == [first.phrases[0].target((48, 64))]
    assert [each.mask((48, 64)) for each in sent.objects] == [
        each.mask((48, 64)) for each in first.objects
    ]
    assert second.name.encode() not in pickle.dumps(first)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_workers_find_what_this_process_does_though_one_is_killed(referring, tmp_path):
    dataset = load_dataset(referring)
    expected = finish(evaluate(dataset, InProcess(PLAN.examiner())))
    journal = Journal(tmp_path / "run", {})
    with (
        connect("local", workers=2, device="cpu") as client,
        Cluster(client, PLAN.examiner, PhotoResult.failed) as crew,
    ):
        assert [row.name for row in crew.ask(Examiner.panel).rows] == list(expected[0].answers)
        os.kill(next(iter(client.run(os.getpid).values())), 9)
        results = finish(evaluate(dataset, crew, journal))
    assert without_times(results) == without_times(expected)
    assert Journal(tmp_path / "run", {}).done == {result.photo: result for result in results}

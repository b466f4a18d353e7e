"""The same work on Dask workers, with every kind of accident."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

pytest.importorskip("distributed", reason="the extra `distributed` is not installed")

from napari_zsris.annotations import Project, encode_rle
from napari_zsris.crew import InProcess
from napari_zsris.crew.cluster import Cluster
from napari_zsris.crew.connection import connect
from napari_zsris.errors import ClusterError, ModelUnavailableError
from napari_zsris.prelabel import Outcome, Settings, Summary, prelabelling
from napari_zsris.progress import finish

pytestmark = [
    # Workers that are killed, and clients that are closed meanwhile, leave sockets behind.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PHOTOS = 12
SETTINGS = Settings(device="cpu", top=3)
"""As `ranker` of the other tests."""


@pytest.fixture
def many(tmp_path, draw_square):
    """Makes a project of photos with masks to choose from, the same but for its file's name."""
    folder = tmp_path / "many"
    folder.mkdir()
    left = np.zeros((96, 128), bool)
    left[:, :64] = True
    for number in range(PHOTOS):
        name = ("red", "blue", "green")[number % 3]
        draw_square(name, (number * 4, 50 - number * 4)).save(folder / f"{number}.png")

    def make(name):
        project = Project.open(tmp_path / f"{name}.zsris", create=True)
        project.library.move_root(folder)
        for number in range(PHOTOS):
            photo = project.library.add_photo(f"{number}.png")
            project.library.add_phrase(photo, "the red square")
            project.library.add_phrase(photo, "the square on the left")
            with project.library.batch() as batch:
                for place, mask in enumerate((left, ~left, left | ~left)):
                    batch.proposal(photo, f"annotation {place}", encode_rle(mask))
        return project

    return make


def content(project):
    return {
        (item.photo, item.phrase): (
            item.head,
            [(each.rle, pytest.approx(each.score, abs=1e-3)) for each in item.candidates],
        )
        for item in project.items()
    }


@pytest.fixture
def expected(many, ranker):
    with many("alone") as project:
        finish(prelabelling(project, InProcess(ranker)))
        return content(project)


@pytest.fixture(scope="module")
def client():
    """Two worker processes of this machine."""
    with connect("local", workers=2, device="cpu") as connected:
        yield connected


def crew(client, settings=SETTINGS):
    return Cluster(client, settings.ranker, Outcome.failed)


@pytest.mark.slow
def test_workers_without_the_model_end_the_work(many, client):
    with many("lacking") as project:
        lacking = Settings(clip="RN50:/nowhere.pt", device="cpu")
        with crew(client, lacking) as rankers, pytest.raises(ModelUnavailableError, match="nowher"):
            finish(prelabelling(project, rankers))
        assert project.rankings.failures() == []


@pytest.mark.slow
def test_workers_do_what_this_process_does_though_one_is_killed(many, client, expected):
    with many("cluster") as project:
        killed = []

        def kill_one(step):
            if step.done >= 2 and not killed:
                killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], 9)

        with crew(client) as rankers:
            summary = finish(prelabelling(project, rankers), kill_one)
        assert summary == Summary(PHOTOS, 2 * PHOTOS)
        assert killed
        assert content(project) == expected
        assert project.rankings.failures() == []


@pytest.fixture
def scheduler(tmp_path):
    """A scheduler in a process of its own, as on a cluster, and its file."""
    place = tmp_path / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    with subprocess.Popen(
        [*command, "--port", "0", "--scheduler-file", place], stderr=subprocess.DEVNULL
    ) as process:
        while not place.exists():
            time.sleep(0.1)
        yield process, place
        process.kill()


@pytest.mark.slow
def test_a_scheduler_that_goes_leaves_a_project_that_can_be_resumed(many, scheduler, ranker):
    process, place = scheduler
    command = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-dashboard"]
    with (
        subprocess.Popen(
            [*command, "--nthreads", "1", "--scheduler-file", place], stderr=subprocess.DEVNULL
        ) as worker,
        many("resumed") as project,
        connect(str(place)) as client,
    ):
        with (
            pytest.raises(ClusterError, match="has gone: start a scheduler and run the same"),
            crew(client) as rankers,
        ):
            for step in prelabelling(project, rankers):
                if step.done == 2:
                    process.kill()
        worker.kill()
        done = sum(item.ranked for item in project.items())
        assert 4 <= done < 2 * PHOTOS
        assert finish(prelabelling(project, InProcess(ranker))).phrases == 2 * PHOTOS - done

import pytest

from napari_zsris.crew import Crew, InProcess
from napari_zsris.errors import AnnotationError, ModelUnavailableError
from napari_zsris.prelabel import Outcome, Settings, Summary, prelabelling
from napari_zsris.progress import Progress, finish


class Recorder(Crew):
    """Ranks nothing, and remembers what it was asked."""

    def __init__(self, fail=()):
        self.asked = []
        self.fail = fail

    def work(self, tasks):
        for task in tasks:
            self.asked.append(task)
            if task.path.name in self.fail:
                yield Outcome.failed(task, "it is too dark")

    def ask(self, question):
        return question(self)


def test_every_waiting_phrase_is_ranked(project, ranker):
    steps = prelabelling(project, InProcess(ranker))
    told = []
    try:
        while True:
            told.append(next(steps))
    except StopIteration as stop:
        assert stop.value == Summary(photos=3, phrases=6)
    assert told == [Progress("photos", done, 3) for done in range(4)]
    assert all(item.candidates for item in project.items())
    assert finish(prelabelling(project, InProcess(ranker))) == Summary(0, 0)


def test_each_photo_is_on_disk_before_the_next_begins(project, ranker):
    steps = prelabelling(project, InProcess(ranker))
    next(steps)
    next(steps)
    steps.close()
    assert sum(item.ranked for item in project.items()) == 2
    assert finish(prelabelling(project, InProcess(ranker))) == Summary(2, 4)


def test_what_is_decided_is_not_ranked(project):
    for item in project.items():
        if item.photo == "red.png":
            project.decide(item.id, "rejected")
    crew = Recorder()
    finish(prelabelling(project, crew))
    assert [task.path.name for task in crew.asked] == ["blue.png", "green.png"]


def test_failures_are_noted_and_tried_again_unless_told_otherwise(project):
    summary = finish(prelabelling(project, Recorder(fail=["red.png", "blue.png"])))
    assert summary == Summary(photos=2, phrases=0)
    assert [failure.reason for failure in project.rankings.failures()] == ["it is too dark"] * 2
    crew = Recorder()
    finish(prelabelling(project, crew, retry=False))
    assert [task.path.name for task in crew.asked] == ["green.png"]
    crew = Recorder()
    finish(prelabelling(project, crew))
    assert len(crew.asked) == 3


def test_a_photo_that_became_a_link_is_the_person_s_own_link(project, photos, tmp_path):
    # As DVC, git-annex and hubs keep photos: the file elsewhere, a link to it in the folder.
    (photos / "red.png").rename(tmp_path / "stored.png")
    (photos / "red.png").symlink_to(tmp_path / "stored.png")
    crew = Recorder()
    finish(prelabelling(project, crew))
    assert "red.png" in {task.path.name for task in crew.asked}
    assert not project.rankings.failures()


def test_a_photo_whose_link_leads_nowhere_is_noted(project, photos, ranker):
    (photos / "red.png").unlink()
    (photos / "red.png").symlink_to(photos / "gone.png")
    assert finish(prelabelling(project, InProcess(ranker))).photos == 3
    (failure,) = project.rankings.failures()
    assert (failure.photo, "link" in failure.reason) == ("red.png", True)


def test_a_project_that_is_only_read_cannot_be_filled(project, ranker):
    from napari_zsris.annotations import Project

    with (
        Project.open(project.path, readonly=True) as reading,
        pytest.raises(AnnotationError, match="open for reading only"),
    ):
        finish(prelabelling(reading, InProcess(ranker)))


def test_settings_make_the_ranker_they_describe(tmp_path):
    ranker = Settings(device="cpu", method={"alpha": 0.25}, top=2, scenes=tmp_path).ranker()
    assert ranker.segmenter.method.alpha == 0.25
    assert ranker.top == 2
    assert ranker.scenes is not None


def test_settings_of_models_that_are_not_there():
    with pytest.raises(ModelUnavailableError, match="no proposal source"):
        Settings(proposals="regionz").ranker()

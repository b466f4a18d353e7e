"""The loop that fills a project: the same whoever ranks, and only it writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_zsris.errors import AnnotationError
from napari_zsris.prelabel.exchange import record, task_of
from napari_zsris.progress import Progress, Steps

if TYPE_CHECKING:
    from napari_zsris.annotations import Project
    from napari_zsris.crew import Crew
    from napari_zsris.prelabel.task import Outcome, Task

__all__ = ["Summary", "prelabelling"]


@dataclass(frozen=True)
class Summary:
    """What a run of pre-labelling did.

    Parameters
    ----------
    photos : int
        How many photos had their turn, those that failed among them.
    phrases : int
        How many phrases got candidates.
    """

    photos: int
    phrases: int


def prelabelling(
    project: Project, crew: Crew[Task, Outcome], *, retry: bool = True
) -> Steps[Summary]:
    """Rank every phrase of a project that nobody has ranked or decided on.

    Each photo is written as soon as it is ranked, so that stopping at any moment loses only the
    photos that are being ranked; the next run goes on where this one stopped. What people decided
    is never touched. What fails is noted in the project; see :meth:`Rankings.failures`.

    Parameters
    ----------
    project : Project
        Open for writing.
    crew : Crew
        Who ranks: its workers are rankers.
    retry : bool
        Whether photos and phrases that failed in an earlier run are tried again.

    Yields
    ------
    Progress
        Photos that had their turn.

    Returns
    -------
    Summary
        What was done.

    Raises
    ------
    AnnotationError
        The project cannot be read or written.
    ModelUnavailableError
        No photo can be ranked with the crew's models.
    """
    total, _ = project.rankings.pending_counts(retry=retry)
    tasks = _Tasks(project, retry=retry)
    ranked = phrases = 0
    yield Progress("photos", 0, total)
    for outcome in crew.work(tasks):
        phrases += record(project, outcome)
        ranked += 1
        yield Progress("photos", ranked + tasks.refused, total)
    return Summary(ranked + tasks.refused, phrases)


class _Tasks:
    """Gives the project's waiting photos; those that no task can be made of are noted as failed."""

    def __init__(self, project: Project, *, retry: bool) -> None:
        self._project = project
        self._retry = retry
        self.refused = 0

    def __iter__(self) -> Iterator[Task]:
        for photo in self._project.rankings.pending(retry=self._retry):
            try:
                task = task_of(self._project, photo)
            except AnnotationError as error:
                self._project.rankings.fail(photo.id, str(error))
                self.refused += 1
                continue
            yield task

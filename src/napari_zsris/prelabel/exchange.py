"""What goes out of a project to be ranked, and what comes back into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_zsris.errors import AnnotationError
from napari_zsris.prelabel.task import Outcome, Task

if TYPE_CHECKING:
    from napari_zsris.annotations import PendingPhoto, Project

__all__ = ["record", "task_of"]


def task_of(project: Project, photo: PendingPhoto) -> Task:
    """Gather what is needed to rank a photo's phrases.

    Parameters
    ----------
    project : Project
        The photo's project.
    photo : PendingPhoto
        From :meth:`Rankings.pending`, or :meth:`Rankings.waiting` for one photo.

    Returns
    -------
    Task
        For :class:`~napari_zsris.prelabel.Ranker`, in this process or another.

    Raises
    ------
    AnnotationError
        The project names a file outside its folder of photos, or cannot be read.
    """
    masks = tuple(project.rankings.proposals(photo.id))
    return Task(photo.id, photo.image_path, photo.phrases, masks)


def record(project: Project, outcome: Outcome) -> int:
    """Write what became of a photo; what people decided meanwhile is left alone.

    Parameters
    ----------
    project : Project
        Open for writing.
    outcome : Outcome
        Candidates and failures, both of which are kept.

    Returns
    -------
    int
        How many phrases got candidates.

    Raises
    ------
    AnnotationError
        The project cannot be written.
    """
    rankings = project.rankings
    if outcome.run is None:
        rankings.fail(outcome.photo_id, outcome.failure or "it was not ranked")
        return 0
    try:
        written = rankings.save(outcome.photo_id, outcome.candidates, outcome.run, outcome.heads)
    except AnnotationError as error:
        # A photo that changed since its import fits no longer; the others are fine.
        rankings.fail(outcome.photo_id, str(error))
        return 0
    for item_id, reason in outcome.failures.items():
        rankings.fail(outcome.photo_id, reason, item_id)
    return written

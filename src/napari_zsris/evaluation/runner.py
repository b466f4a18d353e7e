"""All photos of a dataset, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_zsris.progress import Progress, Steps

if TYPE_CHECKING:
    from napari_zsris.evaluation.answer import PhotoResult
    from napari_zsris.evaluation.dataset import Dataset
    from napari_zsris.evaluation.examiner import Examiner
    from napari_zsris.evaluation.journal import Journal

__all__ = ["evaluate"]


def evaluate(
    dataset: Dataset, examiner: Examiner, journal: Journal | None = None
) -> Steps[list[PhotoResult]]:
    """Ask a dataset's photos all of their phrases.

    Parameters
    ----------
    dataset : Dataset
        The photos.
    examiner : Examiner
        Who asks.
    journal : Journal, optional
        Keeps the results as they come, and knows those of an earlier run.

    Yields
    ------
    Progress
        Photos done; several times for each, so that the work may be given up soon.

    Returns
    -------
    list of PhotoResult
        In the order of the dataset.

    Raises
    ------
    MethodError
        A contestant's model lacks what its method needs.
    OutputError
        The journal cannot be written.
    """
    known = {} if journal is None else journal.done
    # What failed before may be mended by now.
    done = {name: result for name, result in known.items() if result.answers}
    for place, photo in enumerate(dataset.photos):
        if photo.name in done:
            continue
        progress = Progress("photos", place, len(dataset.photos))
        done[photo.name] = yield from _shown_as(progress, examiner.steps(photo))
        if journal is not None:
            journal.append(done[photo.name])
    yield Progress("photos", len(dataset.photos), len(dataset.photos))
    return [done[photo.name] for photo in dataset.photos]


def _shown_as(progress: Progress, steps: Steps[PhotoResult]) -> Steps[PhotoResult]:
    yield progress
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: PhotoResult = stop.value
            return result
        yield progress

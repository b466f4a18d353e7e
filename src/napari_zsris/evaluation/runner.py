"""All photos of a dataset, whoever asks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_zsris.progress import Progress, Steps

if TYPE_CHECKING:
    from napari_zsris.crew import Crew
    from napari_zsris.evaluation.answer import PhotoResult
    from napari_zsris.evaluation.dataset import Dataset, EvaluationPhoto
    from napari_zsris.evaluation.journal import Journal

__all__ = ["evaluate"]


def evaluate(
    dataset: Dataset, crew: Crew[EvaluationPhoto, PhotoResult], journal: Journal | None = None
) -> Steps[list[PhotoResult]]:
    """Ask a dataset's photos all of their phrases.

    Parameters
    ----------
    dataset : Dataset
        The photos.
    crew : Crew
        Who asks: its workers are examiners.
    journal : Journal, optional
        Keeps the results as they come, and knows those of an earlier run.

    Yields
    ------
    Progress
        Photos done.

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
    waiting = [photo for photo in dataset.photos if photo.name not in done]
    total = len(dataset.photos)
    yield Progress("photos", total - len(waiting), total)
    for count, result in enumerate(crew.work(waiting), start=1):
        done[result.photo] = result
        if journal is not None:
            journal.append(result)
        yield Progress("photos", total - len(waiting) + count, total)
    return [done[photo.name] for photo in dataset.photos]

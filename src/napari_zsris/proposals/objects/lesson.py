"""From a folder of annotated photos to a model in a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from napari_zsris.errors import warn
from napari_zsris.files import atomic_write
from napari_zsris.imagenet import feature_maps, load_classifier
from napari_zsris.images import read_image
from napari_zsris.progress import Progress, Steps, finish
from napari_zsris.proposals.objects.examples import Example, find_photos
from napari_zsris.proposals.objects.model_file import ModelCard, model_bytes
from napari_zsris.proposals.objects.photo import photo_regions
from napari_zsris.proposals.objects.train import Settings, Trained, training

__all__ = ["MOST_PHOTOS", "Lesson", "teach"]

MOST_PHOTOS = 200
"""As many as two cores learn from in half an hour."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """A model that was learnt, and from what.

    Parameters
    ----------
    trained : Trained
        The models.
    card : ModelCard
        What they were learnt from.
    """

    trained: Trained
    card: ModelCard

    def to_bytes(self) -> bytes:
        """Write the model as a safetensors file.

        Returns
        -------
        bytes
            The file's content.
        """
        return model_bytes(self.trained.model, self.card)

    def save_folds(self, folder: Path) -> None:
        """Write the models of cross-validation, FOLD.safetensors each.

        Parameters
        ----------
        folder : Path
            Where: photo k of those that have objects was kept from model k modulo their number.

        Raises
        ------
        OutputError
            A file cannot be written.
        """
        for fold, model in enumerate(self.trained.fold_models):
            with atomic_write(folder / f"{fold}.safetensors") as partial:
                partial.write_bytes(model_bytes(model, self.card))


def teach(
    source: Path, seed: int = 0, most: int = MOST_PHOTOS, settings: Settings | None = None
) -> Steps[Lesson]:
    """Learn what objects are from annotated photos.

    Parameters
    ----------
    source : Path
        A COCO instance file, or its folder.
    seed : int
        Of all that is drawn by chance.
    most : int
        Of more photos than this, so many are drawn.
    settings : Settings, optional
        How long to train.

    Yields
    ------
    Progress
        After each photo, and as :func:`~napari_zsris.proposals.objects.train.training` does.

    Returns
    -------
    Lesson
        What was learnt.

    Raises
    ------
    ProposalError
        The annotations or photos are missing or damaged, or too few.
    ImageError
        A photo cannot be read.
    """
    found = find_photos(source)
    if len(found) > most:
        warn(f"{len(found):,} photos have objects; {most:,} of them were drawn to learn from")
        drawn = np.random.default_rng(seed).permutation(len(found))[:most]
        found = [found[place] for place in sorted(drawn.tolist())]
    look = partial(feature_maps, load_classifier())
    examples = []
    for done, (path, annotated) in enumerate(found):
        yield Progress("photos", done, len(found))
        photo = read_image(path)
        regions = finish(photo_regions(photo, look))
        size = photo.shape[0], photo.shape[1]
        examples.append(Example.of(regions, annotated.masks(size, path), size))
    chosen = replace(settings or Settings(), seed=seed)
    trained = yield from training(examples, chosen)
    instances = sum(len(example.areas) for example in examples)
    return Lesson(trained, ModelCard(source.resolve().name, len(examples), instances, seed))

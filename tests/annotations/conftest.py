"""Small projects."""

import numpy as np
import pytest
from PIL import Image

from napari_zsris.annotations import Project, Run, ScoredMask, encode_rle

RUN = Run("regions", "lite", '{"alpha": 0.95}')


@pytest.fixture
def photos(tmp_path):
    """A folder with four small photos of 60 x 80 pixels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in "abcd":
        pixels = rng.integers(0, 255, (60, 80, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def project(tmp_path, photos):
    """A project of four photos with two phrases each, not ranked yet."""
    with Project.open(tmp_path / "work.zsris", create=True, who="anna") as made:
        made.library.move_root(photos)
        for number, name in enumerate("abcd"):
            photo = made.library.add_photo(f"{name}.png")
            split = "val" if number % 2 else "train"
            made.library.add_phrase(photo, f"the cat {name}", split=split)
            made.library.add_phrase(photo, f"the dog {name}", split=split, category="animal")
        yield made


@pytest.fixture
def ranked(project, hard_masks):
    """The same project with three candidates for every phrase."""
    masks = list(hard_masks.values())
    for photo in project.rankings.pending():
        candidates = {}
        for phrase in photo.phrases:
            chosen = [masks[(phrase.id + step) % len(masks)] for step in range(3)]
            scores = (0.9, 0.9 - phrase.id / 100, 0.1)
            candidates[phrase.id] = [
                ScoredMask(encode_rle(mask), score)
                for mask, score in zip(chosen, scores, strict=True)
            ]
        heads = {phrase.id: phrase.text.split()[1] for phrase in photo.phrases}
        project.rankings.save(photo.id, candidates, RUN, heads)
    return project

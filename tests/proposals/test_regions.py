"""The offline default on photos of every kind."""

import json

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_zsris.errors import ImageError
from napari_zsris.images import read_image
from napari_zsris.progress import Progress
from napari_zsris.proposals.given import read_masks
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.regions import STAGES, Regions


def best_iou(proposals, mask):
    both = Proposals.concatenate([proposals, Proposals.from_masks(mask[None])])
    return both.iou_matrix()[-1, :-1].max()


def scene(height=120, width=160):
    """A disc and a bar of their own colours on a shaded, noisy background."""
    y, x = np.mgrid[:height, :width]
    photo = np.stack([60 + x / 4, 90 + y / 4, np.full_like(x, 60)], axis=2).astype(float)
    disc = (y - height / 3) ** 2 + (x - width / 3) ** 2 < (height / 6) ** 2
    bar = (abs(y - height * 0.7) < height / 12) & (abs(x - width * 0.6) < width / 4)
    photo[disc], photo[bar] = (210, 60, 50), (40, 60, 200)
    photo += np.random.default_rng(0).normal(0, 4, photo.shape)
    return photo.clip(0, 255).astype(np.uint8), disc, bar


def test_objects_of_their_own_colour_are_found_and_ranked_early():
    photo, disc, bar = scene()
    proposals = Regions()(photo)
    early = proposals.select(range(20))
    assert best_iou(early, disc) > 0.85
    assert best_iou(early, bar) > 0.85


def test_proposals_are_distinct_large_enough_and_best_first():
    photo = skimage.data.astronaut()
    proposals = Regions()(photo)
    assert len(proposals) == 100
    assert proposals.size == photo.shape[:2]
    assert proposals.source == "regions"
    assert (np.diff(proposals.scores) <= 0).all()
    assert len(np.unique(np.packbits(proposals.masks.reshape(100, -1), axis=1), axis=0)) == 100
    assert proposals.areas.min() >= 0.0015 * photo[..., 0].size


def test_the_same_photo_gives_the_same_proposals():
    photo, _, _ = scene()
    first, second = Regions()(photo), Regions()(photo)
    np.testing.assert_array_equal(first.masks, second.masks)
    np.testing.assert_array_equal(first.scores, second.scores)


def test_quality_limits_what_is_given():
    photo, _, _ = scene()
    every = Regions()(photo)
    few = Regions(Quality(max_count=10, min_area=0.05))(photo)
    assert 1 <= len(few) <= 10
    assert few.areas.min() >= 0.05 * photo[..., 0].size
    few = Regions(Quality(max_count=10))(photo)
    np.testing.assert_array_equal(few.masks, every.masks[:10])
    assert len(Regions(Quality())(photo)) > 300


@settings(max_examples=15)
@given(st.integers(1, 24), st.integers(1, 24), st.sampled_from(["uniform", "noise"]))
def test_tiny_photos_get_an_answer(height, width, kind):
    photo = np.full((height, width, 3), 7, np.uint8)
    if kind == "noise":
        photo = np.random.default_rng(0).integers(0, 256, photo.shape, np.uint8)
    proposals = Regions()(photo)
    assert len(proposals) >= 1
    if kind == "uniform":
        assert proposals.areas.tolist() == [height * width]
    assert np.isfinite(proposals.scores).all()


def test_a_uniform_photo_is_one_region():
    proposals = Regions()(np.full((480, 640, 3), 99, np.uint8))
    assert proposals.areas.tolist() == [480 * 640]


@pytest.mark.parametrize("shape", [(1, 20_000), (20_000, 3), (60, 20_000)])
def test_photos_much_longer_than_high(shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    proposals = Regions()(photo)
    assert proposals.size == shape
    assert len(proposals) >= 1


def test_noise_gets_an_answer():
    photo = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    assert len(Regions()(photo)) == 100


def test_grey_pictures_are_taken_and_nonsense_is_refused():
    assert Regions()(skimage.data.camera()[::8, ::8]).size == (64, 64)
    with pytest.raises(ImageError):
        Regions()(np.zeros((0, 5, 3), np.uint8))


def test_work_can_be_followed_and_given_up():
    steps = Regions().steps(scene()[0])
    seen = [next(steps) for _ in range(3)]
    assert seen == [Progress("regions", done, STAGES) for done in range(3)]
    steps.close()


@pytest.mark.slow
def test_24_megapixels_fit_in_500_megabytes():
    proposals = Regions(Quality(max_count=300))(scene(4000, 6000)[0])
    assert proposals.size == (4000, 6000)
    assert proposals.nbytes < 500e6
    assert best_iou(proposals, scene(4000, 6000)[1]) > 0.85


@pytest.mark.slow
def test_referred_objects_are_covered(shared):
    folder = shared / "data" / "coco-mini"
    content = json.loads((folder / "instances.json").read_text())
    refs = json.loads((folder / "refs.json").read_text())
    referred = {ref["ann_id"] for ref in refs}
    found = []
    for image in content["images"][:20]:
        rows = [row for row in content["annotations"] if row["image_id"] == image["id"]]
        chosen = [index for index, row in enumerate(rows) if row["id"] in referred]
        size = image["height"], image["width"]
        masks = read_masks(folder / "instances.json", size, image["file_name"])
        proposals = Regions()(read_image(folder / "images" / image["file_name"]))
        found += [best_iou(proposals, masks.mask(index)) for index in chosen]
    assert np.mean(found) > 0.55

"""Files that other programs read back."""

import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from napari_zsris._qt.core.annotation import Annotation, Site
from napari_zsris._qt.core.collection import Collection
from napari_zsris._qt.core.export import ExportFormat, export
from napari_zsris.errors import AnnotationError
from napari_zsris.proposals import Bitmap

FIRST = Site("photo.png", "1", (20, 30))
SLICE = Site("stack.tif", "2", (10, 10), position=(3, 1))


@pytest.fixture
def masks():
    ring = np.zeros(FIRST.size, bool)
    ring[2:15, 3:20] = True
    ring[5:9, 6:12] = False
    square = np.zeros(SLICE.size, bool)
    square[4:6, 4:6] = True
    return ring, square


@pytest.fixture
def collection(masks):
    ring, square = masks
    collection = Collection()
    bitmap = Bitmap.from_mask(ring)
    collection.add(Annotation(1, FIRST, bitmap, "the ring", 0.25, 0, "lite", category="ring"))
    collection.add(Annotation(2, FIRST, bitmap, "a hole with a rim", 0.2, 1, category="ring"))
    collection.add(Annotation(3, SLICE, Bitmap.from_mask(square), edited=True))
    return collection


def test_coco_keeps_masks_exactly(collection, masks, tmp_path):
    path = tmp_path / "out.json"
    assert export(collection, path, ExportFormat.COCO) == 3
    coco = COCO(str(path))
    read = [coco.annToMask(row) for row in coco.loadAnns(coco.getAnnIds())]
    for mask, expected in zip(read, [masks[0], masks[0], masks[1]], strict=True):
        np.testing.assert_array_equal(mask, expected)


def test_coco_tells_how_masks_came_to_be(collection, tmp_path):
    path = tmp_path / "out.json"
    export(collection, path, ExportFormat.COCO)
    first, second, last = json.loads(path.read_text())["annotations"]
    assert [row.get("rank") for row in (first, second, last)] == [1, 2, None]
    assert (first["phrase"], first["status"], first["score"]) == ("the ring", "accepted", 0.25)
    assert (last["phrase"], last["status"], last.get("score")) == ("", "none-fits", None)


def test_planes_of_a_stack_are_pictures_of_their_own(collection, tmp_path):
    path = tmp_path / "out.json"
    export(collection, path, ExportFormat.COCO)
    images = json.loads(path.read_text())["images"]
    assert [(row["file_name"], row["height"], row["width"]) for row in images] == [
        ("photo.png", 20, 30),
        ("stack.tif[3,1]", 10, 10),
    ]


def test_polygons_are_lossless_too(collection, masks, tmp_path):
    path = tmp_path / "out.json"
    export(collection, path, ExportFormat.COCO_POLYGONS)
    coco = COCO(str(path))
    row = coco.loadAnns([1])[0]
    assert isinstance(row["segmentation"], list)
    np.testing.assert_array_equal(coco.annToMask(row), masks[0])


def test_refcoco_gathers_the_phrases_of_one_object(collection, tmp_path):
    assert export(collection, tmp_path / "refs", ExportFormat.REFCOCO) == 2
    (ref,) = json.loads((tmp_path / "refs" / "refs(zsris).json").read_text())
    assert [sentence["raw"] for sentence in ref["sentences"]] == ["the ring", "a hole with a rim"]


def test_nothing_accepted_says_what_to_do(tmp_path):
    with pytest.raises(AnnotationError, match="accept a mask with A"):
        export(Collection(), tmp_path / "out.json", ExportFormat.COCO)
    assert not (tmp_path / "out.json").exists()


def test_refcoco_needs_phrases(masks, tmp_path):
    collection = Collection()
    collection.add(Annotation(1, SLICE, Bitmap.from_mask(masks[1])))
    with pytest.raises(AnnotationError, match="has a phrase"):
        export(collection, tmp_path / "refs", ExportFormat.REFCOCO)

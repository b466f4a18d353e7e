import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from napari_zsris.annotations.coco import CocoImage, CocoObject, write_coco
from napari_zsris.errors import AnnotationError
from napari_zsris.files import OutputError
from napari_zsris.rle import encode_rle


def _records(masks):
    images = [CocoImage(1, "a/one.jpg", 60, 80), CocoImage(2, "ünï.png", 60, 80)]
    objects = [
        CocoObject(
            image_id=1 + number % 2,
            category="cat" if number % 3 else "dog",
            rle=encode_rle(mask),
            extra={"phrase": f"thé {name}", "score": np.float32(0.5), "rank": np.int64(3)},
        )
        for number, (name, mask) in enumerate(masks.items())
    ]
    return images, objects


@pytest.mark.parametrize("masks", ["rle", "polygons"])
def test_pycocotools_reads_every_mask_exactly(tmp_path, hard_masks, masks, capsys):
    path = tmp_path / "out.json"
    images, objects = _records(hard_masks)
    assert write_coco(path, images, objects, masks=masks) == len(objects)
    coco = COCO(str(path))
    assert sorted(coco.imgs) == [1, 2]
    assert sorted(coco.anns) == list(range(1, len(objects) + 1))
    for annotation, mask in zip(coco.loadAnns(sorted(coco.anns)), hard_masks.values(), strict=True):
        assert np.array_equal(coco.annToMask(annotation), mask)
        assert annotation["iscrowd"] == 0
        assert annotation["area"] == mask.sum()


def test_extra_keys_are_kept_as_plain_values(tmp_path, hard_masks):
    path = tmp_path / "out.json"
    write_coco(path, *_records(hard_masks))
    annotation = json.loads(path.read_bytes())["annotations"][0]
    assert annotation["phrase"] == "thé disc"
    assert annotation["score"] == 0.5
    assert annotation["rank"] == 3


def test_an_extra_key_does_not_replace_one_of_coco(tmp_path, hard_masks):
    path = tmp_path / "out.json"
    images, _ = _records({})
    odd = CocoObject(1, "cat", encode_rle(hard_masks["disc"]), {"id": 99, "iscrowd": 1})
    write_coco(path, images, [odd])
    annotation = json.loads(path.read_bytes())["annotations"][0]
    assert (annotation["id"], annotation["iscrowd"]) == (1, 0)


def test_categories_are_numbered_as_asked_then_by_appearance(tmp_path, hard_masks):
    path = tmp_path / "out.json"
    write_coco(path, *_records(hard_masks), categories=["zebra", "cat", "zebra"])
    categories = json.loads(path.read_bytes())["categories"]
    assert [(row["id"], row["name"]) for row in categories] == [
        (1, "zebra"),
        (2, "cat"),
        (3, "dog"),
    ]


def test_the_same_records_give_the_same_bytes(tmp_path, hard_masks):
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    write_coco(first, *_records(hard_masks))
    write_coco(second, *_records(hard_masks))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().isascii()


def test_nothing_to_write_is_a_valid_file(tmp_path):
    path = tmp_path / "out.json"
    assert write_coco(path, [], []) == 0
    empty = json.loads(path.read_bytes())
    assert (empty["images"], empty["annotations"], empty["categories"]) == ([], [], [])


def test_a_failing_source_leaves_the_old_file(tmp_path, hard_masks):
    path = tmp_path / "out.json"
    path.write_text("old")
    images, objects = _records(hard_masks)

    def breaking():
        yield objects[0]
        raise AnnotationError("the project is gone")

    with pytest.raises(AnnotationError, match="the project is gone"):
        write_coco(path, images, breaking())
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.json"]


def test_an_unknown_mask_format_is_refused_before_writing(tmp_path):
    with pytest.raises(AnnotationError, match='written as \'png\': choose "rle" or "polygons"'):
        write_coco(tmp_path / "out.json", [], [], masks="png")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_coco(tmp_path / "file" / "out.json", [], [])

"""A small dataset of two photos and three objects, in memory, to be written in any format."""

import json
import pickle

import numpy as np
import pytest

from napari_zsris.annotations import Project
from napari_zsris.progress import finish
from napari_zsris.rle import encode_rle


@pytest.fixture
def target(tmp_path):
    """An empty project."""
    with Project.open(tmp_path / "work.zsris", create=True) as project:
        yield project


@pytest.fixture
def box():
    """(60, 80) bool mask with the pixels of the polygon `corners`."""
    mask = np.zeros((60, 80), bool)
    mask[10:20, 30:50] = True
    return mask


@pytest.fixture
def corners():
    return [30, 10, 50, 10, 50, 20, 30, 20]


@pytest.fixture
def instances(hard_masks, corners):
    """A COCO instance file's content: a polygon, compressed and plain run lengths, a crowd."""
    disc = encode_rle(hard_masks["disc"])
    return {
        "images": [
            {"id": 7, "file_name": "a.png", "height": 60, "width": 80},
            {"id": 8, "file_name": "b.png", "height": 60, "width": 80},
        ],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 3, "iscrowd": 0, "segmentation": [corners]},
            {"id": 2, "image_id": 7, "category_id": 3, "iscrowd": 0, "segmentation": disc},
            {
                "id": 3,
                "image_id": 8,
                "category_id": 5,
                "iscrowd": 0,
                "segmentation": {"size": [60, 80], "counts": [0, 60, 60 * 79]},
            },
            {"id": 4, "image_id": 8, "category_id": 5, "iscrowd": 1, "segmentation": disc},
        ],
        "categories": [{"id": 3, "name": "cat"}, {"id": 5, "name": "dog"}],
    }


@pytest.fixture
def refs():
    def sentence(number, text):
        return {"sent_id": number, "raw": text.upper(), "sent": text, "tokens": text.split()}

    def ref(number, ann, image, split, *sentences):
        return {
            "ref_id": number,
            "ann_id": ann,
            "category_id": 3 if image == 7 else 5,
            "image_id": image,
            "file_name": f"COCO_train2014_{image:012}_{number}.jpg",
            "split": split,
            "sent_ids": [row["sent_id"] for row in sentences],
            "sentences": list(sentences),
        }

    return [
        ref(11, 1, 7, "train", sentence(1, "left cat"), sentence(2, "the cat")),
        ref(12, 2, 7, "train", sentence(3, "the cat")),
        ref(13, 3, 8, "testA", sentence(4, "dog")),
    ]


@pytest.fixture
def dataset(tmp_path, instances, refs):
    """A RefCOCO folder; the refs as Python 2 would pickle them."""
    folder = tmp_path / "refcoco"
    folder.mkdir()
    (folder / "instances.json").write_text(json.dumps(instances))
    (folder / "refs(unc).p").write_bytes(pickle.dumps(refs, protocol=0))
    return folder


@pytest.fixture
def run():
    """Run an import to its end; nothing in its report spans two lines."""

    def run(steps):
        report = finish(steps)
        assert not [bad for bad in report.bad if "\n" in bad.reason]
        return report

    return run

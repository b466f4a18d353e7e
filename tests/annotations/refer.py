"""A RefCOCO reader that shares nothing with the writer: files in, indices and masks out.

It does with the files what ``REFER`` of lichengunc/refer (branch python3) does, the reader that
LAVT, CRIS and others build on: the same keys looked up in the same way, and masks by the same rule.
"""

import json
import pickle

import numpy as np
from pycocotools import mask as coco_mask

_KNOWN_SPLITS = ("train", "val", "test", "testA", "testB", "testC")


class Refer:
    """Reads ``refs(<split_by>).p`` and ``instances.json`` the way RefCOCO's users do."""

    def __init__(self, folder, split_by):
        with (folder / f"refs({split_by}).p").open("rb") as stream:
            refs = pickle.load(stream)  # noqa: S301 - written by the test
        with (folder / "instances.json").open() as stream:
            instances = json.load(stream)
        self.images = {image["id"]: image for image in instances["images"]}
        self.annotations = {row["id"]: row for row in instances["annotations"]}
        self.categories = {row["id"]: row["name"] for row in instances["categories"]}
        assert len(self.categories) == len(instances["categories"])
        self.refs = {ref["ref_id"]: ref for ref in refs}
        assert len(self.refs) == len(refs)
        sentences = [sentence for ref in refs for sentence in ref["sentences"]]
        self.sentences = {sentence["sent_id"]: sentence for sentence in sentences}
        assert len(self.sentences) == len(sentences)
        self.tokens = {sentence["sent_id"]: sentence["tokens"] for sentence in sentences}
        for ref in refs:
            annotation = self.annotations[ref["ann_id"]]
            assert annotation["image_id"] == ref["image_id"]
            assert annotation["category_id"] == ref["category_id"]
            assert ref["category_id"] in self.categories
            assert ref["sent_ids"] == [sentence["sent_id"] for sentence in ref["sentences"]]

    def ref_ids(self, split):
        """Give the refs of one split; only its own names are known to REFER."""
        assert split in _KNOWN_SPLITS
        if split in ("testA", "testB", "testC"):
            return [key for key, ref in self.refs.items() if split[-1] in ref["split"]]
        if split == "test":
            return [key for key, ref in self.refs.items() if "test" in ref["split"]]
        return [key for key, ref in self.refs.items() if ref["split"] == split]

    def mask(self, ref):
        """Give a ref's mask: its polygons' binary maps, summed; 1 is the object, as in LAVT."""
        annotation = self.annotations[ref["ann_id"]]
        image = self.images[ref["image_id"]]
        rle = annotation["segmentation"]
        if type(rle[0]) is list:
            rle = coco_mask.frPyObjects(rle, image["height"], image["width"])
        summed = np.sum(coco_mask.decode(rle), axis=2).astype(np.uint8)
        assert sum(coco_mask.area(rle)) == annotation["area"] == summed.sum()
        return summed == 1

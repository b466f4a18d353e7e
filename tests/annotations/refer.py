"""A RefCOCO reader that shares nothing with the writer: files in, indices and masks out."""

import json
import pickle

from pycocotools import mask as coco_mask


class Refer:
    """Reads ``refs(<split_by>).p`` and ``instances.json`` the way RefCOCO's users do."""

    def __init__(self, folder, split_by):
        with (folder / f"refs({split_by}).p").open("rb") as stream:
            refs = pickle.load(stream)  # noqa: S301 - written by the test
        instances = json.loads((folder / "instances.json").read_text())
        self.images = {image["id"]: image for image in instances["images"]}
        self.annotations = {row["id"]: row for row in instances["annotations"]}
        self.categories = {row["id"]: row["name"] for row in instances["categories"]}
        self.refs = {ref["ref_id"]: ref for ref in refs}
        assert len(self.refs) == len(refs)
        sentences = [sentence for ref in refs for sentence in ref["sentences"]]
        self.sentences = {sentence["sent_id"]: sentence for sentence in sentences}
        assert len(self.sentences) == len(sentences)
        for ref in refs:
            annotation = self.annotations[ref["ann_id"]]
            assert annotation["image_id"] == ref["image_id"]
            assert annotation["category_id"] == ref["category_id"]
            assert ref["sent_ids"] == [sentence["sent_id"] for sentence in ref["sentences"]]

    def ref_ids(self, split):
        """Give the refs of one split."""
        return [ref_id for ref_id, ref in self.refs.items() if ref["split"] == split]

    def mask(self, ref):
        """Give a ref's mask, polygons or run lengths."""
        image = self.images[ref["image_id"]]
        shape = self.annotations[ref["ann_id"]]["segmentation"]
        if isinstance(shape, list):
            parts = coco_mask.frPyObjects(shape, image["height"], image["width"])
            return coco_mask.decode(coco_mask.merge(parts)).astype(bool)
        return coco_mask.decode(shape).astype(bool)

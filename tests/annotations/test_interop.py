"""Masks come back from programs that others wrote."""

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from napari_zsris.annotations import CocoImage, CocoObject, encode_rle, write_coco


@pytest.fixture
def exported(tmp_path, hard_masks, request):
    """A COCO file with one photo per hard mask, and its folder of photos."""
    (tmp_path / "images").mkdir()
    for name in hard_masks:
        Image.new("RGB", (80, 60)).save(tmp_path / "images" / f"{name}.png")
    images = [CocoImage(n, f"{name}.png", 60, 80) for n, name in enumerate(hard_masks, 1)]
    objects = [
        CocoObject(n, f"kind {n % 2}", encode_rle(mask), {"phrase": name, "score": 0.5})
        for n, (name, mask) in enumerate(hard_masks.items(), 1)
    ]
    path = tmp_path / "annotations" / "instances_default.json"
    write_coco(path, images, objects, masks=request.param)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("exported", ["rle"], indirect=True)
def test_supervision_reads_every_mask_exactly(exported, hard_masks):
    supervision = pytest.importorskip("supervision", reason="needs napari-zsris[interop]")
    photos = exported.parents[1] / "images"
    dataset = supervision.DetectionDataset.from_coco(str(photos), str(exported), force_masks=True)
    assert sorted(dataset.classes) == ["kind 0", "kind 1"]
    for name, mask in hard_masks.items():
        detections = dataset.annotations[str(photos / f"{name}.png")]
        assert np.array_equal(detections.mask, mask[None])


@pytest.mark.slow
@pytest.mark.parametrize("exported", ["rle", "polygons"], indirect=True)
def test_datumaro_reads_every_mask_exactly(exported, hard_masks):
    components = pytest.importorskip("datumaro.components.dataset", reason="needs [interop]")
    dataset = components.Dataset.import_from(str(exported.parents[1]), "coco_instances")
    read = {item.id: item.annotations for item in dataset}
    for name, mask in hard_masks.items():
        frame = np.zeros(mask.shape, bool)
        for annotation in read[name]:
            if annotation.type.name != "bbox":
                frame |= _pixels(annotation, mask.shape)
        assert np.array_equal(frame, mask)


def _pixels(annotation, shape):
    if annotation.type.name == "polygon":
        parts = coco_mask.frPyObjects([list(annotation.points)], *shape)
        return coco_mask.decode(coco_mask.merge(parts)).astype(bool)
    return np.asarray(annotation.image, bool)

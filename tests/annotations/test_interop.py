"""Masks come back from programs that others wrote."""

import contextlib
import io
import json
import warnings

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from napari_zsris.annotations import CocoImage, CocoObject, Project, encode_rle, write_coco
from napari_zsris.annotations.imports import import_coco
from napari_zsris.progress import finish


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


BOTH = pytest.mark.parametrize("exported", ["rle", "polygons"], indirect=True)


@BOTH
def test_torchvision_gives_every_photo_with_its_mask(exported, hard_masks, capsys):
    from torchvision.datasets import CocoDetection

    dataset = CocoDetection(str(exported.parents[1] / "images"), str(exported))
    assert len(dataset) == len(hard_masks)
    for (photo, targets), (name, mask) in zip(dataset, hard_masks.items(), strict=True):
        (target,) = targets
        assert photo.size == (80, 60)
        assert target["phrase"] == name
        assert np.array_equal(dataset.coco.annToMask(target), mask)
        rows, columns = np.nonzero(mask)
        left, top, width, height = target["bbox"]
        assert (left, top) == (columns.min(), rows.min())
        assert (left + width, top + height) == (columns.max() + 1, rows.max() + 1)
        assert target["area"] == mask.sum()


@BOTH
@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_coco_s_own_evaluation_grades_the_truth_as_perfect(exported, hard_masks, kind):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(exported))
        found = [
            {
                "image_id": row["image_id"],
                "category_id": row["category_id"],
                "segmentation": truth.annToRLE(row),
                "bbox": row["bbox"],
                "score": row["score"],
            }
            for row in truth.loadAnns(truth.getAnnIds())
        ]
        perfect = graded(COCOeval(truth, truth.loadRes(found), kind))
        half = graded(COCOeval(truth, truth.loadRes(found[::2]), kind))
    assert len(found) == len(hard_masks)
    # Average precision and recall; -1 would say that nothing was to be found.
    assert perfect[0] == pytest.approx(1)
    assert perfect[8] == pytest.approx(1)
    assert 0 < half[8] < 1


def graded(evaluation):
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats


def assert_imported(tmp_path, file, photos, wanted, *, lost=0, **options):
    """Read a file that another program wrote as finished work: these masks to the pixel."""
    with Project.open(tmp_path / "back.zsris", create=True) as project:
        report = finish(import_coco(project, file, photos, masks="finished", **options))
        assert len(report.bad) == lost, report.bad
        found = {item.image_path.stem: item.final_mask for item in project.items("accepted")}
    assert found.keys() >= wanted.keys()
    for name, mask in wanted.items():
        assert np.array_equal(found[name], mask), name


def rows_by_photo(path):
    content = json.loads(path.read_text())
    names = {image["id"]: image["file_name"].rpartition(".")[0] for image in content["images"]}
    return {names[row["image_id"]]: row for row in content["annotations"]}


@pytest.mark.slow
@pytest.mark.parametrize("exported", ["rle"], indirect=True)
@pytest.mark.parametrize("painted", [True, False], ids=["painted", "as it likes"])
def test_what_supervision_writes_is_read_back(exported, hard_masks, tmp_path, painted):
    supervision = pytest.importorskip("supervision", reason="needs napari-zsris[interop]")
    photos = exported.parents[1] / "images"
    dataset = supervision.DetectionDataset.from_coco(str(photos), str(exported), force_masks=True)
    for detections in dataset.annotations.values():
        # Told nothing, it takes for crowds what has holes or parts, and simplifies all outlines.
        del detections.data["iscrowd"]
        if painted:
            detections.data["iscrowd"] = np.array([1])
    written = tmp_path / "supervision.json"
    with warnings.catch_warnings():
        # It warns of the one pixel, of which its polygons leave nothing.
        warnings.simplefilter("ignore")
        dataset.as_coco(annotations_path=str(written))
    rows = rows_by_photo(written)
    crowds = {name: hard_masks[name] for name, row in rows.items() if row["iscrowd"]}
    assert (crowds.keys() == hard_masks.keys()) == painted
    assert len(crowds) > 2
    assert all(isinstance(rows[name]["segmentation"], dict) for name in crowds)
    options = {} if painted else {"crowds": "take", "lost": 1}
    assert_imported(tmp_path, written, photos, crowds, **options)


@pytest.mark.slow
@pytest.mark.parametrize("exported", ["rle"], indirect=True)
def test_what_datumaro_writes_is_read_back(exported, hard_masks, tmp_path):
    components = pytest.importorskip("datumaro.components.dataset", reason="needs [interop]")
    dataset = components.Dataset.import_from(str(exported.parents[1]), "coco_instances")
    options = {"save_media": False, "segmentation_mode": "mask"}
    dataset.export(str(tmp_path / "datumaro"), "coco_instances", **options)
    (written,) = (tmp_path / "datumaro").rglob("instances_*.json")
    rows = rows_by_photo(written)
    assert {row["iscrowd"] for row in rows.values()} == {1}
    assert_imported(tmp_path, written, exported.parents[1] / "images", hard_masks)

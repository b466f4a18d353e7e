import json

import numpy as np
import pytest

from napari_zsris.annotations import Project, decode_rle
from napari_zsris.annotations.imports import import_coco
from napari_zsris.errors import AnnotationError


def _write(tmp_path, content):
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(content))
    return path


def test_masks_as_proposals(tmp_path, photos, target, run, instances, hard_masks, box):
    report = run(import_coco(target, _write(tmp_path, instances), photos))
    assert (report.photos, report.phrases, report.proposals, report.finished) == (2, 2, 3, 0)
    assert [(item.photo, item.phrase, item.status) for item in target.items()] == [
        ("a.png", "cat", "todo"),
        ("b.png", "dog", "todo"),
    ]
    first, second = map(decode_rle, target.rankings.proposals(1))
    assert np.array_equal(first, box)
    assert np.array_equal(second, hard_masks["disc"])
    (third,) = map(decode_rle, target.rankings.proposals(2))
    assert third[:, 0].all()
    assert not third[:, 1:].any()
    assert [(bad.where, bad.reason[:9]) for bad in report.bad] == [("annotation 4", "iscrowd 1")]


def test_masks_as_finished_work(tmp_path, photos, target, run, instances, hard_masks, box):
    path = _write(tmp_path, instances)
    report = run(import_coco(target, path, photos, masks="finished", crowds="take"))
    assert (report.phrases, report.proposals, report.finished, report.bad) == (4, 0, 4, ())
    items = list(target.items(status="accepted"))
    assert [item.phrase for item in items] == ["cat", "cat", "dog", "dog"]
    assert np.array_equal(items[0].final_mask, box)
    assert np.array_equal(items[1].final_mask, hard_masks["disc"])
    assert (items[0].decision.who, items[0].decision.imported) == ("instances.json", True)
    assert items[0].category == "cat"


def test_no_masks(tmp_path, photos, target, run, instances):
    instances["annotations"][0]["segmentation"] = "nonsense"
    report = run(import_coco(target, _write(tmp_path, instances), photos, masks="none"))
    assert (report.phrases, report.proposals, report.finished) == (2, 0, 0)


def test_imported_work_is_not_undone(tmp_path, photos, target, run, instances):
    run(import_coco(target, _write(tmp_path, instances), photos, masks="finished"))
    target.decide(1, "rejected")
    item = target.undo()
    assert (item.id, item.status, item.decision.imported) == (1, "accepted", True)
    assert target.undo() is None
    statistics = target.statistics()
    assert (statistics.imported, statistics.reviewed) == (3, 0)


def test_finished_work_never_replaces_a_person_s(tmp_path, photos, target, run, instances):
    path = _write(tmp_path, instances)
    run(import_coco(target, path, photos, masks="finished"))
    target.decide(1, "rejected")
    report = run(import_coco(target, path, photos, masks="finished"))
    assert (report.known, report.finished) == (3, 0)
    assert target.queue.item(1).status == "rejected"


@pytest.mark.parametrize("masks", ["rle", "polygons"])
def test_our_own_export_comes_back(tmp_path, ranked, photos, run, masks, hard_mask):
    ranked.decide(1, "corrected", mask=hard_mask)
    ranked.decide(4, "accepted")
    ranked.export_coco(tmp_path / "out.json", masks, status=["todo", "corrected", "accepted"])
    with Project.open(tmp_path / "again.zsris", create=True) as again:
        report = run(import_coco(again, tmp_path / "out.json", photos, masks="finished"))
        assert report.bad == ()
        for before, after in zip(ranked.items(), again.items(), strict=True):
            assert (before.phrase, before.split) == (after.phrase, after.split)
            if before.status == "todo":
                assert after.status == "todo"
            else:
                assert np.array_equal(before.final_mask, after.final_mask)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image_id": 99}, "there is no photo 99 in its instances file"),
        ({"category_id": 99}, "there is no category 99 in its instances file"),
        ({"category_id": None}, '"category_id" must be an id, found nothing'),
        ({"segmentation": None}, "expected an object with named fields, found nothing"),
        ({"segmentation": []}, "an object has no polygons"),
        ({"segmentation": [[1, 2]]}, "is not a list of at least three x, y pairs"),
        ({"segmentation": [[0, 0, 5, 0, 5, 1e12]]}, "lies far outside its 80 x 60 photo"),
        ({"segmentation": [[0.1, 0.1, 0.2, 0.1, 0.2, 0.2]]}, "its mask is empty"),
        ({"segmentation": {"size": [60, 80], "counts": "oooo"}}, "a run-length mask is damaged"),
        ({"segmentation": {"size": [60, 80], "counts": [1, 2]}}, "runs hold 3 of 4800 pixels"),
        (
            {"segmentation": {"size": [9, 9], "counts": [81]}},
            "its mask is for a photo of 9 x 9 pixels",
        ),
        ({"segmentation": {"size": [60, 80], "counts": [4800]}}, "its mask is empty"),
        (
            {"segmentation": {"size": [10**9, 10**9], "counts": [10**18]}},
            "its mask is for a photo of",
        ),
        ({"segmentation": {"size": [60], "counts": [4800]}}, "which is no size: export it again"),
    ],
)
def test_a_bad_object_is_left_out(tmp_path, photos, target, run, instances, change, reason):
    instances["annotations"][0] |= change
    report = run(import_coco(target, _write(tmp_path, instances), photos))
    assert report.bad[0].where == "annotation 1"
    assert reason in report.bad[0].reason
    assert report.proposals == 2


def test_masks_of_another_size_are_left_out(tmp_path, photos, target, run, instances):
    instances["images"][0] |= {"height": 120, "width": 160}
    report = run(import_coco(target, _write(tmp_path, instances), photos))
    # The second has run lengths, which say themselves what they are for.
    assert report.proposals == 2
    message = "for a photo of 120 x 160 pixels, but the file is of 60 x 80: get the dataset's own"
    assert message in report.bad[0].reason


@pytest.mark.parametrize(
    "size", [{"height": "sixty"}, {"height": 60.5}, {"width": 0}, {"width": []}, {"width": True}]
)
def test_sizes_that_are_none(tmp_path, photos, target, run, instances, size):
    instances["images"][0] |= size
    report = run(import_coco(target, _write(tmp_path, instances), photos))
    assert "must be a whole number above 0, found" in report.bad[0].reason


def test_a_photo_outside_the_folder(tmp_path, photos, target, run, instances):
    instances["images"][0]["file_name"] = "../../etc/passwd"
    report = run(import_coco(target, _write(tmp_path, instances), photos))
    assert "is not a path inside the folder of photos" in report.bad[0].reason
    assert report.photos == 1


@pytest.mark.parametrize(
    "content",
    [
        [],
        3,
        {},
        {"images": [], "annotations": []},
        {"images": {}, "annotations": [], "categories": []},
    ],
)
def test_a_file_that_is_no_coco(tmp_path, photos, target, run, content):
    with pytest.raises(
        AnnotationError, match=r"is no COCO instance file: .*; check that it is the"
    ):
        run(import_coco(target, _write(tmp_path, content), photos))


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000])
def test_a_file_that_is_no_json(tmp_path, photos, target, run, content):
    path = tmp_path / "instances.json"
    path.write_bytes(content)
    with pytest.raises(AnnotationError, match=r"is not JSON: .*; download or export it again"):
        run(import_coco(target, path, photos))


def test_a_file_that_is_not_there(tmp_path, photos, target, run):
    with pytest.raises(AnnotationError, match=r"cannot read .*: No such file or directory; check"):
        run(import_coco(target, tmp_path / "none.json", photos))


def test_an_unknown_use_of_masks(tmp_path, photos, target, run, instances):
    with pytest.raises(AnnotationError, match="cannot be used as 'all': choose one of none, prop"):
        run(import_coco(target, _write(tmp_path, instances), photos, masks="all"))

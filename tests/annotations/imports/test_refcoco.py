import json
import os
import pickle

import numpy as np
import pytest

from napari_zsris.annotations import Project, decode_rle
from napari_zsris.annotations.imports import import_refcoco
from napari_zsris.errors import AnnotationError


def test_refs_as_phrases_with_all_instances_as_proposals(dataset, photos, target, run):
    report = run(import_refcoco(target, dataset, "unc", photos, crowds="take"))
    assert (report.photos, report.phrases, report.proposals, report.bad) == (2, 4, 4, ())
    items = [(item.photo, item.phrase, item.category, item.split) for item in target.items()]
    assert items == [
        ("a.png", "left cat", "cat", "train"),
        ("a.png", "the cat", "cat", "train"),
        ("a.png", "the cat", "cat", "train"),
        ("b.png", "dog", "dog", "testA"),
    ]
    assert len(target.rankings.proposals(1)) == 2
    assert all(item.status == "todo" for item in target.items())


def test_refs_as_finished_work(dataset, photos, target, run, box, hard_masks):
    report = run(import_refcoco(target, dataset, "unc", photos, masks="finished"))
    assert (report.finished, report.proposals) == (4, 0)
    masks = [item.final_mask for item in target.items(status="accepted")]
    assert np.array_equal(masks[0], box)
    assert np.array_equal(masks[2], hard_masks["disc"])
    assert target.queue.item(1).decision.who == "refcoco (unc)"


def test_one_split(dataset, photos, target, run):
    report = run(import_refcoco(target, dataset, "unc", photos, splits=["testA"]))
    assert (report.photos, report.phrases) == (1, 1)
    with pytest.raises(
        AnnotationError, match='no ref is of split "val": choose among testA, train'
    ):
        run(import_refcoco(target, dataset, "unc", photos, splits=["val", "train"]))


@pytest.mark.parametrize("name", ["refs(umd).p", "refs(google).p", "refs(zsris).json"])
def test_splits_by_others(dataset, photos, target, run, refs, name):
    (dataset / "refs(unc).p").unlink()
    content = json.dumps(refs).encode() if name.endswith("json") else pickle.dumps(refs)
    (dataset / name).write_bytes(content)
    split_by = name[5 : name.index(")")]
    assert run(import_refcoco(target, dataset, split_by, photos)).phrases == 4
    with pytest.raises(AnnotationError, match=r"holds no refs\(unc\)\.p: it holds refs\("):
        run(import_refcoco(target, dataset, "unc", photos))


def test_a_folder_without_refs(tmp_path, photos, target, run):
    with pytest.raises(AnnotationError, match=r"holds no refs\(unc\)\.p: name the folder that"):
        run(import_refcoco(target, tmp_path, "unc", photos))


def test_grefcoco_with_several_targets_and_none(
    dataset, photos, target, run, refs, box, hard_masks, instances
):
    instances["annotations"][3] |= {"category_id": 3, "iscrowd": 0}
    (dataset / "instances.json").write_text(json.dumps(instances))
    several, none = refs[0], refs[1]
    several |= {"ann_id": [1, 2], "category_id": [3, 3]}
    none |= {"ann_id": [-1], "category_id": [-1], "no_target": True}
    refs[2] |= {"ann_id": [3, 4], "category_id": [5, 3]}
    (dataset / "refs(unc).p").unlink()
    (dataset / "grefs(unc).json").write_text(json.dumps(refs))
    report = run(import_refcoco(target, dataset, "unc", photos, masks="finished"))
    assert (report.finished, report.bad) == (4, ())
    items = list(target.items())
    assert np.array_equal(items[0].final_mask, box | hard_masks["disc"])
    assert (items[2].status, items[2].final_mask, items[2].category) == ("none-fits", None, None)
    assert (items[3].status, items[3].category) == ("accepted", None)


def test_bad_refs_are_left_out(dataset, photos, target, run, refs):
    good = refs[2]
    bad = [
        3,
        {"ref_id": 1},
        good | {"ref_id": 2, "sentences": None},
        good | {"ref_id": 3, "ann_id": None},
        good | {"ref_id": 4, "image_id": 99},
        good | {"ref_id": 5, "category_id": 99},
        good | {"ref_id": 6, "sentences": [3, {"sent_id": 1}, {"sent_id": 8, "sent": " "}]},
        good | {"ref_id": 7, "ann_id": 99},
    ]
    (dataset / "refs(unc).p").write_bytes(pickle.dumps([*bad, good]))
    report = run(import_refcoco(target, dataset, "unc", photos, masks="finished"))
    assert [row.where for row in report.bad] == [
        "ref number 1",
        "ref number 2",
        "ref number 3",
        "ref number 4",
        "ref 4",
        "ref 5",
        "ref 6, sentence number 1",
        "ref 6, sentence number 2",
        "ref 6, sentence 8",
        "ref 7",
    ]
    assert "there is no annotation 99 in its instances file" in report.bad[-1].reason
    assert report.phrases == 1


class _Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_a_malicious_pickle_is_refused_unrun(tmp_path, dataset, photos, target, run, refs):
    mark = tmp_path / "ran"
    refs[0]["sentences"].append(_Evil(mark))
    (dataset / "refs(unc).p").write_bytes(pickle.dumps(refs))
    with pytest.raises(AnnotationError, match=r"refs\(unc\)\.p was refused: it asks for .*system"):
        run(import_refcoco(target, dataset, "unc", photos))
    assert not mark.exists()
    assert not list(target.items())


def test_a_pickle_of_something_else(dataset, photos, target, run):
    (dataset / "refs(unc).p").write_bytes(pickle.dumps({"refs": []}))
    with pytest.raises(AnnotationError, match="holds no list: check that it is the right file"):
        run(import_refcoco(target, dataset, "unc", photos))


def test_our_own_export_comes_back(tmp_path, dataset, photos, target, run):
    run(import_refcoco(target, dataset, "unc", photos, masks="finished"))
    assert target.export_refcoco(tmp_path / "out") == 3
    with Project.open(tmp_path / "again.zsris", create=True) as again:
        report = run(import_refcoco(again, tmp_path / "out", "zsris", photos, masks="finished"))
        assert report.bad == ()
        for before, after in zip(target.items(), again.items(), strict=True):
            assert (before.photo, before.phrase, before.category, before.split) == (
                after.photo,
                after.phrase,
                after.category,
                after.split,
            )
            assert np.array_equal(before.final_mask, after.final_mask)


@pytest.mark.slow
def test_coco_mini_in_full(shared, tmp_path, target, run):
    dataset = shared / "data" / "coco-mini"
    report = run(import_refcoco(target, dataset, "unc", dataset / "images", masks="finished"))
    assert (report.photos, report.phrases, report.finished, report.bad) == (60, 492, 492, ())
    refs = json.loads((dataset / "refs.json").read_text())
    expected = sorted(sentence["sent"] for ref in refs for sentence in ref["sentences"])
    assert sorted(item.phrase for item in target.items()) == expected

    instances = json.loads((dataset / "instances.json").read_text())
    masks = {row["id"]: row["segmentation"] for row in instances["annotations"]}
    by_origin = {
        f"ref {ref['ref_id']}, sentence {sentence['sent_id']}": masks[ref["ann_id"]]
        for ref in refs
        for sentence in ref["sentences"]
    }
    rows = target._database.rows("SELECT id, origin FROM phrase")
    for item_id, origin in rows:
        assert np.array_equal(
            target.queue.item(item_id).final_mask,
            decode_rle(by_origin[origin.partition(", mask")[0]]),
        )
    assert target.export_refcoco(tmp_path / "out") == 172


@pytest.mark.slow
def test_coco_mini_as_proposals(shared, target, run):
    dataset = shared / "data" / "coco-mini"
    report = run(import_refcoco(target, dataset, "unc", dataset / "images", splits=["val"]))
    assert (report.phrases, report.bad) == (492, ())
    instances = json.loads((dataset / "instances.json").read_text())
    photos = {item.photo for item in target.items()}
    names = {image["id"]: image["file_name"] for image in instances["images"]}
    there = [row for row in instances["annotations"] if names[row["image_id"]] in photos]
    assert report.proposals == len(there)

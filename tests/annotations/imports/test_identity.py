"""What is the same object, photo and category, in datasets that number things as they like."""

import json
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from napari_zsris.annotations import Project, decode_rle
from napari_zsris.annotations.imports import BadRow, Entry, import_coco, import_refcoco, read_coco
from napari_zsris.evaluation import load_dataset
from napari_zsris.formats.identity import as_key
from napari_zsris.progress import finish


def rewrite(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def test_a_ref_to_an_object_of_another_photo_is_a_bad_row(referring, target, run):
    rewrite(referring / "refs(unc).json", lambda refs: refs[0].update(ann_id=22))
    report = run(import_refcoco(target, referring, "unc", referring / "images", masks="finished"))
    assert [bad.where for bad in report.bad] == ["ref 11"]
    assert "annotation 22, which is of photo 2 and not of 1" in report.bad[0].reason
    assert report.finished == 6
    dataset = load_dataset(referring)
    assert [bad.where for bad in dataset.bad] == ["ref 11"]
    assert sum(len(photo.phrases) for photo in dataset.photos) == 6


def test_objects_numbered_anew_in_every_photo(referring, target, run):
    instances = json.loads((referring / "instances.json").read_text())
    refs = json.loads((referring / "refs(unc).json").read_text())
    expected = {
        (ref["image_id"], sentence["sent"]): annotation["segmentation"]
        for ref in refs
        for annotation in instances["annotations"]
        if annotation["id"] == ref["ann_id"]
        for sentence in ref["sentences"]
    }
    keys = [annotation["id"] for annotation in instances["annotations"]]
    for annotation, number in zip(instances["annotations"], (1, 2, 1, 2), strict=True):
        annotation["id"] = number
    for ref in refs:
        ref["ann_id"] = instances["annotations"][keys.index(ref["ann_id"])]["id"]
    (referring / "instances.json").write_text(json.dumps(instances))
    (referring / "refs(unc).json").write_text(json.dumps(refs))
    run(import_refcoco(target, referring, None, referring / "images", masks="finished"))
    items = list(target.items(status="accepted"))
    assert len(items) == len(expected)
    for item in items:
        segmentation = expected[(int(item.photo[0]), item.phrase)]
        np.testing.assert_array_equal(item.final_mask, decode_rle(segmentation))


@pytest.mark.slow
def test_coco_mini_numbered_anew_in_every_photo(shared, tmp_path, target, run):
    dataset = shared / "data" / "coco-mini"
    instances = json.loads((dataset / "instances.json").read_text())
    refs = json.loads((dataset / "refs.json").read_text())
    right = defaultdict(list)
    names = {image["id"]: image["file_name"] for image in instances["images"]}
    masks = {row["id"]: row["segmentation"]["counts"] for row in instances["annotations"]}
    for ref in refs:
        for sentence in ref["sentences"]:
            right[names[ref["image_id"]], sentence["sent"]].append(masks[ref["ann_id"]])
    keys = [row["id"] for row in instances["annotations"]]
    numbers = Counter()
    new = {}
    for row in instances["annotations"]:
        numbers[row["image_id"]] += 1
        new[row["id"]] = numbers[row["image_id"]]
    assert len(set(keys)) == len(keys)
    for row in instances["annotations"]:
        row["id"] = new[row["id"]]
    for ref in refs:
        ref["ann_id"] = new[ref["ann_id"]]
    (tmp_path / "instances.json").write_text(json.dumps(instances))
    (tmp_path / "refs.json").write_text(json.dumps(refs))
    report = run(import_refcoco(target, tmp_path, None, dataset / "images", masks="finished"))
    assert (report.finished, report.bad) == (492, ())
    rows = target._database.rows(
        "SELECT path, text, counts FROM phrase JOIN photo ON photo.id = photo_id "
        "JOIN decision ON decision.id = decision_id"
    )
    for path, text, counts in rows:
        right[path, text].remove(counts)
    assert not any(right.values())


@pytest.mark.parametrize("name", ["refs.json", "refs(unc).json", "grefs(unc).json"])
def test_refs_go_by_several_names(referring, target, run, name):
    (referring / "refs(unc).json").rename(referring / name)
    report = run(import_refcoco(target, referring, None, referring / "images"))
    assert (report.phrases, report.proposals, report.bad) == (8, 4, ())
    assert load_dataset(referring).name == ("shapes (unc)" if "unc" in name else "shapes")


def test_refs_and_sentences_that_share_ids_are_all_taken(referring, target, run):
    def same(refs):
        for ref in refs:
            ref["ref_id"] = 0
            for sentence in ref["sentences"]:
                sentence.update(sent_id="0", sent="the thing")

    rewrite(referring / "refs(unc).json", same)
    for masks in ("finished", "proposals", "none"):
        with Project.open(referring / f"{masks}.zsris", create=True) as project:
            steps = import_refcoco(project, referring, None, referring / "images", masks=masks)
            assert finish(steps).bad == ()
            # Two sentences of a ref with the same words are one phrase.
            assert len(list(project.items())) == 4


def test_categories_keep_their_numbers_and_supercategories(referring, target, run):
    def number(content):
        for category, key, above in zip(
            content["categories"], (90, "7"), ("toy", None), strict=True
        ):
            for row in content["annotations"]:
                if row["category_id"] == category["id"]:
                    row["category_id"] = f" {key}"
            category.update(id=key, supercategory=above)
        content["categories"].append({"id": 3, "name": "unused", "supercategory": "thing"})

    rewrite(referring / "instances.json", number)
    run(import_coco(target, referring / "instances.json", referring / "images", masks="finished"))
    target.export_coco(referring / "out.json")
    categories = json.loads((referring / "out.json").read_text())["categories"]
    found = {row["name"]: (row["id"], row.get("supercategory") or "") for row in categories}
    assert found == {"ball": (90, "toy"), "box": (7, ""), "unused": (3, "thing")}


@given(st.integers(-(10**15), 10**15))
def test_an_id_is_the_same_however_it_is_written(number):
    assert {as_key(form) for form in (number, float(number), str(number), f" {number}.0")} == {
        number
    }


@given(st.floats() | st.text(max_size=8) | st.none() | st.booleans() | st.lists(st.integers()))
def test_an_id_is_a_whole_number_or_printable_text_or_none(value):
    key = as_key(value)
    assert key is None or as_key(key) == key
    if isinstance(value, float) and not value.is_integer():
        assert key is None
    if isinstance(value, bool | list) or value is None:
        assert key is None


_IDS = st.sampled_from([0, 1, 2, "1", 2.0, "x", None])
_PHOTO_NAMES = st.sampled_from(["a.png", "b.png", "C:\\x\\a.png", "./a.png", "%61.png", "c/b.png"])


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    photos=st.lists(st.tuples(_IDS, _PHOTO_NAMES), max_size=4),
    objects=st.lists(st.tuples(_IDS, _IDS, st.integers(0, 9)), max_size=6),
)
def test_a_mask_is_only_ever_on_the_photo_that_the_file_names(tmp_path_factory, photos, objects):
    """Whatever ids are repeated, each mask that is taken is on a photo of its row's image_id."""
    folder = tmp_path_factory.mktemp("identity")
    for name in ("a.png", "b.png"):
        Image.new("RGB", (16, 12)).save(folder / name)
    content = {
        "images": [{"id": key, "file_name": name} for key, name in photos],
        "annotations": [
            {"id": key, "image_id": image, "category_id": 1,
             "segmentation": [[place, 0, place + 2, 0, place + 2, 5, place, 5]]}
            for key, image, place in objects
        ],
        "categories": [{"id": 1, "name": "thing"}],
    }  # fmt: skip
    (folder / "file.json").write_text(json.dumps(content))
    entries = [
        each for each in read_coco(folder / "file.json", each=True) if isinstance(each, Entry)
    ]
    with Project.open(folder / "work.zsris", create=True) as project:
        report = finish(import_coco(project, folder / "file.json", folder, masks="finished"))
        taken = {(item.photo, int(np.flatnonzero(item.final_mask.any(axis=0))[0]))
                 for item in project.items(status="accepted")}  # fmt: skip
    may_be = {
        (name.replace("%61", "a")[-5:], place)
        for key, image, place in objects
        for number, name in photos
        if as_key(number) == as_key(image) is not None
    }
    assert taken <= may_be
    assert report.phrases + report.known <= len(entries)
    named = [bad for bad in report.bad if isinstance(bad, BadRow)]
    without = sum(as_key(key) is None for key, _ in photos)
    assert report.phrases + report.known + len(named) == len(objects) + without

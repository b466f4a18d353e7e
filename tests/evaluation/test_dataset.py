"""Datasets read as photos with phrases and objects."""

import json

import pytest

from napari_zsris.errors import AnnotationError
from napari_zsris.evaluation import load_dataset
from napari_zsris.evaluation.published import published_alpha


def change(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def test_photos_come_with_their_phrases_and_objects(referring):
    dataset = load_dataset(referring)
    assert dataset.name == "shapes (unc)"
    assert [photo.name for photo in dataset.photos] == ["1.png", "2.png"]
    first = dataset.photos[0]
    assert first.path == referring / "images" / "1.png"
    assert [(each.phrase, each.kind, each.category) for each in first.phrases] == [
        ("red ball", "short", "ball"),
        ("ball on the left", "full", "ball"),
        ("blue box", "short", "box"),
        ("box on the left", "full", "box"),
    ]
    assert [each.category for each in first.objects] == ["ball", "box"]
    assert not dataset.bad


def test_photos_are_found_under_their_name_in_another_edition_of_coco(referring):
    change(
        referring / "instances.json",
        lambda content: content["images"][0].update(file_name="COCO_train2014_000000000001.jpg"),
    )
    (referring / "images" / "1.png").rename(referring / "images" / "000000000001.jpg")
    photo = load_dataset(referring).photos[0]
    assert photo.name == "COCO_train2014_000000000001.jpg"
    assert photo.path == referring / "images" / "000000000001.jpg"


def test_splits_and_first_photos(referring):
    assert [photo.name for photo in load_dataset(referring, splits=["testA"]).photos] == ["2.png"]
    assert [photo.name for photo in load_dataset(referring).first(1).photos] == ["1.png"]
    assert len(load_dataset(referring).first(None).photos) == 2
    with pytest.raises(AnnotationError, match='no ref is of split "test": choose among testA, val'):
        load_dataset(referring, splits=["test"])


def test_refs_of_several_kinds_must_be_chosen_from(referring):
    (referring / "refs(google).json").write_bytes((referring / "refs(unc).json").read_bytes())
    with pytest.raises(AnnotationError, match=r"\(google, unc\): choose with --split-by"):
        load_dataset(referring)
    assert load_dataset(referring, split_by="google").name == "shapes (google)"


def test_phrases_without_a_target_are_asked_as_well(referring):
    change(referring / "refs(unc).json", lambda refs: refs[0].update(ann_id=[-1]))
    photo = load_dataset(referring).photos[0]
    assert photo.phrases[0].target((48, 64)) is None


def test_a_folder_without_refs_is_refused(tmp_path):
    with pytest.raises(AnnotationError, match=r"there is no dataset .*: give a folder with refs"):
        load_dataset(tmp_path / "nothing")
    with pytest.raises(AnnotationError, match=r"holds no refs\(\.\.\.\)\.p: name the folder"):
        load_dataset(tmp_path)


def test_a_missing_folder_of_photos_is_refused(referring):
    with pytest.raises(AnnotationError, match=r"no folder of photos .*elsewhere: name it with"):
        load_dataset(referring, referring / "elsewhere")


def test_photos_outside_their_folder_are_left_out(referring):
    change(
        referring / "instances.json",
        lambda content: content["images"][0].update(file_name="../../secret.png"),
    )
    dataset = load_dataset(referring)
    assert [photo.name for photo in dataset.photos] == ["2.png"]
    assert len(dataset.bad) == 6


def test_a_dataset_without_a_usable_phrase_is_refused(referring):
    change(referring / "refs(unc).json", lambda refs: [ref.update(ann_id=99) for ref in refs])
    with pytest.raises(AnnotationError, match="evaluate: ref 11: there is no annotation 99 in its"):
        load_dataset(referring)
    change(referring / "refs(unc).json", lambda refs: [ref.update(image_id=99) for ref in refs])
    with pytest.raises(AnnotationError, match="holds no phrase to evaluate: ref 11: there is no"):
        load_dataset(referring)


@pytest.mark.parametrize("polygons", [[[[4, 12, 27, 12, 27, 35, 4, 35]]], None])
def test_phrasecut(referring, polygons):
    task = {"task_id": "1__1", "image_id": 1, "phrase": "red ball", "Polygons": polygons}
    path = referring / "refer_test.json"
    path.write_text(json.dumps([task]))
    if polygons is None:
        with pytest.raises(AnnotationError, match="it has no mask to compare with: get the file"):
            load_dataset(path)
        return
    (referring / "images" / "1.png").rename(referring / "images" / "1.jpg")
    (photo,) = load_dataset(path).photos
    assert (photo.name, photo.phrases[0].phrase, photo.objects) == ("1.jpg", "red ball", ())
    with pytest.raises(AnnotationError, match=r"refer_test\.json is one split of PhraseCut: name"):
        load_dataset(path, splits=["val"])


@pytest.mark.parametrize(
    ("name", "paper"),
    [
        ("refcoco (unc)", "refcoco"),
        ("refcoco+ (unc)", "refcoco+"),
        ("refcocog (umd)", "refcocog"),
        ("RefCOCOg (google)", "refcocog"),
        ("refer_val", "phrasecut"),
        ("coco-mini (unc)", "refcoco"),
    ],
)
def test_datasets_have_the_published_settings_of_their_kind(name, paper):
    assert published_alpha(name) == paper

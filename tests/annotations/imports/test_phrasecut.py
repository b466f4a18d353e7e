import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from napari_zsris.annotations.imports import import_phrasecut
from napari_zsris.errors import AnnotationError


@pytest.fixture
def tasks():
    return [
        {
            "task_id": "17__3_4",
            "image_id": 17,
            "ann_ids": [3, 4],
            "instance_boxes": [[5, 5, 20, 10], [40, 30, 8, 8]],
            "Polygons": [
                [[[5.7, 5.2], [25.9, 5.1], [25.4, 15.8], [5.3, 15.6]]],
                [[[40, 30], [48, 30], [48, 38]], [[60, 50], [62, 50], [62, 52]], [[1, 1]]],
            ],
            "phrase": "black cats",
            "phrase_structure": {"name": "cat", "attributes": ["black"]},
        },
        {"task_id": "17__5", "image_id": 17, "phrase": "sky", "Polygons": []},
    ]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (80, 60)).save(tmp_path / "photos" / "17.jpg")
    return tmp_path / "photos"


def _write(tmp_path, content, name="refer_val.json"):
    path = tmp_path / name
    path.write_text(json.dumps(content))
    return path


def test_finished_work(tmp_path, folder, target, run, tasks):
    report = run(import_phrasecut(target, _write(tmp_path, tasks), folder, masks="finished"))
    assert (report.photos, report.phrases, report.finished) == (1, 1, 1)
    (item,) = target.items()
    assert (item.phrase, item.category, item.split) == ("black cats", "cat", "val")
    frame = Image.new("L", (80, 60))
    draw = ImageDraw.Draw(frame)
    for polygon in (
        [(5, 5), (25, 5), (25, 15), (5, 15)],
        [(40, 30), (48, 30), (48, 38)],
        [(60, 50), (62, 50), (62, 52)],
    ):
        draw.polygon(polygon, fill=1, outline=1)
    assert np.array_equal(item.final_mask, np.array(frame) > 0)
    assert [(bad.where, bad.reason[:17]) for bad in report.bad] == [
        ("task 17__5", "its mask is empty")
    ]


def test_a_polygon_without_points_is_no_part_of_the_mask(tmp_path, folder, target, run, tasks):
    expected = run(import_phrasecut(target, _write(tmp_path, tasks), folder, masks="finished"))
    (before,) = (item.final_mask for item in target.items())
    tasks[0] |= {"phrase": "both cats", "Polygons": [*tasks[0]["Polygons"], [[]]]}
    report = run(import_phrasecut(target, _write(tmp_path, tasks), folder, masks="finished"))
    assert report.finished == expected.finished == 1
    after = next(item for item in target.items() if item.phrase == "both cats")
    assert np.array_equal(after.final_mask, before)


def test_the_file_without_masks(tmp_path, folder, target, run, tasks):
    for task in tasks:
        del task["Polygons"]
    path = _write(tmp_path, tasks, "refer_input_miniv.json")
    report = run(import_phrasecut(target, path, folder, masks="finished"))
    assert (report.phrases, report.finished) == (2, 0)
    assert {item.split for item in target.items()} == {"miniv"}


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        ({"task_id": None}, "task number 1", '"task_id" must be an id'),
        ({"image_id": "../17"}, "task 17__3_4", "'17.jpg' may be '../17.jpg' or '17.jpg'"),
        ({"image_id": "../18"}, "task 17__3_4", "is not a path inside the folder of photos"),
        ({"image_id": 18}, "task 17__3_4", "there is no file"),
        ({"phrase": None}, "task 17__3_4", '"phrase" must be text'),
        ({"phrase_structure": "cat"}, "task 17__3_4", "expected an object with named fields"),
        ({"Polygons": 3}, "task 17__3_4", '"Polygons" must be a list'),
        ({"Polygons": [3]}, "task 17__3_4", "an instance is no list of polygons"),
        ({"Polygons": [[["a"]]]}, "task 17__3_4", "a polygon is no list of x, y pairs"),
        ({"Polygons": [[[[1, 2], [3]]]]}, "task 17__3_4", "a polygon is no list of x, y pairs"),
        ({"Polygons": [[[[0, 0], [10**12, 9]]]]}, "task 17__3_4", "lies far outside its 80 x 60"),
    ],
)
def test_bad_tasks_are_left_out(tmp_path, folder, target, run, tasks, change, where, reason):
    path = _write(tmp_path, [tasks[0] | change, tasks[0] | {"task_id": "good"}])
    report = run(import_phrasecut(target, path, folder, masks="finished"))
    assert [bad.where for bad in report.bad] == [where]
    assert reason in report.bad[0].reason
    assert report.phrases == 1


def test_a_file_that_is_no_phrasecut(tmp_path, folder, target, run):
    with pytest.raises(AnnotationError, match="holds no list: check that it is the right file"):
        run(import_phrasecut(target, _write(tmp_path, {}), folder))

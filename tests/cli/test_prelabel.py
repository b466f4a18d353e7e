import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from napari_zsris.annotations import Project
from napari_zsris.crew import InProcess
from napari_zsris.prelabel import Ranker

SQUARES = {"red": (200, 30, 30), "blue": (30, 40, 200), "green": (30, 160, 50)}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, colour in SQUARES.items():
        pixels = np.full((64, 64, 3), 100, np.uint8)
        pixels[20:44, 16:40] = colour
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "phrases.csv"
    rows = [f"{name}.png,the {name} square" for name in SQUARES]
    path.write_text("\n".join(["image,phrase", *rows, "red.png,the square on the left"]))
    return path


@pytest.fixture
def coco(tmp_path):
    """One object per photo, in a COCO file."""
    square = [[16, 20, 40, 20, 40, 44, 16, 44]]
    content = {
        "images": [
            {"id": number, "file_name": f"{name}.png", "height": 64, "width": 64}
            for number, name in enumerate(SQUARES)
        ],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1, "segmentation": square}
            for number in range(len(SQUARES))
        ],
        "categories": [{"id": 1, "name": "square"}],
    }
    path = tmp_path / "instances.json"
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work.zsris"


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch):
    """The models, which a process of the command's own would load anew."""
    loaded = {}
    from napari_zsris.prelabel import Settings

    load = Settings.ranker

    def ranker(settings):
        key = (settings.clip, settings.proposals)
        if key not in loaded:
            loaded[key] = load(settings).segmenter
        segmenter = loaded[key]
        return Ranker(segmenter, settings.top)

    monkeypatch.setattr(Settings, "ranker", ranker)


def statuses(path):
    with Project.open(path, readonly=True) as project:
        return {(item.photo, item.phrase): item for item in project.items()}


def test_a_table_is_ranked_into_a_new_project(zsris, photos, table, work):
    ended = zsris("prelabel", "--project", work, "--images", photos, "--phrases", table, "--top", 2)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("New: 3 photos, 4 phrases\nRanked 4 phrases of 3 photos in ")
    items = statuses(work)
    assert len(items) == 4
    assert all(len(item.candidates) == 2 for item in items.values())
    assert items["red.png", "the red square"].head == "square"


def test_what_is_done_is_left_alone(zsris, photos, table, work):
    options = ("prelabel", "--project", work, "--images", photos, "--phrases", table)
    zsris(*options)
    with Project.open(work) as project:
        project.decide(1, "accepted")
    before = statuses(work)
    ended = zsris(*options)
    assert "Ranked 0 phrases of 0 photos" in ended.out
    assert "(4 known phrases)" in ended.out
    assert statuses(work) == before
    assert zsris("prelabel", "--project", work).code == 0


def test_bad_lines_are_told_and_the_rest_goes_on(zsris, photos, table, work):
    table.write_text(f"{table.read_text()}\nnone.png,the cat\nred.png,\n")
    ended = zsris("prelabel", "--project", work, "--images", photos, "--phrases", table)
    assert ended.code == 0
    assert "left out: line 6: there is no file" in ended.err
    assert "left out: line 7: a phrase has no words" in ended.err
    assert "Ranked 4 phrases of 3 photos" in ended.out


def test_a_photo_that_fails_is_in_the_summary_and_tried_again(zsris, photos, table, work):
    Project.open(work, create=True).close()
    good = (photos / "blue.png").read_bytes()
    options = ("prelabel", "--project", work, "--images", photos, "--phrases", table)
    with Project.open(work) as project:
        project.library.move_root(photos)
        project.library.add_photo("blue.png")
    (photos / "blue.png").write_bytes(good[:60])
    ended = zsris(*options)
    assert ended.code == 1
    assert "could not be ranked: blue.png: " in ended.err
    assert "damaged or cut short" in ended.err
    assert "Ranked 3 phrases of 3 photos" in ended.out
    (photos / "blue.png").write_bytes(good)
    assert "Ranked 0 phrases" in zsris(*options, "--no-retry").out
    ended = zsris(*options)
    assert ended.code == 0
    assert "Ranked 1 phrase of 1 photo" in ended.out


def test_coco_masks_are_chosen_from(zsris, photos, coco, work):
    ended = zsris("prelabel", "--project", work, "--images", photos, "--coco", coco)
    assert "3 masks to choose from" in ended.out
    for item in statuses(work).values():
        (candidate,) = item.candidates
        assert candidate.mask.sum() == 24 * 24


def test_coco_masks_are_finished_work_or_ignored(zsris, photos, coco, work, tmp_path):
    options = ("prelabel", "--images", photos, "--coco", coco)
    ended = zsris(*options, "--project", work, "--masks", "finished")
    assert "3 finished" in ended.out
    assert {item.status for item in statuses(work).values()} == {"accepted"}
    ended = zsris(*options, "--project", tmp_path / "other.zsris", "--masks", "none")
    assert "masks to choose from" not in ended.out
    assert "Ranked 3 phrases of 3 photos" in ended.out


def test_refcoco_with_photos_of_the_other_edition(zsris, photos, coco, work, tmp_path):
    for number, name in enumerate(SQUARES):
        (photos / f"{name}.png").rename(photos / f"{number:012}.jpg")
    content = json.loads(coco.read_text())
    for number, image in enumerate(content["images"]):
        image["file_name"] = f"COCO_train2014_{number:012}.jpg"
    dataset = tmp_path / "refcoco"
    dataset.mkdir()
    (dataset / "instances.json").write_text(json.dumps(content))
    refs = [
        {
            "ref_id": number,
            "ann_id": number,
            "image_id": number,
            "category_id": 1,
            "split": "val" if number else "train",
            "sentences": [{"sent_id": number, "sent": f"{name} square"}],
        }
        for number, name in enumerate(SQUARES)
    ]
    (dataset / "refs(unc).json").write_text(json.dumps(refs))
    options = ("--images", photos, "--refcoco", dataset, "--split-by", "unc", "--split", "val")
    ended = zsris("prelabel", "--project", work, *options)
    assert ended.code == 0, ended.err
    assert {photo for photo, _ in statuses(work)} == {"000000000001.jpg", "000000000002.jpg"}


@pytest.fixture
def phrasecut(photos, tmp_path):
    """Two tasks on one photo, the second without a mask."""
    (photos / "red.png").rename(photos / "7.jpg")
    square = [[[16, 20], [40, 20], [40, 44], [16, 44]]]
    tasks = [
        {"task_id": "7__1", "image_id": 7, "phrase": "red square", "Polygons": [square]},
        {"task_id": "7__2", "image_id": 7, "phrase": "grey wall"},
    ]
    path = tmp_path / "refer_val.json"
    path.write_text(json.dumps(tasks))
    return path


def test_phrasecut_is_ranked_among_proposals(zsris, photos, phrasecut, work):
    options = ("--images", photos, "--phrasecut", phrasecut)
    ended = zsris("prelabel", "--project", work, *options)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("New: 1 photo, 2 phrases\nRanked 2 phrases of 1 photo in ")
    items = statuses(work)
    assert items["7.jpg", "red square"].split == "val"
    assert all(item.candidates for item in items.values())


def test_phrasecut_is_finished_work_or_dealt_out(zsris, photos, phrasecut, work, tmp_path):
    options = ("prelabel", "--images", photos, "--phrasecut", phrasecut)
    ended = zsris(*options, "--project", work, "--masks", "finished")
    assert "2 phrases, 1 finished" in ended.out
    items = statuses(work)
    assert items["7.jpg", "red square"].status == "accepted"
    assert items["7.jpg", "red square"].final_mask.sum() == 25 * 25
    assert "Ranked 1 phrase of 1 photo" in ended.out
    ended = zsris(*options, "--project", tmp_path / "other.zsris", "--shard", "2/2")
    assert ended.out.startswith("New: 0 photos")


def test_json(zsris, photos, table, work):
    table.write_text(f"{table.read_text()}\nnone.png,the cat")
    ended = zsris("prelabel", "--project", work, "--images", photos, "--phrases", table, "--json")
    values = json.loads(ended.out)
    assert (values["photos"], values["phrases"], values["failures"]) == (3, 4, [])
    assert values["left_out"][0]["where"] == "line 6"
    assert not ended.err


def test_shards_become_the_project(zsris, photos, table, work, tmp_path):
    source = ("--images", photos, "--phrases", table)
    for number in (1, 2):
        ended = zsris("prelabel", "--project", work, *source, "--shard", f"{number}/2")
        assert ended.code == 0
        assert f"zsris merge {work} {work.with_suffix('')}-*-of-2.zsris" in ended.out
    assert not work.exists()
    parts = sorted(tmp_path.glob("work-*-of-2.zsris"))
    ended = zsris("merge", work, *parts)
    assert ended.code == 0
    assert f"{parts[0]}: new are 2 photos, 3 phrases, 3 rankings, 0 decisions" in ended.out
    whole = tmp_path / "whole.zsris"
    zsris("prelabel", "--project", whole, *source)
    for key, item in statuses(whole).items():
        merged = statuses(work)[key]
        assert [each.rle for each in merged.candidates] == [each.rle for each in item.candidates]
    values = json.loads(zsris("merge", work, *parts, "--json").out)
    assert values["waiting"] == 0
    assert all(part["ranked"] == 0 for part in values["parts"].values())


def test_shards_of_a_project_that_is_there(zsris, photos, table, work, tmp_path):
    source = ("--images", photos, "--phrases", table)
    zsris("prelabel", "--project", work, *source)
    with Project.open(work) as project:
        photo = project.library.add_photo("blue.png")
        project.library.add_phrase(photo, "something new")
        project.library.add_phrase(1, "and this")
    for number in (1, 2):
        assert zsris("prelabel", "--project", work, "--shard", f"{number}/2").code == 0
    ended = zsris("merge", work, *sorted(tmp_path.glob("work-*-of-2.zsris")))
    assert ended.out.count("0 photos, 0 phrases, 1 ranking") == 2
    assert all(item.ranked for item in statuses(work).values())


def test_ctrl_c_keeps_what_is_ranked(zsris, photos, table, work, monkeypatch):
    rank = InProcess.work

    def interrupted(crew, tasks):
        yield next(rank(crew, tasks))
        raise KeyboardInterrupt

    monkeypatch.setattr(InProcess, "work", interrupted)
    options = ("prelabel", "--project", work, "--images", photos, "--phrases", table)
    ended = zsris(*options)
    assert ended.code == 130
    assert f"stopped: 1 of 3 photos are in {work}; the same command goes on" in ended.err
    monkeypatch.undo()
    assert sum(item.ranked for item in statuses(work).values()) == 2


def test_what_cannot_be_done_is_said(refused, photos, table, coco, work, tmp_path):
    base = ("prelabel", "--project", work)
    assert "there is no project" in refused(*base)
    assert "there is no project" in refused(*base, "--shard", "1/2")
    assert "needs phrases: give --phrases" in refused(*base, "--images", photos)
    assert "with --images FOLDER" in refused(*base, "--phrases", table)
    both = ("--images", photos, "--phrases", table, "--coco", coco)
    assert "at a time" in refused(*base, *both)
    assert "holds no refs(...).p: name the folder" in refused(
        *base, "--images", photos, "--refcoco", tmp_path
    )
    assert "--crowds belongs to --coco FILE or --refcoco FOLDER" in refused(
        *base, "--images", photos, "--phrases", table, "--crowds", "take"
    )
    assert "belong to --refcoco" in refused(
        *base, "--images", photos, "--phrases", table, "--split", "val"
    )
    assert "which leaves nothing to choose" in refused(
        *base, "--images", photos, "--phrasecut", table, "--masks", "proposals"
    )
    source = ("--images", photos, "--phrases", table)
    assert "write it as 2/8" in refused(*base, *source, "--shard", "two")
    assert "count them from 1" in refused(*base, *source, "--shard", "0/8")
    assert not work.exists()


def test_a_model_that_is_not_there(zsris, photos, table, work):
    options = ("prelabel", "--project", work, "--images", photos, "--phrases", table)
    ended = zsris(*options, "--proposals", "regionz")
    assert ended.code == 2
    assert "no proposal source is named 'regionz'" in ended.err
    assert zsris(*options).code == 0


# What a shell starts in the background ignores Ctrl-C, and hands that down to the command.
IN_FOREGROUND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from napari_zsris.cli import main
sys.exit(main())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_ctrl_c_on_a_keyboard_reaches_all_processes_and_stops_them(photos, work, tmp_path):
    table = tmp_path / "many.csv"
    rows = [f"{name}.png,square number {n}" for name in SQUARES for n in range(3)]
    for n in range(200):
        name = f"{n}.png"
        (photos / name).write_bytes((photos / "red.png").read_bytes())
        rows.append(f"{name},the square")
    table.write_text("\n".join(["image,phrase", *rows]))
    options = ("prelabel", "--project", work, "--images", photos, "--phrases", table)
    running = subprocess.Popen(
        [sys.executable, "-c", IN_FOREGROUND, *options, "--dask", "local", "--workers", "2"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and running.poll() is None:
        time.sleep(0.3)
        if work.exists() and sum(item.ranked for item in statuses(work).values()) > 2:
            break
    os.killpg(running.pid, signal.SIGINT)
    told = running.communicate(timeout=60)[1]
    assert running.returncode == 130, told
    *progress, last = told.splitlines()
    assert "the same command goes on from there" in last
    assert all(line.startswith("photos: ") for line in progress), told
    assert 2 < sum(item.ranked for item in statuses(work).values()) < 209

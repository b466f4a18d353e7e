"""`zsris export` and `zsris stats` on a small project."""

import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from napari_zsris.annotations import Project, Run, ScoredMask, encode_rle


@pytest.fixture
def project(tmp_path, photo):
    """One photo with four phrases: accepted, corrected, rejected, to do."""
    square = np.zeros((48, 64), bool)
    square[12:36, 20:44] = True
    path = tmp_path / "work.zsris"
    with Project.open(path, create=True) as made:
        number = made.library.add_photo(photo.name)
        phrases = ("the bright square", "a yellow box", "???", "the left thing")
        items = [made.library.add_phrase(number, phrase, split="val") for phrase in phrases]
        masks = [ScoredMask(encode_rle(square), 0.9), ScoredMask(encode_rle(~square), 0.5)]
        made.rankings.save(number, dict.fromkeys(items, masks), Run("regions", "lite"))
        made.decide(items[0], "accepted", candidate=1, seconds=2.0)
        made.decide(items[1], "corrected", mask=square & (np.arange(64) < 32), seconds=4.0)
        made.decide(items[2], "rejected")
    return path


def _phrases(path):
    return [row["phrase"] for row in json.loads(path.read_bytes())["annotations"]]


def test_both_formats_at_once(zsris, project, tmp_path):
    out, folder = tmp_path / "out.json", tmp_path / "refs"
    ended = zsris("export", project, "--coco", out, "--refcoco", folder, "--split-by", "mine")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"2 annotations written to {out}",
        f"2 refs written to {folder}",
        "2 items without a mask are not in the file: 1 not decided on, 1 rejected",
    ]
    assert _phrases(out) == ["the bright square", "a yellow box"]
    assert {path.name for path in folder.iterdir()} == {
        "refs(mine).p",
        "refs(mine).json",
        "instances.json",
    }


def test_nothing_decided_is_told(zsris, project, tmp_path):
    with Project.open(project) as opened:
        for _ in range(3):
            opened.undo()
    out = tmp_path / "out.json"
    ended = zsris("export", project, "--coco", out)
    assert (ended.code, ended.out.splitlines()) == (
        0,
        [
            f"0 annotations written to {out}",
            "4 items without a mask are not in the file: 4 not decided on",
        ],
    )
    assert "--status todo exports the best candidates" in ended.err


def test_polygons(zsris, project, tmp_path, capsys):
    out = tmp_path / "out.json"
    ended = zsris("export", project, "--coco", out, "--masks", "polygons", "--json")
    left_out = {"todo": 1, "rejected": 1}
    assert json.loads(ended.out) == {"annotations": 2, "left_out": {"annotations": left_out}}
    coco = COCO(str(out))
    assert coco.annToMask(coco.anns[2]).sum() == 24 * 12


@pytest.mark.parametrize(
    ("options", "coco", "refcoco"),
    [((), dict, list), (("--masks", "rle"), dict, dict), (("--masks", "polygons"), list, list)],
)
def test_masks_as_each_format_s_readers_want_them_or_as_asked(
    zsris, project, tmp_path, options, coco, refcoco
):
    out, folder = tmp_path / "out.json", tmp_path / "refs"
    ended = zsris("export", project, "--coco", out, "--refcoco", folder, *options)
    assert ended.code == 0
    for path, kind in ((out, coco), (folder / "instances.json", refcoco)):
        rows = json.loads(path.read_bytes())["annotations"]
        assert [type(row["segmentation"]) for row in rows] == [kind, kind]


@pytest.mark.parametrize(
    ("options", "phrases"),
    [
        (("--status", "accepted"), ["the bright square"]),
        (("--status", "corrected", "--status", "todo"), ["a yellow box", "the left thing"]),
        (("--split", "train"), []),
        (("--split", "train", "--split", "val"), ["the bright square", "a yellow box"]),
    ],
)
def test_filters(zsris, project, tmp_path, options, phrases):
    out = tmp_path / "out.json"
    assert zsris("export", project, "--coco", out, *options).code == 0
    assert _phrases(out) == phrases


def _categories(path):
    content = json.loads(path.read_bytes())
    names = {row["id"]: row["name"] for row in content["categories"]}
    return [names[row["category_id"]] for row in content["annotations"]]


@pytest.mark.slow
def test_categories_are_head_nouns(zsris, project, tmp_path):
    out = tmp_path / "out.json"
    assert zsris("export", project, "--coco", out).code == 0
    assert _categories(out) == ["square", "box"]


def test_one_category_for_all(zsris, project, tmp_path):
    out = tmp_path / "out.json"
    assert zsris("export", project, "--coco", out, "--category", "thing").code == 0
    assert _categories(out) == ["thing", "thing"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("map.json", '{"thing": "object"}'), ("map.csv", "other,else\nthing , object\n\n")],
)
def test_categories_renamed(zsris, project, tmp_path, name, content):
    out, names = tmp_path / "out.json", tmp_path / name
    names.write_text(content)
    options = ("--category", "thing", "--category-map", names)
    assert zsris("export", project, "--coco", out, *options).code == 0
    assert _categories(out) == ["object", "object"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("map.json", "{"),
        ("map.json", "[1]"),
        ("map.json", '{"a": 1}'),
        ("map.csv", "one\n"),
        ("map.csv", '"open'),
        ("none.csv", None),
    ],
)
def test_a_mapping_that_is_none(refused, project, tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_text(content)
    out = tmp_path / "out.json"
    line = refused("export", project, "--coco", out, "--category-map", tmp_path / name)
    assert name in line
    assert "old name" in line or "old names to new ones" in line
    assert not out.exists()


def test_nothing_to_export_to(refused, project):
    assert "give --coco FILE, --refcoco FOLDER, or both" in refused("export", project)


def test_a_status_without_masks(refused, project, tmp_path):
    line = refused("export", project, "--coco", tmp_path / "o.json", "--status", "rejected")
    assert "'rejected' items have no mask to export" in line


def test_no_project(refused, tmp_path):
    for verb in ("export", "stats"):
        options = ("--coco", tmp_path / "out.json") if verb == "export" else ()
        assert "there is no project file" in refused(verb, tmp_path / "none.zsris", *options)


def test_a_project_that_is_open_elsewhere(zsris, project, tmp_path):
    with Project.open(project):
        assert zsris("export", project, "--coco", tmp_path / "out.json").code == 0
        assert zsris("stats", project).code == 0


def test_stats(zsris, project):
    ended = zsris("stats", project)
    assert ended.code == 0
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert "accepted 1 25.0% 2.00" in lines
    assert "todo 1 25.0% -" in lines
    assert "1 0 0.0% 1" in lines
    assert "2 1 50.0% 0" in lines
    assert "1 photo, 4 phrases, 4 ranked, 0 failed, 0 imported as finished" in lines
    assert "Median time per decision: 3.00 s" in lines
    assert "Mean IoU of corrected masks with the proposed: 0.50" in lines
    assert max(map(len, ended.out.splitlines())) <= 80


def test_stats_as_json(zsris, project):
    values = json.loads(zsris("stats", project, "--json").out)
    assert values["counts"]["corrected"] == 1
    assert [row["rank"] for row in values["acceptance"]] == [1, 2]
    assert values["seconds_by_status"] == {"accepted": 2.0, "corrected": 4.0}


def test_stats_of_an_empty_project(zsris, tmp_path):
    path = tmp_path / "new.zsris"
    Project.open(path, create=True).close()
    ended = zsris("stats", path)
    assert ended.code == 0
    assert "Median time per decision: -" in ended.out
    assert json.loads(zsris("stats", path, "--json").out)["corrected_iou"] is None

import json
import pickle

import numpy as np
import pytest
from pycocotools.coco import COCO

from napari_zsris.annotations import Categories, Project, ScoredMask, encode_rle
from napari_zsris.errors import AnnotationError
from napari_zsris.files import OutputError

from .conftest import RUN
from .refer import Refer


@pytest.fixture
def decided(ranked, hard_masks):
    """A project with an item of every status."""
    ranked.decide(1, "accepted", candidate=1)
    ranked.decide(2, "corrected", mask=hard_masks["holes"])
    ranked.decide(3, "rejected")
    ranked.decide(4, "skipped")
    ranked.decide(5, "none-fits")
    ranked.decide(6, "none-fits", mask=hard_masks["one pixel"])
    ranked.decide(7, "accepted", candidate=0)
    return ranked


def _read(path):
    return json.loads(path.read_bytes())


def test_coco_holds_every_final_mask(decided, tmp_path, capsys):
    path = tmp_path / "out.json"
    assert decided.export_coco(path) == 4
    coco = COCO(str(path))
    items = [decided.queue.item(number) for number in (1, 2, 6, 7)]
    for annotation, item in zip(coco.loadAnns(sorted(coco.anns)), items, strict=True):
        assert np.array_equal(coco.annToMask(annotation), item.final_mask)
        assert coco.imgs[annotation["image_id"]]["file_name"] == item.photo
        assert (annotation["phrase"], annotation["status"]) == (item.phrase, item.status)
        assert annotation.get("score") == item.decision.score
        rank = item.decision.rank
        assert annotation.get("rank") == (None if rank is None else rank + 1)
        assert annotation["split"] == item.split
        assert None not in annotation.values()
    assert [image["file_name"] for image in coco.imgs.values()] == ["a.png", "c.png", "d.png"]


def test_polygons_are_lossless(decided, tmp_path, capsys):
    path = tmp_path / "out.json"
    decided.export_coco(path, masks="polygons")
    coco = COCO(str(path))
    for annotation, number in zip(coco.loadAnns(sorted(coco.anns)), (1, 2, 6, 7), strict=True):
        assert isinstance(annotation["segmentation"], list)
        assert np.array_equal(coco.annToMask(annotation), decided.queue.item(number).final_mask)


@pytest.mark.parametrize(
    ("options", "phrases"),
    [
        ({"status": "accepted"}, ["the cat a", "the cat d"]),
        ({"status": ["corrected", "none-fits"]}, ["the dog a", "the dog c"]),
        ({"split": "val"}, ["the cat d"]),
        ({"status": "accepted", "split": "train"}, ["the cat a"]),
        ({"status": "todo"}, ["the dog d"]),
        ({"split": "nothing"}, []),
    ],
)
def test_filters(decided, tmp_path, options, phrases):
    path = tmp_path / "out.json"
    assert decided.export_coco(path, **options) == len(phrases)
    assert [row["phrase"] for row in _read(path)["annotations"]] == phrases


def test_undecided_items_export_their_best_candidate_on_request(decided, tmp_path, capsys):
    path = tmp_path / "out.json"
    decided.export_coco(path, status="todo")
    coco = COCO(str(path))
    item = decided.queue.item(8)
    assert np.array_equal(coco.annToMask(coco.anns[1]), item.candidates[0].mask)
    assert (coco.anns[1]["status"], coco.anns[1]["rank"]) == ("todo", 1)


@pytest.mark.parametrize("status", ["rejected", "skipped"])
def test_a_status_without_masks_cannot_be_exported(decided, tmp_path, status):
    with pytest.raises(AnnotationError, match=f"'{status}' items have no mask to export: choose"):
        decided.export_coco(tmp_path / "out.json", status=status)
    with pytest.raises(AnnotationError, match="have no mask to export"):
        decided.export_refcoco(tmp_path / "out", status=status)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("categories", "names"),
    [
        (None, ["cat", "animal", "animal", "cat"]),
        (Categories(), ["cat", "animal", "animal", "cat"]),
        (Categories(fixed="thing"), ["thing"] * 4),
        (Categories(head_noun=lambda phrase: phrase[-1]), ["cat", "animal", "animal", "cat"]),
        (Categories(rename={"cat": "pet", "animal": "beast"}), ["pet", "beast", "beast", "pet"]),
    ],
)
def test_categories(decided, tmp_path, categories, names):
    path = tmp_path / "out.json"
    decided.export_coco(path, categories=categories)
    content = _read(path)
    by_id = {row["id"]: row["name"] for row in content["categories"]}
    assert [by_id[row["category_id"]] for row in content["annotations"]] == names


def test_a_phrase_nobody_knows_anything_of_is_an_object(project, tmp_path, hard_masks):
    project.decide(1, "corrected", mask=hard_masks["disc"])
    for head_noun, name in ((None, "object"), (lambda _: None, "object"), (str.upper, "THE CAT A")):
        project.export_coco(tmp_path / "out.json", categories=Categories(head_noun=head_noun))
        assert _read(tmp_path / "out.json")["categories"][0]["name"] == name


def test_exports_are_the_same_byte_for_byte(decided, tmp_path):
    for name in "ab":
        decided.export_coco(tmp_path / f"{name}.json")
        decided.export_refcoco(tmp_path / name)
        path = decided.path
        decided.close()
        decided = Project.open(path)
    decided.close()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    for name in ("refs(zsris).p", "refs(zsris).json", "instances.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_refcoco_read_by_a_reader_of_its_own(decided, tmp_path):
    assert decided.export_refcoco(tmp_path / "out") == 4
    refer = Refer(tmp_path / "out", "zsris")
    items = [decided.queue.item(number) for number in (1, 2, 6, 7)]
    for ref_id, item in zip(sorted(refer.refs), items, strict=True):
        ref = refer.refs[ref_id]
        assert np.array_equal(refer.mask(ref), item.final_mask)
        assert [sentence["raw"] for sentence in ref["sentences"]] == [item.phrase]
        assert (ref["file_name"], ref["split"]) == (item.photo, item.split)
        assert refer.images[ref["image_id"]]["file_name"] == item.photo
    assert refer.ref_ids(split="val") == [4]
    assert refer.categories[refer.refs[2]["category_id"]] == "animal"


def test_refcoco_in_run_lengths_on_request(decided, tmp_path, capsys):
    decided.export_refcoco(tmp_path / "out", masks="rle")
    coco = COCO(str(tmp_path / "out" / "instances.json"))
    masks = [coco.annToMask(row) for row in coco.loadAnns(sorted(coco.anns))]
    for mask, number in zip(masks, (1, 2, 6, 7), strict=True):
        assert np.array_equal(mask, decided.queue.item(number).final_mask)
    with pytest.raises(AnnotationError, match="cannot be written as 'contours': choose"):
        decided.export_refcoco(tmp_path / "other", masks="contours")
    assert not (tmp_path / "other").exists()


def test_every_hard_mask_is_read_by_refer_s_rules(project, tmp_path, hard_masks):
    for mask in hard_masks.values():
        item = project.library.add_phrase(1, f"phrase {mask.sum()} of {id(mask)}")
        project.decide(item, "corrected", mask=mask)
    project.export_refcoco(tmp_path / "out")
    refer = Refer(tmp_path / "out", "zsris")
    for ref, mask in zip(refer.refs.values(), hard_masks.values(), strict=True):
        assert np.array_equal(refer.mask(ref), mask)


def test_what_is_left_out_is_counted_by_reason(decided, tmp_path):
    report = decided.export_coco(tmp_path / "out.json")
    expected = {"todo": 1, "rejected": 1, "skipped": 1, "none-fits": 1}
    assert (report, report.left_out) == (4, expected)
    assert report.explanation == (
        "4 items without a mask are not in the file: 1 not decided on, 1 rejected, 1 skipped, "
        "1 that nothing fits"
    )
    assert decided.export_refcoco(tmp_path / "out").left_out == expected
    # What was not asked for is not missed.
    assert decided.export_coco(tmp_path / "out.json", status="accepted").left_out == {}
    assert decided.export_coco(tmp_path / "out.json", status="accepted").explanation == ""
    assert decided.export_coco(tmp_path / "out.json", split="val").left_out == {
        "todo": 1,
        "rejected": 1,
        "skipped": 1,
    }


def test_a_mask_without_a_pixel_is_left_out_and_counted(project, tmp_path):
    nothing = encode_rle(np.zeros((60, 80), bool))
    project.rankings.save(1, {1: [ScoredMask(nothing, 1.0)]}, RUN)
    project.decide(1, "accepted")
    for report in (
        project.export_coco(tmp_path / "out.json", status="accepted"),
        project.export_refcoco(tmp_path / "out", status="accepted"),
    ):
        assert (report, report.left_out) == (0, {"empty": 1})
        assert report.explanation.startswith("1 item without a mask is not in the file: 1 whose")


def test_a_photo_where_nothing_fits_is_listed(decided, tmp_path):
    decided.decide(1, "rejected")
    decided.decide(2, "none-fits")
    decided.decide(6, "rejected")
    decided.export_coco(tmp_path / "out.json")
    content = _read(tmp_path / "out.json")
    assert [row["file_name"] for row in content["images"]] == ["a.png", "c.png", "d.png"]
    assert [(row["id"], row["image_id"]) for row in content["annotations"]] == [(1, 3)]


def test_one_numbering_of_categories_whatever_is_exported(decided, tmp_path):
    seen = []
    for number, options in enumerate(
        [{}, {"split": "train"}, {"split": "val"}, {"status": "corrected"}, {"split": "none"}]
    ):
        decided.export_coco(tmp_path / f"{number}.json", **options)
        decided.export_refcoco(tmp_path / f"{number}", **options)
        paths = (tmp_path / f"{number}.json", tmp_path / f"{number}" / "instances.json")
        rows = [_read(path)["categories"] for path in paths]
        seen += [{row["name"]: row["id"] for row in each} for each in rows]
    assert seen == [{"animal": 1, "cat": 2}] * 10
    decided.export_coco(tmp_path / "out.json", categories=Categories(rename={"cat": "pet"}))
    assert _read(tmp_path / "out.json")["categories"] == [
        {"id": 1, "name": "animal", "supercategory": ""},
        {"id": 3, "name": "pet", "supercategory": ""},
    ]


def test_phrases_of_one_object_are_sentences_of_one_ref(project, tmp_path, hard_masks):
    twin = project.library.add_phrase(1, "Left cat, isn't it?", split="train")
    for number in (1, twin):
        project.decide(number, "corrected", mask=hard_masks["disc"])
    project.decide(3, "corrected", mask=hard_masks["disc"])
    assert project.export_refcoco(tmp_path / "out") == 2
    refer = Refer(tmp_path / "out", "zsris")
    assert refer.refs[1]["sent_ids"] == [1, 2]
    sentence = refer.refs[1]["sentences"][1]
    assert sentence["raw"] == "Left cat, isn't it?"
    assert sentence["tokens"] == ["left", "cat", "isn't", "it"]
    assert sentence["sent"] == "left cat isn't it"
    assert refer.refs[2]["sent_ids"] == [3]


def test_a_phrase_without_a_split_is_for_training(project, tmp_path, hard_masks):
    item = project.library.add_phrase(1, "???")
    project.decide(item, "corrected", mask=hard_masks["disc"])
    project.export_refcoco(tmp_path / "out")
    (ref,) = Refer(tmp_path / "out", "zsris").refs.values()
    assert ref["split"] == "train"
    assert ref["sentences"][0]["tokens"] == ["???"]


def test_the_pickle_and_its_twin_hold_the_same(decided, tmp_path):
    decided.export_refcoco(tmp_path / "out", split_by="mine")
    pickled = pickle.loads((tmp_path / "out" / "refs(mine).p").read_bytes())  # noqa: S301
    assert pickled == _read(tmp_path / "out" / "refs(mine).json")
    assert len(pickled) == 4


def test_exporting_again_replaces_the_files(decided, tmp_path):
    decided.export_refcoco(tmp_path / "out")
    decided.decide(8, "accepted")
    assert decided.export_refcoco(tmp_path / "out") == 5
    assert len(Refer(tmp_path / "out", "zsris").refs) == 5


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a)b", ".", " "])
def test_a_split_by_that_cannot_stand_in_a_file_name(decided, tmp_path, name):
    with pytest.raises(AnnotationError, match="cannot stand in a file name: use letters, digits"):
        decided.export_refcoco(tmp_path / "out", split_by=name)
    assert not (tmp_path / "out").exists()


def test_another_dataset_is_never_overwritten(decided, tmp_path):
    folder = tmp_path / "refcoco"
    folder.mkdir()
    (folder / "instances.json").write_text('{"images": []}')
    with pytest.raises(AnnotationError, match=r"instances\.json was not made by an export of ours"):
        decided.export_refcoco(folder)
    (folder / "instances.json").unlink()
    (folder / "refs(unc).p").write_bytes(b"")
    with pytest.raises(AnnotationError, match=r"holds refs\(unc\)\.p, which shares its instances"):
        decided.export_refcoco(folder)
    assert [entry.name for entry in folder.iterdir()] == ["refs(unc).p"]


def test_two_exports_of_different_splits_need_two_folders(decided, tmp_path):
    decided.export_refcoco(tmp_path / "out", split_by="one")
    with pytest.raises(AnnotationError, match="choose another folder for this export"):
        decided.export_refcoco(tmp_path / "out", split_by="two")


def test_giving_up_leaves_the_old_files(decided, tmp_path):
    decided.export_coco(tmp_path / "out.json")
    decided.export_refcoco(tmp_path / "out")
    before = {path: path.read_bytes() for path in tmp_path.rglob("out*") if path.is_file()}
    decided.decide(8, "accepted")
    for steps in (
        decided.exporting_coco(tmp_path / "out.json"),
        decided.exporting_refcoco(tmp_path / "out"),
    ):
        next(steps)
        steps.close()
    assert before == {path: path.read_bytes() for path in before}
    assert not list(tmp_path.rglob("*.part*"))


def test_progress_is_told(decided, tmp_path):
    steps = decided.exporting_coco(tmp_path / "out.json")
    shown = list(steps)
    assert (shown[0].done, shown[-1].done, shown[-1].total) == (0, 4, 4)
    shown = list(decided.exporting_refcoco(tmp_path / "out"))
    assert (shown[0].done, shown[-1].done, shown[-1].total) == (0, 4, 4)


def test_decisions_during_an_export_are_not_part_of_it(decided, tmp_path):
    steps = decided.exporting_coco(tmp_path / "out.json")
    next(steps)
    decided.decide(1, "rejected")
    decided.decide(8, "accepted")
    list(steps)
    rows = _read(tmp_path / "out.json")["annotations"]
    assert [row["phrase"] for row in rows] == ["the cat a", "the dog a", "the dog c", "the cat d"]


def test_a_place_that_cannot_be_written(decided, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        decided.export_coco(tmp_path / "file" / "out.json")
    with pytest.raises(OutputError, match="cannot write"):
        decided.export_refcoco(tmp_path / "file" / "out")

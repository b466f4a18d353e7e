import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from napari_zsris.annotations import Project
from napari_zsris.annotations.imports import BadRow, import_table, read_table
from napari_zsris.errors import AnnotationError
from napari_zsris.progress import Progress


def _csv(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "phrases.csv"
    path.write_bytes(text.encode(encoding))
    return path


def _items(project):
    return [(item.photo, item.phrase, item.category, item.split) for item in project.items()]


def test_a_csv_file(tmp_path, photos, target, run):
    table = _csv(
        tmp_path,
        "image,phrase,category,split\n"
        'a.png,"the cat, asleep",cat,val\n'
        "a.png,le château,,\n"
        "\n"
        "b.png,  a   dog ,dog,train\n",
    )
    report = run(import_table(target, table, photos))
    assert (report.photos, report.phrases, report.known, report.bad) == (2, 3, 0, ())
    assert _items(target) == [
        ("a.png", "the cat, asleep", "cat", "val"),
        ("a.png", "le château", None, None),
        ("b.png", "a dog", "dog", "train"),
    ]
    item = target.queue.item(1)
    assert item.size == (60, 80)
    assert item.image_path == photos / "a.png"


@pytest.mark.parametrize(
    "text",
    [
        "phrase;image\na cat;a.png\n",
        "Image\tnote\tPhrase\r\na.png\tx\ta cat\r\n",
        "\ufeffimage,phrase\na.png,a cat",
        "image , phrase\n a.png ,a cat",
    ],
)
def test_csv_as_other_programs_write_it(tmp_path, photos, target, run, text):
    report = run(import_table(target, _csv(tmp_path, text), photos))
    assert report.bad == ()
    assert _items(target) == [("a.png", "a cat", None, None)]


def test_bad_lines_are_reported_and_the_rest_goes_on(tmp_path, photos, target, run):
    (photos / "text.png").write_text("no picture")
    (photos / "empty.png").write_bytes(b"")
    lines = [
        "a.png,a cat",
        "missing.png,a cat",
        "a.png",
        "a.png,   ",
        ",a cat",
        "../a.png,a cat",
        "/etc/passwd,a cat",
        "C:\\a.png,a cat",
        'a.png,"never closed',
        'a.png,"closed"too soon',
        "text.png,a cat",
        "empty.png,a cat",
        "a.png,a\0cat",
        "b.png,a dog",
    ]
    table = _csv(tmp_path, "image,phrase\n" + "\n".join(lines) + "\n")
    table.write_bytes(table.read_bytes() + b"a.png,caf\xe9\nc.png,the last\n")
    report = run(import_table(target, table, photos))
    assert [(photo, phrase) for photo, phrase, *_ in _items(target)] == [
        ("a.png", "a cat"),
        ("b.png", "a dog"),
        ("c.png", "the last"),
    ]
    reasons = {bad.where: bad.reason for bad in report.bad}
    expected = {
        "line 3": "there is no file",
        "line 4": '"phrase" must be text, found nothing',
        "line 5": "a phrase has no words",
        "line 6": "is not a path inside the folder of photos",
        "line 7": "'a.png' may be '../a.png' or 'C:",
        "line 8": "is not a path inside the folder of photos",
        "line 9": "a.png' or '../a.png'",
        "line 10": "it is no row of a CSV file: ',' expected after",
        "line 11": "it is no row of a CSV file: ',' expected after '\"'",
        "line 12": "is not a picture",
        "line 13": "is empty (0 bytes)",
        "line 14": "is not text",
        "line 16": "is not text in UTF-8: save the file in that encoding",
    }
    assert reasons.keys() == expected.keys()
    for where, reason in expected.items():
        assert reason in reasons[where]


def test_json_lines(tmp_path, photos, target, run):
    rows = [
        json.dumps({"image": "a.png", "phrase": "a cat", "split": "val", "more": [1]}),
        "",
        "{",
        "[" * 100_000,
        json.dumps(["a.png", "a cat"]),
        json.dumps({"image": "a.png", "phrase": 3}),
        json.dumps({"image": 4, "phrase": "a cat"}),
        json.dumps({"image": "a.png", "phrase": "a cat", "category": 5}),
        json.dumps({"image": "\ud800.png", "phrase": "a cat"}),
        json.dumps({"image": "a.png", "phrase": "\ud800"}),
        json.dumps({"image": "a.png", "phrase": "a cat", "split": "\ud800"}),
        json.dumps({"image": "b.png", "phrase": "ein Hund", "category": "dog"}),
    ]
    table = tmp_path / "phrases.jsonl"
    table.write_text("\n".join(rows))
    report = run(import_table(target, table, photos))
    assert _items(target) == [("a.png", "a cat", None, "val"), ("b.png", "ein Hund", "dog", None)]
    assert [bad.where for bad in report.bad] == [f"line {number}" for number in range(3, 12)]
    assert "it is no JSON" in report.bad[0].reason


@pytest.mark.parametrize("text", ["", "a.png,a cat\n", "image,text\n", "\0"])
def test_a_table_without_names(tmp_path, photos, target, run, text):
    message = "does not begin with the column names image and phrase: add them as its first line"
    with pytest.raises(AnnotationError, match=message):
        run(import_table(target, _csv(tmp_path, text), photos))


def test_a_table_that_is_not_there(tmp_path, photos, target, run):
    with pytest.raises(AnnotationError, match=r"cannot read .*none\.csv: No such file"):
        run(import_table(target, tmp_path / "none.csv", photos))


def test_importing_again_adds_only_what_is_new(tmp_path, photos, target, run):
    run(import_table(target, _csv(tmp_path, "image,phrase\na.png,a cat\n"), photos))
    target.decide(1, "rejected")
    table = _csv(tmp_path, "image,phrase\na.png,a cat\na.png,a dog\na.png,a dog\n")
    report = run(import_table(target, table, photos))
    assert (report.photos, report.phrases, report.known) == (0, 1, 2)
    assert target.queue.item(1).status == "rejected"


def test_an_import_given_up_is_completed_by_the_next(tmp_path, photos, target, run):
    rows = [f"a.png,phrase {number}" for number in range(250)]
    table = _csv(tmp_path, "\n".join(["image,phrase", *rows]))
    steps = import_table(target, table, photos)
    assert next(steps) == Progress("rows", 100, 0)
    steps.close()
    assert len(list(target.items())) == 100
    report = run(import_table(target, table, photos))
    assert (report.phrases, report.known) == (150, 100)


def test_a_second_folder_lies_below_the_root(tmp_path, target, run):
    for name in ("one", "two"):
        (tmp_path / "all" / name).mkdir(parents=True)
        Image.new("RGB", (8, 6)).save(tmp_path / "all" / name / "a.png")
    table = _csv(tmp_path, "image,phrase\na.png,a cat\n")
    run(import_table(target, _csv(tmp_path, "image,phrase\none/a.png,a cat"), tmp_path / "all"))
    run(import_table(target, table, tmp_path / "all" / "one"))
    run(import_table(target, _csv(tmp_path, "image,phrase\na.png,x"), tmp_path / "all" / "two"))
    assert [photo for photo, *_ in _items(target)] == ["one/a.png", "two/a.png"]
    with pytest.raises(AnnotationError, match="where this project's photos are: make another proj"):
        run(import_table(target, table, tmp_path))


def test_a_link_out_of_the_folder_is_the_person_s_own(tmp_path, photos, target, run):
    Image.new("RGB", (8, 6)).save(tmp_path / "cached.png")
    (photos / "link.png").symlink_to(tmp_path / "cached.png")
    report = run(import_table(target, _csv(tmp_path, "image,phrase\nlink.png,a cat"), photos))
    assert report.bad == ()
    (item,) = target.items()
    assert (item.photo, item.size) == ("link.png", (6, 8))


def test_a_photo_that_claims_to_be_huge_is_refused_unread(tmp_path, photos, target, run):
    content = bytearray((photos / "a.png").read_bytes())
    content[16:24] = (200_000).to_bytes(4, "big") * 2
    content[29:33] = __import__("zlib").crc32(content[12:29]).to_bytes(4, "big")
    (photos / "bomb.png").write_bytes(content)
    report = run(import_table(target, _csv(tmp_path, "image,phrase\nbomb.png,a cat"), photos))
    assert "has 40,000 megapixels" in report.bad[0].reason


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses such names itself")
def test_names_that_are_odd_but_fine(tmp_path, photos, target, run):
    name = "ä 'b\" ; DROP TABLE photo; --.png"
    (photos / "a.png").rename(photos / name)
    table = tmp_path / "t.jsonl"
    table.write_text(json.dumps({"image": name, "phrase": "x'); DROP TABLE phrase; --"}))
    assert run(import_table(target, table, photos)).bad == ()
    (item,) = target.items()
    assert item.image_path.is_file()


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200), st.sampled_from(["t.csv", "t.jsonl"]))
def test_any_bytes_are_rows_or_reported(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(b"image,phrase\n" + content)
    try:
        _, *records = read_table(path)
    except AnnotationError as error:
        assert "\n" not in str(error)
        return
    for record in records:
        assert isinstance(record, BadRow) or record.phrase is not None


def test_the_project_is_free_between_batches(tmp_path, photos, target):
    rows = [f"a.png,phrase {number}" for number in range(150)]
    steps = import_table(target, _csv(tmp_path, "\n".join(["image,phrase", *rows])), photos)
    next(steps)
    target.decide(1, "rejected")
    assert len(list(Project.open(target.path, readonly=True).items())) == 100

"""Files as other programs write them, each of a kind that people have met."""

import json
import unicodedata

import numpy as np
import pytest
from PIL import Image

from napari_zsris.annotations.imports import import_coco, import_table
from napari_zsris.errors import AnnotationError
from napari_zsris.images import read_image

HEIGHT, WIDTH = 120, 160
BOXES = {
    "the red ball": (20, 70, 10, 60),
    "the blue box": (40, 100, 90, 140),
    "the green box": (15, 60, 20, 70),
    "the yellow ball": (55, 105, 95, 145),
}


def mask_of(phrase):
    top, bottom, left, right = BOXES[phrase]
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top:bottom, left:right] = True
    return mask


def polygon(phrase):
    top, bottom, left, right = BOXES[phrase]
    return [left, top, right, top, right, bottom, left, bottom]


def row(number, image, phrase, /, **changes):
    category = 1 if phrase.endswith("ball") else 2
    made = {"id": number, "image_id": image, "category_id": category, "iscrowd": 0}
    return made | {"segmentation": [polygon(phrase)], "phrase": phrase} | changes


def image(number, name, **changes):
    return {"id": number, "file_name": name, "height": HEIGHT, "width": WIDTH} | changes


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "images"
    made.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (WIDTH, HEIGHT), "grey").save(made / name)
    return made


@pytest.fixture
def coco(tmp_path, target, run):
    """Write a COCO file and import it as finished work."""

    def imported(folder, images, annotations, name="file.json", **options):
        categories = [{"id": 1, "name": "ball"}, {"id": 2, "name": "box"}]
        content = {"images": images, "annotations": annotations, "categories": categories}
        path = tmp_path / name
        path.write_text(json.dumps(content), encoding=options.pop("encoding", "utf-8"))
        return run(import_coco(target, path, folder, **({"masks": "finished"} | options)))

    return imported


def finished(project):
    """Every finished mask by its photo and phrase."""
    items = list(project.items(status="accepted"))
    found = {(item.photo, item.phrase): item.final_mask for item in items}
    assert len(found) == len(items)
    return found


def assert_right(project, *expected):
    """Assert that the project holds exactly these (photo, phrase), each with its own mask."""
    found = finished(project)
    assert found.keys() == set(expected)
    for (_, phrase), mask in found.items():
        np.testing.assert_array_equal(mask, mask_of(phrase))


RED, BLUE = ("a.png", "the red ball"), ("a.png", "the blue box")
GREEN, YELLOW = ("b.png", "the green box"), ("b.png", "the yellow ball")
PHOTOS = [image(1, "a.png"), image(2, "b.png")]


@pytest.mark.parametrize(
    "ids", [(0, 0, 0, 0), (1, 2, 1, 2), ("x", "x", "y", "y"), (1, "1", 1.0, 1)]
)
def test_objects_that_share_ids_are_all_taken_on_their_own_photos(folder, coco, target, ids):
    wanted = [(1, *RED[1:]), (1, *BLUE[1:]), (2, *GREEN[1:]), (2, *YELLOW[1:])]
    rows = [row(key, photo, phrase) for key, (photo, phrase) in zip(ids, wanted, strict=True)]
    report = coco(folder, PHOTOS, rows)
    assert (report.bad, report.finished) == ((), 4)
    assert_right(target, RED, BLUE, GREEN, YELLOW)
    again = coco(folder, PHOTOS, rows)
    assert (again.known, again.phrases, again.finished) == (4, 0, 0)


def test_objects_of_one_id_and_one_category_are_told_apart_by_their_masks(folder, coco, target):
    rows = [row(0, 1, "the red ball", phrase="ball"), row(0, 1, "the blue box", phrase="ball")]
    assert coco(folder, PHOTOS, rows).finished == 2
    assert coco(folder, PHOTOS, rows).known == 2
    masks = [item.final_mask for item in target.items()]
    np.testing.assert_array_equal(masks[0], mask_of("the red ball"))
    np.testing.assert_array_equal(masks[1], mask_of("the blue box"))


@pytest.mark.parametrize("phrase", [None, "the thing"])
def test_two_files_numbered_from_one(folder, coco, target, phrase):
    changes = {"phrase": phrase} if phrase else {}
    for name, what in (("balls.json", "the red ball"), ("boxes.json", "the blue box")) * 2:
        coco(folder, PHOTOS, [row(1, 1, what, **changes)], name)
        coco(folder, PHOTOS, [row(1, 1, what, **changes)], name, masks="proposals")
    items = list(target.items(status="accepted"))
    assert len(items) == 2
    np.testing.assert_array_equal(items[0].final_mask, mask_of("the red ball"))
    np.testing.assert_array_equal(items[1].final_mask, mask_of("the blue box"))
    assert len(target.rankings.proposals(1)) == 2


def test_photos_and_categories_that_share_ids_are_refused_by_name(folder, coco, target):
    images = [*PHOTOS, image(1, "b.png"), image(2, "b.png", license=3)]
    rows = [row(1, 1, "the red ball"), row(2, 2, "the green box")]
    report = coco(folder, images, rows)
    (bad,) = report.bad
    assert bad.where == "annotation 1"
    assert "several rows have the id of photo 1 ('a.png', 'b.png')" in bad.reason
    assert_right(target, GREEN)


def test_ids_as_text_and_floats_and_rows_without_one(folder, coco, target):
    images = [image("1", "a.png"), image(2.0, "b.png"), {"file_name": "c.png"}, 7]
    rows = [
        row("1", 1, "the red ball", category_id="1"),
        row(None, "1", "the blue box"),
        row(2.0, "2", "the green box", category_id=2.0),
        row([3], "2.0", "the yellow ball"),
        9,
    ]
    report = coco(folder, images, rows)
    assert [bad.where for bad in report.bad] == [
        "photo number 3",
        "photo number 4",
        "annotation number 2",
        "annotation number 4",
        "annotation number 5",
    ]
    assert_right(target, RED, GREEN)


RUNS = {"size": [HEIGHT, WIDTH], "counts": [10 * HEIGHT + 20, *[50, 70] * 49, 50, 12050]}


def test_a_brush_tool_marks_every_mask_as_a_crowd(folder, coco, target):
    rows = [row(1, 1, "the red ball", iscrowd=1, segmentation=RUNS, phrase=None)]
    assert coco(folder, PHOTOS, rows, crowds="skip").finished == 0
    assert coco(folder, PHOTOS, rows).finished == 1
    (item,) = target.items()
    np.testing.assert_array_equal(item.final_mask, mask_of("the red ball"))


@pytest.mark.parametrize(("crowds", "taken"), [("auto", 2), ("skip", 1), ("take", 3)])
def test_groups_among_single_objects_are_left_out_by_name(folder, coco, crowds, taken):
    rows = [
        row(1, 1, "the blue box"),
        row(2, 1, "the red ball", iscrowd=1, segmentation=RUNS, phrase=None),
        row(3, 1, "the red ball", iscrowd=1, segmentation=RUNS),
    ]
    report = coco(folder, PHOTOS, rows, crowds=crowds)
    assert report.finished == taken
    assert len(report.bad) == 3 - taken
    assert all("iscrowd 1" in bad.reason and "--crowds take" in bad.reason for bad in report.bad)


@pytest.mark.parametrize(
    "size",
    [{"height": None, "width": None}, {"height": 120.0, "width": "160"}, {"width": ""}],
)
def test_sizes_that_are_missing_or_written_otherwise(folder, coco, target, size):
    report = coco(folder, [image(1, "a.png", **size)], [row(1, 1, "the red ball")])
    assert report.bad == ()
    assert_right(target, RED)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("kind", ["polygon", "run lengths"])
def test_masks_on_stored_pixels_are_turned_with_their_photo(
    folder, coco, target, orientation, kind
):
    stored = np.zeros((WIDTH, HEIGHT), bool)
    stored[20:50, 10:100] = True
    stored[20:30, 90:100] = False
    photo = Image.fromarray(np.repeat(stored[..., None] * np.uint8(255), 3, axis=2))
    exif = photo.getexif()
    exif[274] = orientation
    photo.save(folder / "turned.png", exif=exif)
    lengths = np.diff(
        np.flatnonzero(np.diff(np.pad(stored.ravel(order="F"), 1, constant_values=2)))
    )
    runs = {"size": [WIDTH, HEIGHT], "counts": lengths.tolist()}
    outline = [10, 20, 90, 20, 90, 30, 100, 30, 100, 50, 10, 50]
    drawn = [outline] if kind == "polygon" else runs
    images = [image(1, "turned.png", height=WIDTH, width=HEIGHT)]
    report = coco(folder, images, [row(1, 1, "the red ball", segmentation=drawn)])
    assert report.bad == ()
    assert "was turned with its photo" in report.notes[0]
    (item,) = target.items()
    np.testing.assert_array_equal(item.final_mask, read_image(folder / "turned.png")[..., 0] > 0)


@pytest.mark.parametrize("orientation", [2, 3, 4])
def test_turns_that_keep_the_sides_are_told_of(folder, coco, target, orientation):
    with Image.open(folder / "a.png") as photo:
        exif = photo.getexif()
        exif[274] = orientation
        photo.save(folder / "a.png", exif=exif)
    report = coco(folder, [image(1, "a.png")], [row(1, 1, "the red ball")])
    assert report.bad == ()
    assert (
        "which EXIF turns; it was taken as drawn on the photo as people see it" in report.notes[0]
    )
    assert_right(target, RED)


def test_sizes_that_no_turn_explains_are_refused(folder, coco):
    images = [image(1, "a.png", height=WIDTH, width=HEIGHT)]
    (bad,) = coco(folder, images, [row(1, 1, "the red ball")]).bad
    assert "for a photo of 160 x 120 pixels, but the file is of 120 x 160" in bad.reason


@pytest.mark.parametrize(
    "bad_part", [[100, 50, 110, 50], [1, 2, 3], ["x"] * 6, None, [9e9] * 8, []], ids=str
)
def test_a_bad_part_of_a_good_polygon_is_dropped_with_a_word(folder, coco, target, bad_part):
    parts = [polygon("the red ball"), bad_part]
    report = coco(folder, PHOTOS, [row(1, 1, "the red ball", segmentation=parts)])
    assert report.bad == ()
    assert "annotation 1 has parts that are no polygons" in report.notes[0]
    assert_right(target, RED)


def test_a_polygon_that_is_in_no_list_of_polygons(folder, coco, target):
    rows = [row(1, 1, "the red ball", segmentation=polygon("the red ball"))]
    assert coco(folder, PHOTOS, rows).notes == ()
    assert_right(target, RED)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(folder, coco, target, encoding):
    coco(folder, PHOTOS, [row(1, 1, "the red ball")], encoding=encoding)
    assert_right(target, RED)


@pytest.mark.parametrize(
    "name",
    [
        "C:\\Users\\x\\data\\photos\\a.png",
        "/home/x/photos/a.png",
        "../photos/a.png",
        "elsewhere/a.png",
        "https://host/data/a.png",
        "%61.png",
        "C:\\photos\\%61.png",
    ],
)
def test_names_of_another_machine(folder, coco, target, name):
    report = coco(folder, [image(1, name)], [row(1, 1, "the red ball")])
    assert report.bad == ()
    assert len(report.notes) == 1
    assert "was found" in report.notes[0]
    assert_right(target, RED)


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
@pytest.mark.parametrize("before", ["", "C:\\photos\\", "sub/"])
def test_unicode_forms(folder, coco, target, forms, before):
    on_disk, named = (unicodedata.normalize(form, "Bäckerei é.png") for form in forms)
    (folder / "sub").mkdir()
    place = folder / "sub" if before == "sub/" else folder
    (folder / "a.png").rename(place / on_disk)
    report = coco(folder, [image(1, before + named)], [row(1, 1, "the red ball")])
    assert report.bad == ()
    assert_right(target, (f"{'sub/' if before == 'sub/' else ''}{on_disk}", "the red ball"))


def test_a_base_name_that_several_photos_have_is_refused(folder, coco, target):
    for sub in ("one", "two"):
        (folder / sub).mkdir()
        (folder / sub / "a.png").write_bytes((folder / "a.png").read_bytes())
    (folder / "a.png").unlink()
    images = [image(1, "C:\\data\\a.png"), image(2, "C:\\data\\two\\a.png")]
    report = coco(folder, images, [row(1, 1, "the red ball"), row(2, 2, "the blue box")])
    (bad,) = report.bad
    assert "several photos are named 'a.png' ('one/a.png', 'two/a.png')" in bad.reason
    assert_right(target, ("two/a.png", "the blue box"))


@pytest.mark.parametrize("other", ["D:\\more\\a.png", "a.png", "more/%61.png"])
def test_a_photo_that_two_names_lead_to_is_nobody_s(folder, coco, target, other):
    images = [image(1, "C:\\data\\a.png"), image(2, other)]
    report = coco(folder, images, [row(1, 1, "the red ball"), row(2, 2, "the blue box")])
    assert "may be" in report.bad[0].reason
    assert_right(target, *([BLUE] if other == "a.png" else []))


def test_a_missing_photo_of_a_folder_that_is_there_is_not_another_folder_s(folder, coco, target):
    for sub in ("train", "val"):
        (folder / sub).mkdir()
    (folder / "a.png").rename(folder / "val" / "0001.png")
    (bad,) = coco(folder, [image(1, "train/0001.png")], [row(1, 1, "the red ball")]).bad
    assert "there is no file" in bad.reason
    assert not list(target.items())


def test_photos_behind_links(folder, coco, target, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (folder / "a.png").rename(cache / "0a1b")
    (folder / "a.png").symlink_to(cache / "0a1b")
    (folder / "hub").symlink_to(cache)
    images = [image(1, "a.png"), image(2, "../cache/0a1b"), image(3, "hub/../../cache/0a1b")]
    rows = [row(key, key, "the red ball") for key in (1, 2, 3)]
    report = coco(folder, images, rows)
    assert len(report.bad) == 2
    assert_right(target, RED)


def test_lvis_has_the_name_in_the_address(folder, coco, target):
    (folder / "a.png").rename(folder / "000000391895.jpg")
    address = "http://images.cocodataset.org/train2017/000000391895.jpg"
    images = [{"id": 1, "height": HEIGHT, "width": WIDTH, "coco_url": address}]
    assert coco(folder, images, [row(1, 1, "the red ball")]).bad == ()
    assert_right(target, ("000000391895.jpg", "the red ball"))


TABLES = {
    "utf-16": (
        "t.txt",
        "image\tphrase\tcategory\tsplit\r\na.png\tthe ball\tball\ttrain\r\n"
        "b.png\tthe “green” box - café\tbox\tval\r\n".encode("utf-16"),
        [("a.png", "the ball", "train"), ("b.png", "the “green” box - café", "val")],
    ),
    "sep": (
        "t.csv",
        b"sep=;\r\nimage;phrase;split\r\na.png;the ball;train\r\nb.png;the box, green;val\r\n",
        [("a.png", "the ball", "train"), ("b.png", "the box, green", "val")],
    ),
    "lines in quotes": (
        "t.csv",
        b'image,phrase\na.png,"the ball\nthat is red"\nb.png,the box\n',
        [("a.png", "the ball that is red", None), ("b.png", "the box", None)],
    ),
    "array": (
        "t.json",
        b'\xef\xbb\xbf [{"image": "a.png", "phrase": "the ball"}]',
        [("a.png", "the ball", None)],
    ),
    "lines": (
        "t.json",
        b'{"image": "a.png", "phrase": "the ball"}\n',
        [("a.png", "the ball", None)],
    ),
    "empty columns": (
        "t.csv",
        b"image,phrase,,\na.png,the ball,,\n,,,\n",
        [("a.png", "the ball", None)],
    ),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables(tmp_path, folder, target, run, kind):
    name, content, expected = TABLES[kind]
    (tmp_path / name).write_bytes(content)
    assert run(import_table(target, tmp_path / name, folder)).bad == ()
    assert [(item.photo, item.phrase, item.split) for item in target.items()] == expected


def test_rows_with_more_fields_than_columns_are_named(tmp_path, folder, target, run):
    table = tmp_path / "t.csv"
    table.write_text(
        "image,phrase,category\na.png,the ball, which is red,ball\nb.png,the box,box\n"
    )
    report = run(import_table(target, table, folder))
    assert [(bad.where, bad.reason[:45]) for bad in report.bad] == [
        ("line 2", "it has 4 fields, but there are 3 columns: put")
    ]
    assert [item.phrase for item in target.items()] == ["the box"]


def test_lines_are_counted_from_the_file_s_first(tmp_path, folder, target, run):
    table = tmp_path / "t.csv"
    table.write_text(
        'sep=,\nimage,phrase\n\na.png,"a\n\nb"\nb.png,"open\nb.png,x,y\nb.png,the box\n'
    )
    report = run(import_table(target, table, folder))
    assert [bad.where for bad in report.bad] == ["line 7", "line 8"]
    assert [item.phrase for item in target.items()] == ["a b", "the box"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfei\x00m", "begins as UTF-16-LE and is not"),
        (b"image,phrase,phrase\n", "has several columns 'phrase': leave one"),
        (b"[1, 2", "is not JSON"),
        (b"sep=|\nimage,phrase\n", "does not begin with the column names"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path, folder, target, run, content, reason):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(AnnotationError, match=reason):
        run(import_table(target, tmp_path / "t.csv", folder))

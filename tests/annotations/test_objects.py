"""Further objects, brush work and planes in a project."""

import json

import numpy as np
import pytest

from napari_zsris.annotations import Project, ScoredMask, encode_rle
from napari_zsris.annotations.history import Choice
from napari_zsris.annotations.plane_picture import PlanePicture
from napari_zsris.errors import AnnotationError


def square(size, top, side=10):
    mask = np.zeros(size, bool)
    mask[top : top + side, 5 : 5 + side] = True
    return mask


def exported(project, tmp_path):
    project.export_coco(tmp_path / "out.json")
    return json.loads((tmp_path / "out.json").read_text())


def test_a_phrase_can_have_several_objects(ranked, tmp_path):
    item = next(ranked.items())
    ranked.decide(item.id, "accepted", candidate=0)
    masks = [ScoredMask(each.rle, each.score) for each in item.candidates]
    other = ranked.objects.add(item.photo_id, Choice("accepted", 1), item.id, masks)
    assert ranked.objects.of_phrase(item.id) == [item.id, other]
    assert ranked.objects.phrase_of(other) == ranked.objects.phrase_of(item.id) == item.id
    assert ranked.objects.count() == 2
    second = ranked.queue.item(other)
    assert second.added
    np.testing.assert_array_equal(second.final_mask, item.candidates[1].mask)
    rows = exported(ranked, tmp_path)["annotations"]
    assert [row["phrase"] for row in rows] == [item.phrase] * 2


def test_an_object_taken_back_is_nothing_to_do(ranked):
    item = next(ranked.items())
    before = ranked.queue.counts()
    other = ranked.objects.add(item.photo_id, Choice("none-fits", None, square(item.size, 3)))
    assert ranked.queue.counts()["none-fits"] == 1
    assert ranked.undo().id == other
    assert ranked.queue.counts() == before == ranked.statistics().counts
    assert other not in [each.id for each in ranked.items()]
    assert not list(ranked.rankings.pending())
    again = ranked.objects.add(item.photo_id, Choice("none-fits", None, square(item.size, 9)))
    assert again == other
    assert ranked.objects.phrase_of(again) is None


def test_objects_of_phrases_of_the_same_words_are_kept_apart(ranked):
    item = next(ranked.items())
    twin = ranked.library.add_phrase(item.photo_id, item.phrase, origin="another")
    mine = ranked.objects.add(item.photo_id, Choice("none-fits", None, square((60, 80), 3)), twin)
    assert ranked.objects.of_phrase(item.id) == [item.id]
    assert ranked.objects.of_phrase(twin) == [twin, mine]
    assert ranked.objects.phrase_of(mine) == twin


def test_an_object_without_a_phrase_is_in_coco_and_not_in_refcoco(ranked, tmp_path):
    item = next(ranked.items())
    ranked.objects.add(item.photo_id, Choice("none-fits", None, square(item.size, 3)))
    (row,) = exported(ranked, tmp_path)["annotations"]
    assert "phrase" not in row
    assert ranked.export_refcoco(tmp_path / "refs") == 0


def test_an_object_that_does_not_fit_leaves_no_trace(ranked):
    item = next(ranked.items())
    before = ranked.statistics()
    with pytest.raises(AnnotationError, match="the mask is of"):
        ranked.objects.add(item.photo_id, Choice("none-fits", None, square((9, 9), 3)))
    with pytest.raises(AnnotationError, match="there is no photo 999"):
        ranked.objects.add(999, Choice("none-fits", None, square((60, 80), 3)))
    assert ranked.statistics() == before


def test_brush_work_is_kept_with_its_phrase_and_candidate(ranked):
    item = next(ranked.items())
    base = item.candidates[0].rle["counts"]
    first, second = (encode_rle(square(item.size, top)) for top in (3, 9))
    ranked.brush_work.keep(item.id, base, first)
    ranked.brush_work.keep(item.id, base, second)
    ranked.brush_work.keep(item.id, "", first)
    assert ranked.brush_work.of(item.id) == {base: second, "": first}
    ranked.brush_work.drop(item.id, base)
    ranked.brush_work.drop(item.id, "of another")
    assert ranked.brush_work.of(item.id) == {"": first}
    assert ranked.brush_work.of(item.id + 1) == {}


def test_a_plane_has_a_picture_beside_the_project(project, tmp_path):
    plane = PlanePicture((60, 80), "/somewhere/cells.tif", '{"position": [4]}', "axis 0: 1, 2")
    photo = project.library.add_picture(plane)
    assert project.library.add_picture(plane) == photo
    other = PlanePicture((60, 80), "/somewhere/cells.tif", '{"position": [5]}', "axis 0: 1, 2")
    assert project.library.add_picture(other) != photo
    item_id = project.library.add_phrase(photo, "the cell")
    item = project.queue.item(item_id)
    assert item.image_path == tmp_path / plane.path == project.library.photo_file(photo)
    pending = project.rankings.waiting(photo)
    assert pending.image_path == item.image_path
    project.decide(item_id, "none-fits", mask=square((60, 80), 3))
    (image,) = exported(project, tmp_path)["images"]
    assert image["file_name"] == plane.path
    assert image["source"] == "cells.tif"
    assert image["plane"] == '{"position": [4]}'
    assert image["channels"] == "axis 0: 1, 2"


def test_a_root_moves_up_for_a_photo_that_lies_outside(tmp_path, photos):
    with Project.open(tmp_path / "data" / "session.zsris", create=True) as project:
        library = project.library
        first = library.add_photo(library.cover(photos / "a.png"))
        assert library.root == photos.resolve()
        (tmp_path / "others").mkdir()
        (photos / "b.png").rename(tmp_path / "others" / "b.png")
        second = library.add_photo(library.cover(tmp_path / "others" / "b.png"))
        assert library.root.resolve() == tmp_path.resolve()
        assert library.photo_file(first) == library.root / "photos/a.png"
        assert library.photo_file(second) == library.root / "others/b.png"
        assert library.cover(photos / "a.png") == "photos/a.png"
        assert [row[2] for row in library.photos()] == [0, 0]
        library.add_phrase(second, "the cat")
        assert [row[2] for row in library.photos()] == [0, 1]


def test_merging_takes_objects_and_planes_along(ranked, tmp_path):
    item = next(ranked.items())
    ranked.objects.add(item.photo_id, Choice("none-fits", None, square(item.size, 3)))
    plane = PlanePicture((60, 80), "0" * 64)
    photo = ranked.library.add_picture(plane)
    (tmp_path / plane.path).parent.mkdir()
    (tmp_path / plane.path).write_bytes(b"a picture")
    ranked.objects.add(photo, Choice("none-fits", None, square((60, 80), 3)))
    with Project.open(tmp_path / "elsewhere" / "all.zsris", create=True) as whole:
        for _ in whole.merging(ranked.path):
            pass
        masks = [each for each in whole.items() if each.final_mask is not None]
        assert [each.phrase for each in masks] == ["", ""]
        assert masks[1].image_path.read_bytes() == b"a picture"

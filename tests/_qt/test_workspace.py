"""One workspace: every decision is in a project, and nothing can be lost or misfiled."""

import json

import numpy as np
import pytest
from napari.layers._source import layer_source
from napari.utils.key_bindings import KeymapHandler
from napari.utils.notifications import notification_manager
from PIL import Image

from napari_zsris.annotations import Project
from napari_zsris.review.question import Status

PATIENCE = 280_000
PHRASE = "the cup on the saucer"


def press(viewer, key):
    handler = KeymapHandler()
    active = viewer.layers.selection.active
    handler.keymap_providers = [viewer] if active is None else [active, viewer]
    handler.press_key(key)


def find(qtbot, dock, phrase=PHRASE):
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE) as answer:
        dock.segment(phrase)
    return answer.args[0]


def newest_session(folder):
    return max(folder.rglob("*.zsris"), key=lambda path: path.stat().st_mtime)


def rows(folder):
    """Read the session project as another program would, while napari has it open."""
    with Project.open(newest_session(folder), readonly=True) as project:
        return [(item.phrase, item.status, item.final_mask) for item in project.items()]


def accepted(folder):
    return [(phrase, status) for phrase, status, mask in rows(folder) if mask is not None]


def paint(layer, places, value=1):
    """Paint a stroke, as the mouse does."""
    layer.data_setitem(tuple(np.array(axis) for axis in zip(*places, strict=True)), value)


def open_file(viewer, path):
    """Open a photo as napari's own reader does, which tells the layer where it comes from."""
    with layer_source(path=str(path)):
        return viewer.add_image(np.asarray(Image.open(path)), name=path.stem)


def status(dock):
    return dock.panel.status.text


def question(dock):
    return dock.workspace.reviewer.question


def annotations(viewer):
    return viewer.layers["Annotations"].data


def close_dock(viewer, dock):
    viewer.window.remove_dock_widget(dock)


@pytest.fixture
def dock(viewer, open_dock, photo, engine):
    viewer.add_image(photo, name="coffee")
    return open_dock(engine)


def test_a_decision_is_a_row_of_the_session_when_the_key_press_returns(
    qtbot, viewer, dock, data_home
):
    find(qtbot, dock)
    assert accepted(data_home) == []
    press(viewer, "A")
    assert accepted(data_home) == [(PHRASE, "accepted")]
    assert newest_session(data_home).stem in dock.panel.project.text()
    press(viewer, "U")
    assert accepted(data_home) == []


def test_fault_1_renaming_a_layer_changes_nothing(qtbot, viewer, dock, data_home, tmp_path):
    find(qtbot, dock)
    press(viewer, "A")
    viewer.layers["coffee"].name = "photo_0001"
    find(qtbot, dock, "the spoon")
    press(viewer, "N")
    press(viewer, "A")
    viewer.layers["Annotations"].name = "mine"
    find(qtbot, dock, "the saucer")
    press(viewer, "A")
    assert [phrase for phrase, _ in accepted(data_home)] == [PHRASE, "the spoon", "the saucer"]
    dock.export(tmp_path / "out.json")
    written = json.loads((tmp_path / "out.json").read_text())
    assert len(written["images"]) == 1
    assert [row["phrase"] for row in written["annotations"]] == [PHRASE, "the spoon", "the saucer"]


def test_fault_2_closing_the_dock_or_napari_forgets_nothing(
    qtbot, viewer, open_dock, dock, engine, data_home, tmp_path
):
    find(qtbot, dock)
    press(viewer, "A")
    drawn = annotations(viewer).copy()
    close_dock(viewer, dock)
    assert [layer.name for layer in viewer.layers] == ["coffee"]
    again = open_dock(engine, "again")
    assert "1 accepted mask so far" in status(again)
    np.testing.assert_array_equal(annotations(viewer), drawn)
    find(qtbot, again, "the spoon")
    press(viewer, "A")
    again.export(tmp_path / "out.json")
    written = json.loads((tmp_path / "out.json").read_text())
    assert [row["phrase"] for row in written["annotations"]] == [PHRASE, "the spoon"]


def test_fault_4_a_mask_is_accepted_only_where_it_is_seen(
    qtbot, viewer, open_dock, photo, engine, data_home
):
    grey = photo.mean(axis=2).astype(np.uint8)
    viewer.add_image(np.stack([grey, grey[::-1], grey[:, ::-1]]), name="stack")
    dock = open_dock(engine)
    viewer.dims.set_current_step(0, 0)
    find(qtbot, dock)
    viewer.dims.set_current_step(0, 2)
    for key in "ARTSWD":
        press(viewer, key)
        assert "plane 0 of axis 0" in status(dock)
    assert [row[1] for row in rows(data_home)] == ["todo"]
    layer = dock.workspace.reviewer.candidate.layer
    layer.mode = "paint"
    assert layer.mode == "pan_zoom"
    press(viewer, "N")
    assert viewer.dims.current_step[0] == 0
    press(viewer, "A")
    assert annotations(viewer)[0].any()
    assert not annotations(viewer)[1:].any()


def test_fault_5_another_photo_puts_the_question_away(qtbot, viewer, dock, photo, data_home):
    find(qtbot, dock)
    viewer.add_image(photo[:, ::-1].copy(), name="other")
    press(viewer, "A")
    press(viewer, "T")
    assert "No phrase is asked of this photo" in status(dock)
    assert accepted(data_home) == []
    assert {layer.name for layer in viewer.layers} == {"coffee", "other"}
    find(qtbot, dock, "the spoon")
    press(viewer, "A")
    with Project.open(newest_session(data_home), readonly=True) as project:
        first, second = project.items()
        assert first.photo_id != second.photo_id
        assert (first.status, second.status) == ("todo", "accepted")


def test_fault_6_undo_keeps_brush_work(qtbot, viewer, dock):
    find(qtbot, dock)
    layer = viewer.layers.selection.active
    paint(layer, [(place, place) for place in range(30)])
    painted = layer.data.copy()
    press(viewer, "A")
    press(viewer, "U")
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)
    assert question(dock).shown.edited
    press(viewer, "N")
    press(viewer, "U")
    press(viewer, "Shift+N")
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)


def test_fault_8_brush_work_stays_with_its_phrase(qtbot, viewer, open_dock, dock, engine):
    find(qtbot, dock)
    layer = viewer.layers.selection.active
    paint(layer, [(place, place) for place in range(30)])
    painted = layer.data.copy()
    find(qtbot, dock, "the spoon")
    assert (viewer.layers.selection.active.data != painted).any()
    find(qtbot, dock)
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)
    close_dock(viewer, dock)
    again = open_dock(engine, "again")
    find(qtbot, again)
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)


def test_fault_12_an_array_changed_in_place_is_another_photo(
    qtbot, viewer, open_dock, photo, engine, data_home
):
    pixels = photo.copy()
    layer = viewer.add_image(pixels, name="coffee")
    dock = open_dock(engine)
    first = find(qtbot, dock)
    press(viewer, "A")
    pixels[:] = photo[::-1, ::-1]
    layer.refresh()
    second = find(qtbot, dock)
    assert [card.score for card in first.cards] != [card.score for card in second.cards]
    assert all(entry.item_id is None for entry in question(dock))
    with Project.open(newest_session(data_home), readonly=True) as project:
        assert len({item.photo_id for item in project.items()}) == 2


def test_fault_15_closing_napari_loses_nothing_and_says_where_it_is(qtbot, viewer, dock, data_home):
    find(qtbot, dock)
    press(viewer, "A")
    paint(viewer.layers["Annotations"], [(row, 3) for row in range(20)], 7)
    notification_manager.records.clear()
    viewer.close()
    path = newest_session(data_home)
    assert any(str(path) in str(record.message) for record in notification_manager.records)
    assert [phrase for phrase, _ in accepted(data_home)] == [PHRASE, ""]


def test_fault_13_there_is_one_dock(viewer, open_dock, dock, engine):
    second = open_dock(engine, "second")
    assert second.closed
    assert second.findChild(object, "phrase") is None
    bound = [str(key) for key in viewer.keymap]
    assert bound.count("A") == 1
    close_dock(viewer, second)
    assert "A" in [str(key) for key in viewer.keymap]
    assert not dock.closed


def test_several_objects_of_one_phrase_are_items_of_their_own(qtbot, viewer, dock, data_home):
    find(qtbot, dock)
    press(viewer, "A")
    press(viewer, "N")
    press(viewer, "A")
    assert accepted(data_home) == [(PHRASE, "accepted")] * 2
    assert np.unique(annotations(viewer)).tolist() == [0, 1, 2]
    press(viewer, "Shift+N")
    paint(viewer.layers.selection.active, [(place, place) for place in range(30)])
    press(viewer, "A")
    assert sorted(accepted(data_home)) == [(PHRASE, "accepted"), (PHRASE, "corrected")]


def test_rejected_candidates_give_way_and_come_back(qtbot, viewer, dock, data_home):
    find(qtbot, dock)
    count = len(question(dock))
    press(viewer, "R")
    assert [entry.status for entry in question(dock)][:2] == [Status.REJECTED, Status.OPEN]
    assert question(dock).chosen == 1
    press(viewer, "U")
    assert question(dock).chosen == 0
    for _ in range(count):
        press(viewer, "R")
    assert [row[1] for row in rows(data_home)] == ["none-fits"]
    assert "Nothing fits" in status(dock)


def test_painting_over_accepted_masks_is_work_too(qtbot, viewer, dock, data_home):
    find(qtbot, dock)
    press(viewer, "A")
    layer = viewer.layers["Annotations"]
    where = tuple(axis[:50] for axis in np.nonzero(layer.data == 1))
    layer.data_setitem(where, 0)
    qtbot.waitUntil(lambda: accepted(data_home) == [(PHRASE, "corrected")], timeout=5000)
    paint(layer, [(row, 3) for row in range(20)], 7)
    press(viewer, "J")
    assert accepted(data_home) == [(PHRASE, "corrected"), ("", "none-fits")]
    np.testing.assert_array_equal(rows(data_home)[1][2], layer.data == 7)
    layer.undo()
    qtbot.waitUntil(lambda: len(accepted(data_home)) == 1, timeout=5000)


def test_painting_is_kept_when_the_dock_closes_at_once(qtbot, viewer, dock, data_home):
    find(qtbot, dock)
    press(viewer, "A")
    paint(viewer.layers["Annotations"], [(row, 3) for row in range(20)], 7)
    close_dock(viewer, dock)
    assert accepted(data_home) == [(PHRASE, "accepted"), ("", "none-fits")]


def test_an_array_photo_has_a_picture_for_list_and_exports(
    qtbot, viewer, dock, photo, data_home, tmp_path
):
    find(qtbot, dock)
    press(viewer, "A")
    path = newest_session(data_home)
    with Project.open(path, readonly=True) as project:
        item = next(project.items())
        picture = item.image_path
        qtbot.waitUntil(picture.exists, timeout=10_000)
        np.testing.assert_array_equal(np.asarray(Image.open(picture)), photo)
    dock.export(tmp_path / "out.json")
    (image,) = json.loads((tmp_path / "out.json").read_text())["images"]
    assert (path.parent / image["file_name"]).samefile(picture)


def test_a_photo_file_is_known_by_its_path(qtbot, viewer, open_dock, photo, engine, tmp_path):
    Image.fromarray(photo).save(tmp_path / "coffee.png")
    open_file(viewer, tmp_path / "coffee.png")
    dock = open_dock(engine)
    find(qtbot, dock)
    press(viewer, "A")
    assert question(dock) is not None
    item = next(dock.workspace.store.project.items())
    assert item.image_path.samefile(tmp_path / "coffee.png")
    viewer.layers.clear()
    qtbot.waitUntil(lambda: question(dock) is None, timeout=5000)
    open_file(viewer, tmp_path / "coffee.png")
    assert annotations(viewer).any()
    dock.export(tmp_path / "out.json")
    (image,) = json.loads((tmp_path / "out.json").read_text())["images"]
    assert image["file_name"] == "coffee.png"


def test_save_as_moves_the_session_to_a_project(qtbot, viewer, dock, data_home, tmp_path):
    find(qtbot, dock)
    press(viewer, "A")
    dock.workspace.save_as(tmp_path / "mine.zsris")
    assert not list(data_home.rglob("*.zsris"))
    press(viewer, "N")
    press(viewer, "A")
    with Project.open(tmp_path / "mine.zsris", readonly=True) as project:
        assert [item.status for item in project.items()] == ["accepted"] * 2
        item = next(project.items())
        qtbot.waitUntil(item.image_path.exists, timeout=10_000)
        assert item.image_path.is_relative_to(tmp_path)
    assert dock.panel.project.text() == "mine"


def test_another_window_has_a_session_of_its_own(viewer, open_dock, engine, data_home, plugin):
    from napari_zsris.annotations.sessions import open_session

    with open_session().project as other:
        dock = open_dock(engine)
        assert "New session" in status(dock)
        assert dock.workspace.store.project.path != other.path


def test_without_a_place_for_sessions_the_reason_is_told(
    viewer, photo, open_dock, engine, data_home
):
    data_home.write_text("a file is in the way")
    viewer.add_image(photo)
    dock = open_dock(engine)
    assert "cannot make" in status(dock)
    dock.segment(PHRASE)
    assert "cannot make" in status(dock)
    assert question(dock) is None

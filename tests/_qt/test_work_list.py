"""The work list: a project's photos and phrases in the same dock, and no way to lose the thread."""

import numpy as np
import pytest
from napari.layers._source import layer_source
from napari.utils.key_bindings import KeymapHandler
from PIL import Image
from qtpy.QtWidgets import QTableView

from napari_zsris._qt.navigator import Navigator
from napari_zsris._qt.widgets.work_model import WorkModel
from napari_zsris.annotations import Project, QueueEntry, Run, ScoredMask, encode_rle

SIZES = (40, 60), (40, 60), (64, 50)
PATIENCE = 60_000


def press(viewer, key):
    handler = KeymapHandler()
    active = viewer.layers.selection.active
    handler.keymap_providers = [viewer] if active is None else [active, viewer]
    handler.press_key(key)


def newest_session(folder):
    return max(folder.rglob("*.zsris"), key=lambda path: path.stat().st_mtime)


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


def block(size, left):
    mask = np.zeros(size, bool)
    mask[10:30, left : left + 15] = True
    return mask


@pytest.fixture
def make_project(tmp_path, photo):
    """Make a project of photos with two phrases each, ranked or not."""

    def make(ranked=True, photos=3, words="ab"):
        path = tmp_path / "work.zsris"
        with Project.open(path, create=True) as project:
            for number, (height, width) in enumerate(SIZES[:photos]):
                name = f"photo{number}.png"
                pixels = np.roll(photo[:height, :width], number, axis=1)
                Image.fromarray(pixels).save(tmp_path / name)
                photo_id = project.library.add_photo(name)
                ids = [project.library.add_phrase(photo_id, f"{w} of {number}") for w in words]
                if ranked:
                    # The later the photo, the closer its two candidates.
                    masks = [ScoredMask(encode_rle(block((height, width), 5)), 1.0)]
                    masks += [ScoredMask(encode_rle(block((height, width), 30)), 0.3 * number)]
                    project.rankings.save(photo_id, dict.fromkeys(ids, masks), Run("test", "lite"))
        return path

    return make


@pytest.fixture
def open_project(open_dock, engine, qtbot):
    """Open the dock, and a project in it, and wait for its first phrase."""

    def open_one(path):
        dock = open_dock(engine)
        dock.open(path)
        qtbot.waitUntil(lambda: question(dock) is not None, timeout=PATIENCE)
        return dock

    return open_one


def shows(dock, phrase):
    return question(dock) is not None and question(dock).phrase == phrase


def go(qtbot, viewer, dock, key, phrase):
    press(viewer, key)
    qtbot.waitUntil(lambda: shows(dock, phrase), timeout=PATIENCE)


def statuses(path):
    with Project.open(path, readonly=True) as project:
        return {item.phrase: item.status for item in project.items()}


def listed(dock):
    return [dock.list.index(row, 0).data() for row in range(dock.list.rowCount())]


def test_decisions_are_in_the_file_and_lead_on(qtbot, viewer, make_project, open_project):
    path = make_project()
    dock = open_project(path)
    assert viewer.layers["photo0.png"].data.shape == (40, 60, 3)
    for key, phrase, decided in (
        ("A", "b of 0", "accepted"),
        ("S", "a of 1", "skipped"),
        ("W", "b of 1", "none-fits"),
        ("Shift+R", "a of 2", "rejected"),
    ):
        before = question(dock).phrase
        go(qtbot, viewer, dock, key, phrase)
        assert statuses(path)[before] == decided
    assert viewer.layers[0].name == "photo2.png"
    assert "4 of 6 decided" in dock.findChild(object, "done").text()


def test_accepted_masks_are_shown_beside_a_photo_that_a_person_opened(
    qtbot, viewer, make_project, open_project, photo
):
    path = make_project()
    with Project.open(path) as project:
        project.decide(next(project.items()).id, "accepted", candidate=0)
    viewer.add_image(photo, name="mine")
    dock = open_project(path)
    assert shows(dock, "b of 0")
    assert viewer.layers["photo0.png"].data.shape == (40, 60, 3)
    np.testing.assert_array_equal(annotations(viewer) > 0, block((40, 60), 5))


def test_the_list_marks_the_shown_phrase_and_none_that_is_looked_ahead(
    qtbot, viewer, make_project, open_project
):
    dock = open_project(make_project())
    touched = []
    dock.workspace.touched.connect(touched.append)
    go(qtbot, viewer, dock, "J", "b of 0")
    qtbot.waitUntil(lambda: len(touched) > 0, timeout=PATIENCE)
    marked = dock.findChild(QTableView, "work-list").selectionModel().selectedRows()
    assert [index.data() for index in marked] == ["b of 0"]


def test_fault_3_a_missing_photo_does_not_jam_the_list(
    qtbot, viewer, make_project, open_project, tmp_path
):
    path = make_project()
    (tmp_path / "photo1.png").rename(tmp_path / "gone.png")
    dock = open_project(path)
    go(qtbot, viewer, dock, "A", "b of 0")
    press(viewer, "A")
    qtbot.waitUntil(lambda: "there is no file" in status(dock), timeout=PATIENCE)
    assert question(dock) is None
    before = statuses(path)
    for key in "ASWRTD":
        press(viewer, key)
        assert "there is no file" in status(dock)
    assert statuses(path) == before
    press(viewer, "J")
    qtbot.waitUntil(lambda: "there is no file" in status(dock), timeout=PATIENCE)
    go(qtbot, viewer, dock, "J", "a of 2")
    go(qtbot, viewer, dock, "A", "b of 2")
    assert statuses(path)["a of 2"] == "accepted"


def test_fault_6_undo_in_the_list_keeps_brush_work(qtbot, viewer, make_project, open_project):
    path = make_project()
    dock = open_project(path)
    layer = viewer.layers.selection.active
    paint(layer, [(place, place) for place in range(30)])
    painted = layer.data.copy()
    go(qtbot, viewer, dock, "A", "b of 0")
    assert statuses(path)["a of 0"] == "corrected"
    go(qtbot, viewer, dock, "U", "a of 0")
    assert statuses(path)["a of 0"] == "todo"
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)


def test_fault_7_skipped_phrases_come_back(qtbot, viewer, make_project, open_project):
    path = make_project(photos=1)
    dock = open_project(path)
    go(qtbot, viewer, dock, "S", "b of 0")
    press(viewer, "A")
    assert "Nothing listed is left to do" in status(dock)
    go(qtbot, viewer, dock, "J", "a of 0")
    go(qtbot, viewer, dock, "J", "a of 0")
    assert statuses(path) == {"a of 0": "skipped", "b of 0": "accepted"}
    press(viewer, "A")
    assert statuses(path)["a of 0"] == "accepted"


def test_the_phrase_before_is_one_key_away(qtbot, viewer, make_project, open_project):
    dock = open_project(make_project())
    go(qtbot, viewer, dock, "A", "b of 0")
    go(qtbot, viewer, dock, "Shift+J", "a of 0")
    assert question(dock).shown.item_id is not None
    press(viewer, "Shift+J")
    assert "first phrase" in status(dock)


def test_fault_8_brush_work_waits_for_its_phrase(qtbot, viewer, make_project, open_project):
    dock = open_project(make_project())
    layer = viewer.layers.selection.active
    paint(layer, [(place, place) for place in range(30)])
    painted = layer.data.copy()
    go(qtbot, viewer, dock, "J", "b of 0")
    np.testing.assert_array_equal(viewer.layers.selection.active.data > 0, block((40, 60), 5))
    go(qtbot, viewer, dock, "Shift+J", "a of 0")
    np.testing.assert_array_equal(viewer.layers.selection.active.data, painted)


def test_fault_9_in_a_volume_nothing_is_shown_and_nothing_written(
    qtbot, viewer, make_project, open_project
):
    path = make_project()
    dock = open_project(path)
    before = statuses(path)
    viewer.dims.ndisplay = 3
    for key in ("A", "J", "K", "W", "S", "R", "T"):
        press(viewer, key)
        assert "switch to 2D" in status(dock)
    assert statuses(path) == before
    assert viewer.layers[0].name == "photo0.png"
    viewer.dims.ndisplay = 2
    go(qtbot, viewer, dock, "A", "b of 0")
    assert statuses(path)["a of 0"] == "accepted"


def test_the_next_photo_after_a_typed_phrase_is_the_next_of_the_list():
    model = WorkModel()
    model.show([QueueEntry(n, f"{n}.png", "x", "todo", 0, 0, n) for n in (1, 2, 3)])
    model.update(QueueEntry(9, "2.png", "typed", "todo", 0, 0, 2))
    assert [model.neighbour_photo(row, 1) for row in (1, 2, 9, 3)] == [2, 3, 3, 1]
    assert [model.neighbour_photo(row, -1) for row in (1, 2, 9, 3)] == [3, 1, 1, 2]
    assert (model.neighbour_photo(None, 1), model.neighbour_photo(None, -1)) == (1, 3)


def test_fault_10_every_row_is_reached(qtbot, viewer, make_project, open_project):
    model = WorkModel()
    model.show([QueueEntry(id_, "a.png", "x", "todo", 0, 0, 1) for id_ in (1, 2, 3)])
    assert model.after(99, 9) == [1, 2, 3]
    assert model.after(None, 9) == [1, 2, 3]
    assert model.after(3, 9) == [1, 2]
    dock = open_project(make_project(photos=1, words="a"))
    assert shows(dock, "a of 0")


def test_fault_11_ids_of_large_projects_fit(qtbot, viewer, make_project, open_project):
    path = make_project(ranked=False, photos=1, words="a")
    with Project.open(path) as project:
        photo_id = project.library.photo_of(1)
        with project._database.writing() as writer:
            writer.run(
                "INSERT INTO phrase (id, photo_id, text) VALUES (?, ?, 'late')",
                (2**31 + 7, photo_id),
            )
        masks = [ScoredMask(encode_rle(block((40, 60), left)), -float(left)) for left in (5, 30)]
        for item in (1, 2**31 + 7):
            project.rankings.save(photo_id, {item: masks}, Run("test", "lite"))
    dock = open_project(path)
    go(qtbot, viewer, dock, "J", "late")
    dock.panel.candidates.chosen.emit(1)
    assert question(dock).chosen == 1
    press(viewer, "A")
    assert statuses(path)["late"] == "accepted"
    assert np.unique(annotations(viewer)).tolist() == [0, 1]


def test_a_folder_fills_the_list(qtbot, viewer, open_dock, engine, photo, tmp_path, data_home):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("b.png", "a.jpg"):
        Image.fromarray(photo[:60, :80]).save(folder / name)
    (folder / "broken.png").write_bytes(b"no photo")
    dock = open_dock(engine)
    dock.workspace.add_folder(folder)
    qtbot.waitUntil(lambda: listed(dock) == ["a.jpg", "b.png"], timeout=PATIENCE)
    press(viewer, "K")
    qtbot.waitUntil(lambda: [each.name for each in viewer.layers] == ["a.jpg"], timeout=PATIENCE)
    press(viewer, "K")
    qtbot.waitUntil(lambda: [each.name for each in viewer.layers] == ["b.png"], timeout=PATIENCE)
    with qtbot.waitSignal(dock.workspace.answered, timeout=280_000):
        dock.segment("the cup")
    press(viewer, "A")
    with Project.open(newest_session(data_home), readonly=True) as project:
        (item,) = project.items()
        assert item.image_path.samefile(folder / "b.png")
    assert listed(dock) == ["the cup", "a.jpg"] or listed(dock) == ["a.jpg", "the cup"]
    press(viewer, "Shift+K")
    qtbot.waitUntil(lambda: viewer.layers[0].name == "a.jpg", timeout=PATIENCE)
    assert "Annotations" not in viewer.layers
    go(qtbot, viewer, dock, "Shift+K", "the cup")
    assert annotations(viewer).any()


def test_a_photo_that_a_person_opened_is_used_and_stays(
    qtbot, viewer, make_project, open_project, tmp_path
):
    path = make_project()
    open_file(viewer, tmp_path / "photo0.png")
    dock = open_project(path)
    assert [layer.name for layer in viewer.layers] == ["photo0", "1: a of 0"]
    go(qtbot, viewer, dock, "A", "b of 0")
    go(qtbot, viewer, dock, "A", "a of 1")
    names = [layer.name for layer in viewer.layers]
    assert "photo0" in names
    assert "photo1.png" in names


def test_filters_orders_and_search(qtbot, viewer, make_project, open_project):
    dock = open_project(make_project())
    dock.findChild(object, "order").setCurrentText("most doubtful first")
    assert listed(dock)[0] == "a of 2"
    dock.findChild(object, "search").setText("b of")
    assert listed(dock) == ["b of 2", "b of 1", "b of 0"]
    dock.findChild(object, "filter").setCurrentText("accepted")
    assert listed(dock) == []


def test_a_photo_that_nobody_ranked_is_ranked_on_the_spot(viewer, make_project, open_project):
    dock = open_project(make_project(ranked=False, photos=1))
    assert len(question(dock)) == 5
    assert viewer.layers.selection.active.data.any()
    assert isinstance(dock.workspace.navigator, Navigator)


def test_review_goes_on_where_it_was_left(qtbot, viewer, make_project, open_project):
    path = make_project()
    dock = open_project(path)
    go(qtbot, viewer, dock, "A", "b of 0")
    viewer.window.remove_dock_widget(dock)
    assert not len(viewer.layers)
    again = open_project(path)
    assert shows(again, "b of 0")
    assert annotations(viewer).any()

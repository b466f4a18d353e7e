"""The whole trip in a real viewer: phrase, ranked layers, correction, acceptance, file."""

import json
from dataclasses import replace

import dask.array as da
import numpy as np
import pytest
from napari.utils.key_bindings import KeymapHandler
from napari.utils.notifications import notification_manager
from pycocotools.coco import COCO
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QLabel

from napari_zsris._qt import commands
from napari_zsris._qt.preferences import Preferences
from napari_zsris.review.actions import NAPARI_S_OWN, action, printed
from napari_zsris.review.project_store import ExportFormat
from napari_zsris.review.question import Status

PHRASE = "the cup on the saucer"
PATIENCE = 280_000


@pytest.fixture
def dock(viewer, open_dock, photo, engine):
    viewer.add_image(photo, name="coffee.png", scale=(2, 2), translate=(10, 20))
    return open_dock(engine)


def find(qtbot, dock, phrase=PHRASE):
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE) as answer:
        dock.segment(phrase)
    return answer.args[0]


def question(dock):
    return dock.workspace.reviewer.question


def press(viewer, key):
    handler = KeymapHandler()
    handler.keymap_providers = [viewer.layers.selection.active, viewer]
    handler.press_key(key)


def flip(layer, row, column):
    """Paint one pixel over, as a person may do."""
    layer.data_setitem((np.array([row]), np.array([column])), 1 - int(layer.data[row, column]))


def masks_in(path):
    coco = COCO(str(path))
    return {
        row["phrase"]: coco.annToMask(row).astype(bool) for row in coco.loadAnns(coco.getAnnIds())
    }


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_a_phrase_to_a_corrected_mask_in_a_coco_file(
    qtbot, viewer, open_dock, photo, tmp_path
):
    viewer.add_image(photo, name="coffee.png", scale=(2, 2), translate=(10, 20))
    dock = open_dock()
    outcome = find(qtbot, dock)
    best = viewer.layers.selection.active
    assert best.name == f"1: {PHRASE}"
    assert best.scale.tolist() == [2, 2]
    assert best.translate.tolist() == [10, 20]
    height, width = outcome.size
    proposed = outcome.cards[0].bitmap.window(0, 0, width, height)
    np.testing.assert_array_equal(best.data, proposed)

    press(viewer, "T")
    assert best.mode == "paint"
    flip(best, 0, 0)
    flip(best, 100, 150)
    painted = np.array(best.data) > 0
    assert (painted != proposed).any()

    press(viewer, "A")
    np.testing.assert_array_equal(viewer.layers["Annotations"].data > 0, painted)
    dock.export(tmp_path / "out.json")
    np.testing.assert_array_equal(masks_in(tmp_path / "out.json")[PHRASE], painted)
    (row,) = json.loads((tmp_path / "out.json").read_text())["annotations"]
    assert (row["status"], row["rank"]) == ("corrected", 1)
    (image,) = json.loads((tmp_path / "out.json").read_text())["images"]
    assert (image["height"], image["width"]) == (height, width)


def test_enter_in_the_phrase_field_asks_and_the_keys_then_work(qtbot, viewer, dock):
    field = dock.panel.phrase
    dock.window().activateWindow()
    field.take_focus()
    qtbot.waitUntil(field.hasFocus, timeout=5000)
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE):
        qtbot.keyClicks(field.lineEdit(), "an apple near a nut")
        assert question(dock) is None
        qtbot.keyClick(field.lineEdit(), Qt.Key.Key_Return)
    assert question(dock).phrase == "an apple near a nut"
    assert field.itemText(0) == "an apple near a nut"
    assert dock.panel.candidates.hasFocus()
    first = question(dock).chosen
    qtbot.keyClick(dock.panel.candidates, Qt.Key.Key_N)
    assert question(dock).chosen != first
    qtbot.keyClick(dock.panel.candidates, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert question(dock).chosen == first
    qtbot.keyClick(dock.panel.candidates, Qt.Key.Key_Slash)
    assert field.hasFocus()


def test_reviewing_by_keys(qtbot, viewer, dock):
    find(qtbot, dock)
    press(viewer, "R")
    assert question(dock).entry(0).status is Status.REJECTED
    assert question(dock).chosen == 1
    press(viewer, "A")
    assert question(dock).entry(1).status is Status.ACCEPTED
    press(viewer, "N")
    assert question(dock).chosen == 2
    press(viewer, "U")
    assert question(dock).chosen == 1
    assert dock.workspace.accepted == 0
    assert not viewer.layers["Annotations"].data.any()
    press(viewer, "U")
    assert question(dock).chosen == 0
    press(viewer, "U")
    assert "no decision" in dock.panel.status.text


def test_accepting_again_replaces_the_mask(qtbot, viewer, dock):
    find(qtbot, dock)
    press(viewer, "A")
    dock.workspace.reviewer.choose(0)
    layer = viewer.layers.selection.active
    flip(layer, 4, 4)
    press(viewer, "A")
    (kept,) = dock.workspace.store.project.items()
    assert kept.status == "corrected"
    np.testing.assert_array_equal(kept.final_mask, layer.data > 0)


def test_an_acceptance_taken_back_gives_the_correction_back(qtbot, viewer, dock):
    find(qtbot, dock)
    flip(viewer.layers.selection.active, 4, 4)
    corrected = viewer.layers.selection.active.data.copy()
    press(viewer, "A")
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE):
        dock.findChild(object, "alpha").setValue(0.77)
    press(viewer, "U")
    np.testing.assert_array_equal(viewer.layers.selection.active.data, corrected)


def test_drawing_from_scratch(qtbot, viewer, dock, tmp_path):
    find(qtbot, dock)
    press(viewer, "D")
    drawn = viewer.layers.selection.active
    assert drawn.mode == "paint"
    press(viewer, "A")
    assert "empty" in dock.panel.status.text
    drawn.paint((30, 40), 1)
    press(viewer, "A")
    dock.export(tmp_path / "out.json", ExportFormat.COCO_POLYGONS)
    np.testing.assert_array_equal(masks_in(tmp_path / "out.json")[PHRASE], drawn.data > 0)
    (row,) = json.loads((tmp_path / "out.json").read_text())["annotations"]
    assert row["status"] == "none-fits"


def test_the_menu_of_napari_exports(qtbot, viewer, dock, tmp_path, monkeypatch):
    find(qtbot, dock)
    press(viewer, "A")
    for export in (commands.export_coco, commands.export_polygons):
        path = tmp_path / f"{export.__name__}.json"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        export(viewer)
        assert len(json.loads(path.read_text())["annotations"]) == 1
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "refcoco"))
    commands.export_refcoco(viewer)
    assert (tmp_path / "refcoco" / "instances.json").exists()


def test_the_menu_of_napari_says_what_to_open_first(viewer):
    notification_manager.records.clear()
    commands.export_coco(viewer)
    assert "open Plugins" in notification_manager.records[-1].message


def test_overlapping_masks_are_both_exported_whole(qtbot, viewer, dock, tmp_path):
    find(qtbot, dock)
    masks = []
    for phrase in ("all of it", "a part"):
        dock.panel.phrase.phrase = phrase
        press(viewer, "D")
        layer = viewer.layers.selection.active
        side = 60 if phrase == "all of it" else 20
        ys, xs = (axis.ravel() for axis in np.mgrid[10 : 10 + side, 10 : 10 + side])
        layer.data_setitem((ys, xs), 1)
        masks.append(layer.data > 0)
        press(viewer, "A")
    assert dock.workspace.accepted == 2
    dock.export(tmp_path / "out.json")
    read = masks_in(tmp_path / "out.json")
    np.testing.assert_array_equal(read["all of it"], masks[0])
    np.testing.assert_array_equal(read["a part"], masks[1])


def test_sliders_rank_anew_without_encoding(qtbot, dock):
    find(qtbot, dock)
    stages = []
    dock.workspace.progressed.connect(lambda step: stages.append(step.stage))
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE) as answer:
        dock.findChild(object, "alpha").setValue(0.9)
    assert answer.args[0].weights.alpha == pytest.approx(0.9)
    assert set(stages) <= {"starting", "ranking"}
    with qtbot.waitSignal(dock.workspace.answered, timeout=PATIENCE) as answer:
        dock.findChild(object, "recommended").click()
    assert answer.args[0].weights == answer.args[0].recommended


def test_a_hundred_phrases_grow_neither_layers_nor_the_record(qtbot, viewer, dock):
    find(qtbot, dock)
    for number in range(100):
        find(qtbot, dock, f"thing number {number}")
    names = [layer.name for layer in viewer.layers]
    assert names == ["coffee.png", "1: thing number 99"]
    assert dock.workspace.accepted == 0


def test_two_images_are_kept_apart(qtbot, viewer, dock, photo, tmp_path):
    find(qtbot, dock)
    press(viewer, "A")
    viewer.add_image(photo[:, ::-1].copy(), name="mirror.png", translate=(0, 900))
    assert dock.panel.image.currentText() == "mirror.png"
    find(qtbot, dock)
    assert viewer.layers.selection.active.translate.tolist() == [0, 900]
    press(viewer, "A")
    dock.export(tmp_path / "out.json")
    written = json.loads((tmp_path / "out.json").read_text())
    assert len({image["file_name"] for image in written["images"]}) == 2
    assert [row["image_id"] for row in written["annotations"]] == [1, 2]


def test_a_plane_of_a_time_series(qtbot, viewer, open_dock, photo, engine, tmp_path):
    grey = photo.mean(axis=2)
    series = da.stack([np.zeros_like(grey), grey, np.zeros_like(grey)])
    viewer.add_image(series, name="series", contrast_limits=(0, 255), scale=(3, 1, 1))
    dock = open_dock(engine)
    viewer.dims.set_point(0, 3)
    find(qtbot, dock)
    layer = viewer.layers.selection.active
    assert layer.data.shape == (1, *grey.shape)
    assert layer.translate.tolist() == [3, 0, 0]
    viewer.dims.set_point(0, 6)
    press(viewer, "A")
    assert "plane 1 of axis 0" in dock.panel.status.text
    press(viewer, "N")
    press(viewer, "A")
    drawn = viewer.layers["Annotations"].data
    assert drawn.shape == (3, *grey.shape)
    assert drawn[1].any()
    assert not drawn[0].any()
    assert not drawn[2].any()
    dock.export(tmp_path / "out.json")
    (image,) = json.loads((tmp_path / "out.json").read_text())["images"]
    assert json.loads(image["plane"])["position"] == [1]


def test_a_pyramid(qtbot, viewer, open_dock, photo, engine):
    large = np.kron(photo, np.ones((8, 8, 1), np.uint8))
    viewer.add_image([large, large[::2, ::2], large[::8, ::8]], multiscale=True, rgb=True)
    dock = open_dock(engine)
    outcome = find(qtbot, dock, "the cup")
    layer = viewer.layers.selection.active
    assert layer.data.shape == outcome.size == (large.shape[0] // 2, large.shape[1] // 2)
    assert layer.scale.tolist() == [2, 2]
    corners = ((-0.5, -0.5), (799.5, 1199.5)), ((-0.5, -0.5), (1599.5, 2399.5))
    for of_mask, of_image in zip(*corners, strict=True):
        in_world = viewer.layers[0].data_to_world(of_image)
        np.testing.assert_allclose(layer.data_to_world(of_mask), in_world)


def test_every_control_has_a_name_a_tooltip_and_a_spoken_name(dock):
    for name in (
        "image model proposals phrase segment cancel alpha beta mask_layers spatial "
        "candidate_count recommended candidates accept reject next previous edit draw undo "
        "export help advanced channels channel_numbers why terms"
    ).split():
        control = dock.findChild(object, name)
        assert control is not None, name
        assert control.toolTip(), name
        assert control.accessibleName(), name


def test_the_help_lists_every_key(qtbot, viewer, dock):
    press(viewer, "H")
    sheet = dock.findChild(object, "keys")
    assert sheet.isVisible()
    words = " ".join(label.text() for label in sheet.findChildren(QLabel))
    bound = {str(key) for key in viewer.keymap}
    for (
        name
    ) in "accept reject next previous edit draw undo phrase hide outline zoom smooth".split():
        assert f"<b>{printed(action(name).key)}</b>" in words
        assert action(name).purpose in words
        assert action(name).key.replace("-", "+") in bound
    for key, purpose in NAPARI_S_OWN:
        assert f"<b>{key}</b>" in words
        assert purpose in words
    sheet.close()


def test_preferences_show_in_the_dock_and_the_dock_s_settings_last(qtbot, dock):
    preferences = Preferences()
    preferences.settings = replace(preferences.settings, candidates=3)
    assert dock.workspace.settings.candidates == 3
    assert dock.findChild(object, "candidate_count").value() == 3
    dock.findChild(object, "candidate_count").setValue(7)
    qtbot.waitUntil(lambda: Preferences().settings.candidates == 7, timeout=5000)


def test_the_terms_of_the_shown_candidate_add_up_to_its_score(qtbot, viewer, dock):
    outcome = find(qtbot, dock, "the cup on the left")
    first, second, *_ = outcome.cards
    assert {"appearance", "left", "consensus"} <= set(first.terms)
    assert sum(first.terms.values()) == pytest.approx(first.score, abs=1e-4)
    assert f"candidate 1: {first.score:.2f}" in dock.findChild(object, "why").text()
    press(viewer, "N")
    assert f"candidate 2: {second.score:.2f}" in dock.findChild(object, "why").text()
    assert f"left {second.terms['left']:+.2f}" in (
        dock.findChild(object, "terms").accessibleDescription()
    )


def test_the_status_bar_tells_phrase_and_score_under_the_pointer(qtbot, viewer, dock):
    outcome = find(qtbot, dock)
    layer = viewer.layers.selection.active
    inside = np.argwhere(layer.data)[0]
    told = layer.get_status(layer.data_to_world(inside), world=True)["coordinates"]
    assert f"phrase: {PHRASE}" in told
    assert f"score: {outcome.cards[0].score:.3f}" in told

"""Photos are encoded before anything is asked of them, where that is of use and wanted."""

import numpy as np
import pytest
from napari.utils.key_bindings import KeymapHandler
from PIL import Image

from napari_zsris._qt.preferences import Preferences
from napari_zsris.annotations import Project, Run, ScoredMask, encode_rle

PATIENCE = 60_000


def press(viewer, key):
    handler = KeymapHandler()
    active = viewer.layers.selection.active
    handler.keymap_providers = [viewer] if active is None else [active, viewer]
    handler.press_key(key)


@pytest.fixture
def folder(photo, tmp_path):
    """Make a folder of three photos that differ."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(photo[number : 40 + number, :60]).save(folder / f"{number}.png")
    return folder


def fetched(engine, folder):
    """Tell which photos the engine got, each by its number and as often as it got it."""
    sums = {int(np.asarray(Image.open(file)).sum()): int(file.stem) for file in folder.iterdir()}
    return [sums[int(line.split()[-2])] for line in engine.log() if line.startswith("got")]


def encoded(engine):
    return engine.log().count("Encode done")


def wait_for_photo(qtbot, viewer, name):
    qtbot.waitUntil(lambda: [each.name for each in viewer.layers] == [name], timeout=PATIENCE)


@pytest.fixture
def listed(qtbot, viewer, open_dock, light_engine, folder):
    """The dock with the folder in its list."""
    dock = open_dock(light_engine)
    dock.workspace.add_folder(folder)
    qtbot.waitUntil(lambda: dock.list.rowCount() == 3, timeout=PATIENCE)
    return dock


def test_the_next_photo_of_the_list_is_encoded_ahead(qtbot, viewer, listed, light_engine, folder):
    press(viewer, "K")
    qtbot.waitUntil(lambda: encoded(light_engine) >= 2, timeout=PATIENCE)
    assert fetched(light_engine, folder) == [0, 1]
    press(viewer, "K")
    wait_for_photo(qtbot, viewer, "1.png")
    with qtbot.waitSignal(listed.workspace.answered, timeout=PATIENCE):
        listed.segment("the cup")
    qtbot.waitUntil(lambda: 2 in fetched(light_engine, folder), timeout=PATIENCE)
    # What was encoded ahead is what was asked about.
    assert fetched(light_engine, folder) == [0, 1, 2]


def test_the_setting_counts_at_once(qtbot, viewer, listed, light_engine, folder):
    models = Preferences()._values.models
    models.ahead = False
    press(viewer, "K")
    wait_for_photo(qtbot, viewer, "0.png")
    qtbot.wait(500)
    assert fetched(light_engine, folder) == []
    models.ahead = True
    qtbot.waitUntil(lambda: fetched(light_engine, folder) == [0, 1], timeout=PATIENCE)


def test_photos_that_are_ranked_already_are_not_encoded(
    qtbot, viewer, open_dock, light_engine, folder, tmp_path
):
    path = tmp_path / "work.zsris"
    mask = np.zeros((40, 60), bool)
    mask[5:20, 5:20] = True
    with Project.open(path, create=True) as project:
        for number in range(2):
            photo_id = project.library.add_photo(f"photos/{number}.png")
            phrase = project.library.add_phrase(photo_id, f"thing {number}")
            masks = [ScoredMask(encode_rle(mask), 1.0)]
            project.rankings.save(photo_id, {phrase: masks}, Run("test", "lite"))
        project.library.add_photo("photos/2.png")
    dock = open_dock(light_engine)
    dock.open(path)
    for number in range(2):
        qtbot.waitUntil(
            lambda: (
                dock.workspace.reviewer.question is not None
                and dock.workspace.reviewer.question.phrase == f"thing {number}"  # noqa: B023
            ),
            timeout=PATIENCE,
        )
        press(viewer, "A")
    qtbot.waitUntil(lambda: encoded(light_engine) > 0, timeout=PATIENCE)
    assert fetched(light_engine, folder) == [2]

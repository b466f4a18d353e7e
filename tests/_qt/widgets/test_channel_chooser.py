"""Channels are blended as on the canvas unless the person chooses otherwise."""

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtWidgets import QComboBox

from napari_zsris._qt.viewer.snapshot import Channels
from napari_zsris._qt.widgets.image_chooser import ALONE, ChannelChooser


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def chooser(qtbot):
    chooser = ChannelChooser()
    qtbot.addWidget(chooser)
    chooser.heard = []
    chooser.changed.connect(lambda: chooser.heard.append(chooser.channels))
    return chooser


def choose(chooser, text):
    kinds = chooser.findChild(QComboBox, "channels")
    kinds.setCurrentText(text)
    kinds.activated.emit(kinds.currentIndex())


def test_channels_are_blended_by_default(viewer, chooser):
    first, _ = viewer.add_image(np.zeros((2, 6, 7), np.uint8), channel_axis=0)
    chooser.offer(viewer, first)
    assert chooser.needed
    assert chooser.channels == Channels("layers")
    assert chooser.heard == [Channels("layers")]


def test_a_choice_holds_for_its_image(viewer, chooser):
    first, second = viewer.add_image(np.zeros((2, 6, 7), np.uint8), channel_axis=0)
    chooser.offer(viewer, first)
    choose(chooser, ALONE)
    chooser.offer(viewer, first)
    assert chooser.channels == Channels()
    chooser.offer(viewer, second)
    assert chooser.channels == Channels("layers")


def test_photos_have_nothing_to_choose(viewer, chooser):
    photos = [viewer.add_image(np.zeros((6, 7, 3), np.uint8), rgb=True) for _ in range(2)]
    for photo in photos:
        chooser.offer(viewer, photo)
        assert not chooser.needed
        assert chooser.channels == Channels()
    assert not chooser.heard


def test_an_axis_is_offered_but_not_chosen(viewer, chooser):
    chooser.offer(viewer, viewer.add_image(np.zeros((3, 60, 70), np.uint8)))
    assert chooser.needed
    assert chooser.channels == Channels()
    choose(chooser, "axis 0 as colours (3)")
    assert chooser.channels == Channels("axis", 0, (0, 1, 2))


def test_where_the_other_channels_went_there_is_one_layer(viewer, chooser):
    first, second = viewer.add_image(np.zeros((2, 6, 7), np.uint8), channel_axis=0)
    chooser.offer(viewer, first)
    second.visible = False
    chooser.offer(viewer, first)
    assert chooser.channels == Channels()
    assert not chooser.needed

"""Candidates become layers lazily; what a person painted is never lost."""

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_zsris._qt.core.outcome import Card
from napari_zsris._qt.core.review import Entry
from napari_zsris._qt.viewer.candidate_layers import CandidateLayers
from napari_zsris._qt.viewer.snapshot import snapshot
from napari_zsris.proposals import Bitmap

SIZE = (20, 30)


def mask_of(number):
    mask = np.zeros(SIZE, bool)
    mask[number : number + 5, number : number + 8] = True
    return mask


def entry_of(number, rank=0):
    bitmap = Bitmap.from_mask(mask_of(number))
    return Entry(number, Card(number, rank, 0.5, 0.5, bitmap, np.zeros((4, 4, 3), np.uint8)))


def entries_of(*numbers):
    return [entry_of(number, rank) for rank, number in enumerate(numbers)]


@pytest.fixture
def viewer():
    viewer = ViewerModel()
    viewer.add_image(np.zeros(SIZE, np.uint8), name="photo")
    return viewer


@pytest.fixture
def placement(viewer):
    return snapshot(viewer, viewer.layers["photo"])[1]


@pytest.fixture
def candidates(viewer, placement):
    candidates = CandidateLayers(viewer)
    candidates.start(placement, entries_of(1, 2, 3), "a thing")
    return candidates


def names(viewer):
    return [layer.name for layer in viewer.layers]


def test_a_layer_is_made_when_its_candidate_is_first_shown(viewer, candidates):
    assert names(viewer) == ["photo"]
    layer = candidates.show(entry_of(1), "a thing")
    assert names(viewer) == ["photo", "1: a thing"]
    np.testing.assert_array_equal(layer.data, mask_of(1))
    assert layer.data.dtype == np.uint8


def test_only_the_chosen_candidate_is_visible_and_active(viewer, candidates):
    first = candidates.show(entry_of(1), "a thing")
    second = candidates.show(entry_of(2, 1), "a thing")
    assert (first.visible, second.visible) == (False, True)
    assert viewer.layers.selection.active == second
    candidates.hide()
    assert not second.visible


def test_the_status_bar_tells_phrase_and_score(candidates):
    layer = candidates.show(entry_of(1), "a thing")
    assert "score: 0.500" in layer.get_status((2, 2))["value"]
    assert "No Properties" not in layer.get_status((19, 29))["value"]


def test_a_new_ranking_is_shown_in_the_same_layers(viewer, placement, candidates):
    first = candidates.show(entry_of(1), "a thing")
    candidates.start(placement, entries_of(5, 1, 2), "another thing")
    assert candidates.show(entry_of(5), "another thing") is first
    assert first.name == "1: another thing"
    candidates.start(placement, entries_of(7, 8), "a third thing")
    assert candidates.show(entry_of(7), "a third thing") is first
    np.testing.assert_array_equal(first.data, mask_of(7))
    assert len(viewer.layers) == 2


def test_a_layer_in_use_again_has_no_history_of_the_mask_before(placement, candidates):
    layer = candidates.show(entry_of(1), "a thing")
    layer.data_setitem((np.array([0]), np.array([0])), 1)
    layer.undo()
    candidates.start(placement, entries_of(4), "another thing")
    again = candidates.show(entry_of(4), "another thing")
    assert again is layer
    layer.redo()
    layer.undo()
    np.testing.assert_array_equal(layer.data, mask_of(4))


def test_strokes_can_be_undone(candidates):
    layer = candidates.show(entry_of(1), "a thing")
    layer.paint((15, 20), 1)
    assert candidates.edited(1)
    layer.undo()
    assert not candidates.edited(1)
    np.testing.assert_array_equal(candidates.mask(1), mask_of(1))


def test_painting_does_not_change_the_proposal(candidates):
    entry = entry_of(1)
    candidates.show(entry, "a thing").paint((15, 20), 1)
    np.testing.assert_array_equal(entry.card.bitmap.window(0, 0, 30, 20), mask_of(1))


def test_a_painted_candidate_is_kept_when_others_come(viewer, placement, candidates):
    painted = candidates.show(entry_of(1), "a thing")
    painted.paint((15, 20), 1)
    kept = painted.data.copy()
    candidates.start(placement, entries_of(4, 5), "another thing")
    other = candidates.show(entry_of(4), "another thing")
    assert other is not painted
    assert painted in viewer.layers
    np.testing.assert_array_equal(painted.data, kept)
    candidates.clear()
    assert names(viewer) == ["photo", "1: a thing"]


def test_a_painted_candidate_stays_painted_when_it_is_ranked_again(placement, candidates):
    painted = candidates.show(entry_of(1), "a thing")
    painted.paint((15, 20), 1)
    candidates.start(placement, entries_of(2, 1), "a thing")
    assert candidates.edited(1)
    assert painted.name == "2: a thing"


def test_a_settled_candidate_gives_its_layer_away(placement, candidates):
    painted = candidates.show(entry_of(1), "a thing")
    painted.paint((15, 20), 1)
    candidates.settle(1, settled=True)
    candidates.start(placement, entries_of(4), "another thing")
    assert candidates.show(entry_of(4), "another thing") is painted
    np.testing.assert_array_equal(painted.data, mask_of(4))


def test_layers_without_candidates_go(viewer, placement, candidates):
    candidates.show(entry_of(1), "a thing")
    candidates.show(entry_of(2, 1), "a thing")
    candidates.start(placement, entries_of(4), "another thing")
    assert len(viewer.layers) == 2
    candidates.start(placement, [], "nothing")
    assert names(viewer) == ["photo"]


def test_a_layer_the_person_deleted_is_made_anew(viewer, candidates):
    viewer.layers.remove(candidates.show(entry_of(1), "a thing"))
    assert candidates.mask(1) is None
    layer = candidates.show(entry_of(1), "a thing")
    np.testing.assert_array_equal(layer.data, mask_of(1))


def test_a_mask_from_scratch_is_empty_and_painted_with_any_label(candidates):
    layer = candidates.show(Entry(-1, None), "a thing")
    assert not layer.data.any()
    assert layer.name == "drawn: a thing"
    layer.selected_label = 3
    layer.paint((5, 5), 3)
    assert candidates.mask(-1)[5, 5]


def test_another_image_gets_layers_of_its_own(viewer, candidates):
    first = candidates.show(entry_of(1), "a thing")
    other = viewer.add_image(np.zeros(SIZE, np.uint8), name="other", translate=(50, 0))
    candidates.start(snapshot(viewer, other)[1], entries_of(1), "a thing")
    second = candidates.show(entry_of(1), "a thing")
    assert first not in viewer.layers
    assert second.translate.tolist() == [50, 0]


def test_long_phrases_are_cut_in_names_only(candidates):
    phrase = "the small brown dog that sits on the old blue chair beside the door"
    layer = candidates.show(entry_of(1), phrase)
    assert len(layer.name) < 50
    assert phrase in layer.get_status((2, 2))["value"]

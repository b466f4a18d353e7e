"""Region graphs, hierarchies and label maps against their plain definitions."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_zsris.proposals.contours import CUES, RADII, contour_strength, cue_histograms
from napari_zsris.proposals.grouping import Linkage, RegionGraph, merge, merged_labels, nodes
from napari_zsris.proposals.label_map import enlarged, region_boxes
from napari_zsris.proposals.objectness import cover, overlaps

linkages = st.builds(
    Linkage,
    colour=st.sampled_from([0.0, 2.0]),
    texture=st.sampled_from([0.0, 2.0]),
    size=st.sampled_from([0.0, 0.4]),
    fill=st.sampled_from([0.0, 0.5]),
)


@st.composite
def graphs(draw):
    """A graph of regions of any shape, connected or not, on a random photo."""
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    raw = draw(arrays(int, shape, elements=st.integers(0, 6)))
    labels = np.unique(raw, return_inverse=True)[1].reshape(shape)
    photo = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 256, (*shape, 3), np.uint8)
    cues = cue_histograms(photo)
    return RegionGraph.from_labels(labels, contour_strength(cues), cues)


def test_cues_are_histograms():
    cues = cue_histograms(np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8))
    for cue in CUES:
        np.testing.assert_allclose(cues[cue].sum(axis=0), 1, atol=1e-5)


def test_contours_run_where_two_colours_meet_and_nowhere_else():
    photo = np.full((40, 60, 3), (200, 40, 40), np.uint8)
    photo[:, 30:] = (40, 40, 200)
    strength = contour_strength(cue_histograms(photo))
    assert strength.shape == (len(RADII), 40, 60)
    assert set(strength[:3].sum(axis=0).argmax(axis=1)) <= {29, 30}
    assert strength[:, :, :8].max() < 0.01 * strength.max()


@given(graphs())
def test_graph_measures_its_regions(graph):
    labels = graph.labels
    assert graph.sizes.sum() == labels.size
    assert graph.contacts.sum() == 2 * sum(labels.shape)
    for region in range(len(graph)):
        ys, xs = np.nonzero(labels == region)
        assert graph.sizes[region] == len(xs)
        assert graph.boxes[region].tolist() == [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
    differing = (labels[:, 1:] != labels[:, :-1]).sum() + (labels[1:] != labels[:-1]).sum()
    assert graph.lengths.sum() == differing
    assert (graph.edges[:, 0] < graph.edges[:, 1]).all()


@given(graphs(), linkages, st.integers(1, 4))
def test_hierarchy_gathers_neighbours_up_to_the_whole(graph, linkage, until):
    count = len(graph)
    merges = merge(graph, linkage)
    members = nodes(count, merges)
    # Every pixel touches its neighbour, so whatever the labels are, one node is left.
    assert len(merges) == count - 1
    assert not merges or members[-1].all()
    seen = np.concatenate([np.eye(count, dtype=bool), members])
    for node, (first, second) in enumerate(merges, count):
        assert not (seen[first] & seen[second]).any()
        np.testing.assert_array_equal(seen[node], seen[first] | seen[second])
    some = merge(graph, linkage, until)
    assert some == merges[: len(some)]
    left = merged_labels(graph.labels, count, some)
    assert left.max() + 1 == min(count, until)
    assert len(np.unique(left)) == left.max() + 1


def test_the_alike_are_merged_first():
    photo = np.zeros((30, 90, 3), np.uint8)
    photo[:, :30], photo[:, 30:60], photo[:, 60:] = (200, 30, 30), (190, 35, 30), (20, 20, 220)
    labels = np.repeat([0, 1, 2], 30)[None].repeat(30, axis=0)
    cues = cue_histograms(photo)
    graph = RegionGraph.from_labels(labels, contour_strength(cues), cues)
    for linkage in (Linkage(), Linkage(colour=2.0), Linkage((0.0,) * 4, colour=1.0)):
        assert set(merge(graph, linkage)[0]) == {0, 1}


@given(graphs(), st.integers(1, 60), st.integers(1, 60))
def test_enlarged_regions_win_the_bilinear_vote(graph, height, width):
    large = enlarged(graph.labels, (height, width))
    assert large.shape == (height, width)
    shares = torch.nn.functional.interpolate(
        torch.eye(len(graph))[torch.tensor(graph.labels)].permute(2, 0, 1)[None],
        (height, width),
        mode="bilinear",
        align_corners=False,
    )[0].numpy()
    won = np.take_along_axis(shares, large[None].astype(int), axis=0)[0]
    assert (won >= shares.max(axis=0) - 1e-4).all()


def test_enlarging_in_bands_leaves_no_seams(monkeypatch):
    labels = np.random.default_rng(0).integers(0, 9, (20, 30))
    whole = enlarged(labels, (97, 130))
    monkeypatch.setattr("napari_zsris.proposals.label_map.BAND", 1000)
    np.testing.assert_array_equal(enlarged(labels, (97, 130)), whole)


def test_boxes_of_missing_regions_are_empty():
    assert region_boxes(np.array([[0, 2]])).tolist() == [[0, 0, 1, 1], [0, 0, 0, 0], [1, 0, 2, 1]]


@given(st.integers(1, 12), st.integers(1, 14), st.integers(0, 99))
def test_cover_is_the_greedy_choice_and_gains_never_rise(groups, count, seed):
    rng = np.random.default_rng(seed)
    members = rng.random((groups, 6)) < 0.5
    members[:, 0] = True
    iou = overlaps(members, np.arange(1.0, 7.0))
    chances = rng.random(groups)
    chances /= chances.sum()
    chosen, gains = cover(iou, chances, count)
    assert len(set(chosen)) == len(chosen) == min(groups, count)
    assert (np.diff(gains) <= 1e-6).all()
    covered = np.zeros(groups)
    for group, gain in zip(chosen, gains, strict=True):
        best = (np.maximum(iou - covered, 0) @ chances).max()
        assert gain == pytest.approx(best, abs=1e-5)
        covered = np.maximum(covered, iou[group])


@given(st.integers(0, 99))
def test_overlaps_equal_the_dense_ones(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, 5)
    members = rng.random((6, 5)) < 0.5
    members[:, 2] = True
    pixels = np.repeat(members, sizes, axis=1)
    shared = (pixels[:, None] & pixels).sum(axis=2)
    union = (pixels[:, None] | pixels).sum(axis=2)
    np.testing.assert_allclose(overlaps(members, sizes.astype(float)), shared / union, atol=1e-6)

"""The learnt hierarchies, compared with a plain implementation of the same rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.proposals.grouping import nodes
from napari_zsris.proposals.objects.choice import choose
from napari_zsris.proposals.objects.trees import average_linkage, seeded


def random_photo(count, seed):
    """Affinities, shares and neighbours of a few regions, each of which touches the next."""
    random = np.random.default_rng(seed)
    affinity = random.random((count, count), dtype=np.float32)
    affinity = (affinity + affinity.T) / 2
    np.fill_diagonal(affinity, 1)
    shares = random.random(count, dtype=np.float32) + np.float32(0.1)
    touching = random.random((count, count)) < 0.3
    touching |= touching.T
    for region in range(count - 1):
        touching[region, region + 1] = touching[region + 1, region] = True
    np.fill_diagonal(touching, val=False)
    return affinity, shares / shares.sum(), touching


def plainly(affinity, shares, touching, size):
    """Merge by going over every pair of groups each time."""
    groups = [[region] for region in range(len(shares))]
    merged = []
    while len(groups) > 1:
        best, pair = -np.inf, None
        for k, one in enumerate(groups):
            for other in groups[k + 1 :]:
                if not touching[np.ix_(one, other)].any():
                    continue
                weights = np.outer(shares[one], shares[other]).astype(float)
                mean = (weights * affinity[np.ix_(one, other)]).sum() / weights.sum()
                smaller = min(shares[one].sum(dtype=float), shares[other].sum(dtype=float))
                closeness = 1 - (1 - mean) * smaller**size
                if closeness > best:
                    best, pair = closeness, (one, other)
        if pair is None:
            break
        groups = [group for group in groups if group not in pair] + [pair[0] + pair[1]]
        merged.append(frozenset(pair[0] + pair[1]))
    return merged


@given(st.integers(1, 9), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.2, 1.0]))
def test_the_nearest_neighbours_on_average_are_merged_first(count, seed, size):
    affinity, shares, touching = random_photo(count, seed)
    merges = average_linkage(affinity, shares, touching, size)
    found = [frozenset(np.flatnonzero(row).tolist()) for row in nodes(count, merges)]
    assert found == plainly(affinity, shares, touching, size)


@given(st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_without_neighbours_all_may_be_merged(count, seed):
    affinity, shares, _ = random_photo(count, seed)
    everything = ~np.eye(count, dtype=bool)
    assert average_linkage(affinity, shares) == average_linkage(affinity, shares, everything)


def test_what_does_not_touch_stays_apart():
    affinity = np.ones((4, 4), np.float32)
    touching = np.zeros((4, 4), bool)
    touching[0, 1] = touching[1, 0] = touching[2, 3] = touching[3, 2] = True
    merges = average_linkage(affinity, np.full(4, 0.25, np.float32), touching)
    assert sorted(sorted(pair) for pair in merges) == [[0, 1], [2, 3]]


def test_seeds_gather_what_is_near_and_always_hold_themselves():
    affinity = np.array([[1, 0.9, 0.1], [0.9, 1, 0.4], [0.1, 0.4, 1]], np.float32)
    groups = seeded(affinity, np.full(3, 1 / 3, np.float32))
    assert groups.shape == (18, 3)
    itself = np.tile(np.eye(3, dtype=bool), (6, 1))
    assert groups[itself].all()
    # At 0.5 the first two are one, the third is alone.
    np.testing.assert_array_equal(groups[6:9], [[1, 1, 0], [1, 1, 0], [0, 0, 1]])


@pytest.mark.parametrize("count", [1, 2, 50])
def test_groups_are_chosen_once_each(count):
    random = np.random.default_rng(1)
    members = random.random((30, 12)) < 0.4
    members[:, 0] = True
    chosen = choose(members, random.random(30, dtype=np.float32), np.full(12, 10.0), count)
    assert len(chosen) == len(set(chosen)) == min(count, 30)

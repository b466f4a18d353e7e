import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_zsris.method.fusion import mix, similarities, softmax, unit

FEATURES = arrays(np.float32, (5, 8), elements=st.floats(-100, 100, width=32))


@given(FEATURES)
def test_unit_features_have_length_one_or_stay_zero(features):
    lengths = np.linalg.norm(unit(features), axis=1)
    has_direction = np.linalg.norm(features, axis=1) > 1e-10
    assert np.allclose(lengths[has_direction], 1, atol=1e-4)
    assert (lengths < 1.0001).all()
    assert np.isfinite(unit(features)).all()


@given(FEATURES, FEATURES, st.floats(0, 1))
def test_mixing_is_linear_between_its_ends(global_, local, weight):
    mixed = mix(global_, local, weight)
    assert mixed.dtype == np.float32
    assert np.allclose(mixed, weight * global_ + (1 - weight) * local, atol=1e-3)
    assert np.array_equal(mix(global_, local, 1.0), global_)
    assert np.array_equal(mix(global_, local, 0.0), local)


@given(FEATURES, st.floats(1, 100))
def test_similarities_are_scaled_cosines(features, scale):
    visual, textual = features[:4], features[4]
    scores = similarities(visual, textual, scale)
    assert scores.shape == (4,)
    assert (np.abs(scores) <= scale * 1.001).all()


def test_a_feature_is_most_similar_to_itself_whatever_its_length():
    visual = np.eye(3, 4, dtype=np.float32) * np.array([[0.1], [7], [3]], np.float32)
    scores = similarities(visual, np.array([0, 9, 0, 0], np.float32), 50.0)
    assert np.allclose(scores, [0, 50, 0])


def test_without_cosines_lengths_count():
    visual = np.array([[1, 0], [2, 0]], np.float32)
    scores = similarities(visual, np.array([3, 4], np.float32), 10.0, cosine=False)
    assert np.allclose(scores, [30, 60])


@given(arrays(np.float32, st.integers(0, 9), elements=st.floats(-1e4, 1e4, width=32)))
def test_probabilities_sum_to_one_and_keep_the_order(scores):
    probabilities = softmax(scores)
    assert probabilities.shape == scores.shape
    if scores.size:
        assert np.isclose(probabilities.sum(), 1, atol=1e-5)
        assert probabilities[np.argmax(scores)] == probabilities.max()

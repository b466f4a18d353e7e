"""The engine as its users meet it, with the bundled model on a real photo."""

import dataclasses

import numpy as np
import pytest
import skimage.data

import napari_zsris as zs
from napari_zsris.errors import ImageError, MethodError, PhraseError, ProposalError
from napari_zsris.progress import finish
from napari_zsris.proposals import Proposals


@pytest.fixture(scope="module")
def segmenter() -> zs.Segmenter:
    return zs.Segmenter(device="cpu")


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return skimage.data.chelsea()


@pytest.fixture(scope="module")
def masks(photo) -> np.ndarray:
    """The cat's head, the cat's left eye and a strip of wall."""
    masks = np.zeros((3, *photo.shape[:2]), bool)
    masks[0, 20:290, 100:360] = True
    masks[1, 100:130, 255:290] = True
    masks[2, :40, 370:] = True
    return masks


@pytest.fixture(scope="module")
def scene(segmenter, photo, masks) -> zs.Scene:
    return segmenter.encode(photo, masks=masks)


def test_the_cat_is_found(scene):
    assert scene.rank("a cat")[0].index == 0


def test_features_are_arrays_of_one_row_per_mask(scene):
    assert scene.global_features.shape == scene.local_features.shape
    assert scene.global_features.shape[0] == 3
    assert scene.global_features.dtype == scene.local_features.dtype == np.float32
    assert np.isfinite(scene.global_features).all()
    assert scene.rank("a cat").text_features.shape == scene.global_features.shape[1:]


def test_masks_and_boxes_come_back_as_they_were_given(scene, masks):
    assert np.array_equal(scene.proposals.masks, masks)
    assert scene.proposals.boxes[0].tolist() == [100, 20, 360, 290]


def test_sliders_move_scores_without_encoding_anew(scene):
    method = scene.method
    ends = [scene.rank("a cat", method=method.replace(alpha=alpha)).scores for alpha in (0, 1)]
    middle = scene.rank("a cat", method=method.replace(alpha=0.5)).scores
    assert not np.allclose(ends[0], ends[1])
    assert not np.allclose(middle, ends[0])


def test_a_phrase_is_parsed_and_encoded_once(scene):
    phrase = "the dog that nobody else in these tests asks for"
    assert scene.rank(phrase).expression is scene.rank(phrase).expression
    assert scene.reader.read(phrase) is scene.reader.read(phrase)


def test_location_words_count_unless_switched_off(segmenter, photo):
    left, right = np.zeros((2, *photo.shape[:2]), bool)
    left[100:130, 150:190] = True
    right[100:130, 255:290] = True
    scene = segmenter.encode(photo, masks=np.stack([left, right]))
    plain = scene.method.replace(spatial=False)
    for side, index in (("left", 0), ("right", 1)):
        placed = scene.rank(f"{side} eye")
        assert placed[0].index == index
        assert set(placed[0].terms) == {"appearance", side, "consensus"}
        assert side not in scene.rank(f"{side} eye", method=plain)[0].terms


def test_a_whole_gains_from_its_parts_unless_consensus_is_switched_off(scene):
    agreed = scene.rank("a cat")
    alone = scene.rank("a cat", method=scene.method.replace(consensus=False))
    assert agreed[0].terms["consensus"] >= 0
    assert "consensus" not in alone[0].terms
    added = [values for name, values in agreed.terms.items() if name not in alone.terms]
    np.testing.assert_allclose(
        agreed.scores, alone.scores + np.sum(added, axis=0), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("context", ["crop", "frame"])
def test_a_third_view_is_weighed_against_the_others(segmenter, photo, masks, context):
    viewed = zs.Segmenter(
        segmenter.clip, device="cpu", method=segmenter.method.replace(context=context)
    ).encode(photo, masks=masks)
    assert viewed.context_features.shape == viewed.local_features.shape
    alone, others = (viewed.rank("a cat", viewed.method.replace(gamma=g)) for g in (1.0, 0.0))
    assert alone[0].index == 0, "the cat is found by its surroundings alone"
    plain = segmenter.encode(photo, masks=masks).rank("a cat")
    np.testing.assert_allclose(others.scores, plain.scores, atol=1e-4)
    mixed = viewed.rank("a cat", viewed.method.replace(gamma=0.3))
    for k in range(3):
        looks = 0.3 * alone.terms["context"][k] + 0.7 * others.terms["appearance"][k]
        shown = mixed.terms["context"][k] + mixed.terms["appearance"][k]
        assert shown == pytest.approx(looks, rel=1e-4)


def test_a_dense_map_favours_what_it_shows(segmenter, photo, masks):
    mapped = zs.Segmenter(
        segmenter.clip, device="cpu", method=segmenter.method.replace(coherence=2.0)
    ).encode(photo, masks=masks)
    assert mapped.dense_features.shape[:2] == (16, 16)
    terms = mapped.rank("a cat").terms["coherence"]
    assert terms.argmax() == 0
    halved = mapped.rank("a cat", mapped.method.replace(coherence=1.0)).terms["coherence"]
    np.testing.assert_allclose(halved, terms / 2, rtol=1e-5)


def test_likeness_to_other_nouns_counts_against_a_mask(scene):
    phrase = "the wall beside the cat"
    method = scene.method.replace(spatial=False, consensus=False)
    plain = scene.rank(phrase, method)
    against = scene.rank(phrase, method.replace(negative=0.5))
    cat = scene.rank("the cat", method.replace(beta=1.0)).scores
    np.testing.assert_allclose(against.scores, plain.scores - 0.5 * cat, rtol=1e-4)
    assert "other nouns" not in scene.rank("the wall", method.replace(negative=0.5)).terms


def test_masks_that_expect_to_be_objects_gain_where_their_source_says_so(scene):
    scores = np.array([0.8, 0.3, 0.6], np.float32)
    told = dataclasses.replace(scene.proposals, scores=scores, source="objects")
    method = scene.method.replace(objectness=2.0, spatial=False)
    terms = dataclasses.replace(scene, proposals=told).rank("a cat", method).terms
    np.testing.assert_allclose(terms["objectness"], [0.0, -1.0, -0.4], rtol=1e-5)
    # Scores of other sources mean something else.
    other = dataclasses.replace(told, source="regions")
    assert "objectness" not in dataclasses.replace(scene, proposals=other).rank("cat", method).terms


def test_lists_by_coverage_have_a_term_in_place_of_copies(scene):
    twice = zs.Proposals.from_masks(scene.proposals.masks[[0, 0, 1]])
    features = {
        name: getattr(scene, name)[[0, 0, 1]] for name in ("global_features", "local_features")
    }
    doubled = dataclasses.replace(scene, proposals=twice, **features)
    ranking = doubled.rank("a cat", scene.method.replace(spatial=False))
    assert "copy" not in ranking.terms
    assert ranking[0].terms["coverage"] == 0
    assert sum(ranking[2].terms.values()) == pytest.approx(ranking[2].score, rel=1e-4)
    assert [candidate.index for candidate in ranking].index(2) < 2


def test_all_terms_add_up_to_the_score(segmenter, photo, masks):
    method = segmenter.method.replace(context="frame", coherence=1.0, negative=0.2)
    scene = zs.Segmenter(segmenter.clip, device="cpu", method=method).encode(photo, masks=masks)
    best = scene.rank("the cat on the left of the wall")[0]
    assert {"appearance", "context", "coherence", "other nouns", "consensus"} <= set(best.terms)
    assert sum(best.terms.values()) == pytest.approx(best.score, rel=1e-4)


def test_the_top_is_kept(scene):
    assert len(scene.rank("a cat", top=2)) == 2
    assert len(scene.rank("a cat", top=0)) == 0
    assert len(scene.rank("a cat", top=99)) == 3


def test_a_negative_top_is_refused(scene):
    with pytest.raises(MethodError, match="top is -1, but cannot be negative; give 1 or more"):
        scene.rank("a cat", top=-1)


def test_a_method_of_other_features_asks_for_another_encoding(scene):
    with pytest.raises(MethodError, match=r"encode the photo again with that method"):
        scene.rank("a cat", method=scene.method.replace(margin=0.5))


def test_a_phrase_without_words_is_refused(scene):
    with pytest.raises(PhraseError):
        scene.rank("  ")


def test_no_masks_give_an_empty_ranking_with_every_view(segmenter, photo):
    method = segmenter.method.replace(context="frame", coherence=1.0, negative=0.2)
    every = zs.Segmenter(segmenter.clip, device="cpu", method=method)
    scene = every.encode(photo, masks=np.zeros((0, *photo.shape[:2]), bool))
    assert len(scene.rank("the cat by the wall")) == 0


def test_no_masks_give_an_empty_ranking(segmenter, photo):
    scene = segmenter.encode(photo, masks=np.zeros((0, *photo.shape[:2]), bool))
    assert scene.global_features.shape[0] == scene.local_features.shape[0] == 0
    ranking = scene.rank("the cat on the left")
    assert len(ranking) == 0
    assert ranking.scores.shape == (0,)


def test_an_empty_mask_has_a_finite_score(segmenter, photo):
    masks = np.zeros((2, *photo.shape[:2]), bool)
    masks[1] = True
    assert np.isfinite(segmenter.encode(photo, masks=masks).rank("left cat").scores).all()


def test_masks_of_another_size_are_refused(segmenter, photo, masks):
    with pytest.raises(ProposalError, match="the masks are 300 x 100 pixels, but the photo is 300"):
        segmenter.encode(photo, masks=masks[:, :, :100])


def test_boxes_without_masks_are_refused(segmenter, photo):
    with pytest.raises(ProposalError, match="boxes were given without masks"):
        segmenter.encode(photo, boxes=[[0, 0, 1, 1]])


def test_what_is_not_a_picture_is_refused(segmenter):
    with pytest.raises(ImageError):
        segmenter.encode(np.zeros((4, 4, 4, 4)))


def test_encoding_tells_its_progress_and_can_be_given_up(segmenter, photo, masks):
    steps = segmenter.encoding(photo, masks=Proposals.from_masks(masks))
    stages = [next(steps).stage, next(steps).stage]
    steps.close()
    assert stages == ["global features", "local features"]
    assert len(finish(segmenter.encoding(photo, masks=masks)).proposals) == 3


def test_the_default_source_proposes_masks(segmenter, photo):
    scene = segmenter.encode(photo[::2, ::2])
    assert 1 <= len(scene.proposals) <= 300
    assert scene.proposals.size == (150, 226)
    assert scene.proposals.source == "objects"

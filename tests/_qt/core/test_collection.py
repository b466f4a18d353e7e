"""Accepted masks: overlaps are kept, and what is painted over them is taken over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_zsris._qt.core.annotation import Annotation, Site
from napari_zsris._qt.core.collection import Collection
from napari_zsris.errors import AnnotationError
from napari_zsris.proposals import Bitmap

SITE = Site("photo.png", "1", (6, 7))
MASKS = st.lists(arrays(bool, SITE.size), min_size=1, max_size=4)


def collection_of(masks):
    collection = Collection()
    for mask in masks:
        if mask.any():
            bitmap = Bitmap.from_mask(mask)
            collection.add(Annotation(collection.next_id(), SITE, bitmap, "a thing", 0.5))
    return collection


def mask_of(annotation):
    return annotation.bitmap.window(0, 0, SITE.size[1], SITE.size[0])


@given(MASKS)
def test_overlaps_are_kept_in_the_record(masks):
    collection = collection_of(masks)
    kept = [mask for mask in masks if mask.any()]
    for annotation, mask in zip(collection, kept, strict=True):
        np.testing.assert_array_equal(mask_of(annotation), mask)


@given(MASKS)
def test_taking_over_unchanged_labels_changes_nothing(masks):
    collection = collection_of(masks)
    before = list(collection)
    collection.absorb(SITE, collection.labels(SITE))
    assert list(collection) == before


@given(MASKS, arrays(np.uint16, SITE.size, elements=st.integers(0, 6)))
def test_after_taking_over_the_labels_look_as_painted(masks, painted):
    collection = collection_of(masks)
    collection.absorb(SITE, painted)
    hidden = collection_of(masks).labels(SITE)
    drawn = collection.labels(SITE)
    # Where a top object was rubbed out, one that lay hidden below it may come to light.
    changed_to_object = (painted != hidden) & (painted > 0)
    own = {annotation.id: mask_of(annotation) for annotation in collection}
    for number in np.unique(painted[changed_to_object]):
        assert own[number][changed_to_object & (painted == number)].all()
    assert (drawn[painted == hidden] >= 0).all()


def test_a_pixel_painted_over_moves_from_one_object_to_the_other():
    left, right = np.zeros(SITE.size, bool), np.zeros(SITE.size, bool)
    left[:, :3], right[:, 3:] = True, True
    collection = collection_of([left, right])
    painted = collection.labels(SITE)
    painted[0, 0] = 2
    collection.absorb(SITE, painted)
    first, second = collection
    assert not mask_of(first)[0, 0]
    assert mask_of(second)[0, 0]
    assert first.edited
    assert second.edited


def test_an_object_that_lies_hidden_keeps_its_pixels():
    whole, part = np.ones(SITE.size, bool), np.zeros(SITE.size, bool)
    part[2:4, 2:4] = True
    collection = collection_of([whole, part])
    painted = collection.labels(SITE)
    painted[0, 0] = 0
    collection.absorb(SITE, painted)
    first, _ = collection
    assert not mask_of(first)[0, 0]
    assert mask_of(first)[2:4, 2:4].all()


def test_an_object_that_is_rubbed_out_is_gone():
    collection = collection_of([np.ones(SITE.size, bool)])
    collection.absorb(SITE, np.zeros(SITE.size, np.uint16))
    assert len(collection) == 0


def test_a_new_label_becomes_an_object_without_a_phrase():
    collection = Collection()
    painted = np.zeros(SITE.size, np.uint16)
    painted[1, 1] = 9
    collection.absorb(SITE, painted)
    (found,) = collection
    assert (found.id, found.phrase, found.status) == (9, "", "none-fits")


def test_ids_differ_between_images():
    collection = collection_of([np.ones(SITE.size, bool)])
    other = Site("other.png", "2", (2, 2))
    collection.add(Annotation(collection.next_id(), other, Bitmap.from_mask(np.ones((2, 2), bool))))
    assert [annotation.id for annotation in collection] == [1, 2]
    assert collection.sites() == [SITE, other]


def test_a_full_layer_says_what_to_do():
    collection = Collection()
    full = np.iinfo(np.uint16).max
    collection.add(Annotation(full, SITE, Bitmap.from_mask(np.ones(SITE.size, bool))))
    with pytest.raises(AnnotationError, match="export them and start with a new viewer"):
        collection.next_id()

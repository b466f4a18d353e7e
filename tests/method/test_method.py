import dataclasses

import pytest

from napari_zsris.errors import MethodError
from napari_zsris.method.method import Method


def test_the_published_settings_are_the_papers():
    method = Method.paper("refcoco")
    assert (method.alpha, method.beta, method.mask_layers) == (0.95, 0.5, 3)
    assert method.normalization == "imagenet"
    assert method.background == "published"
    assert not method.antialias
    assert not method.spatial


@pytest.mark.parametrize(
    ("dataset", "alpha"),
    [("refcoco", 0.95), ("refcoco+", 0.95), ("refcocog", 0.85), ("phrasecut", 0.95)],
)
def test_each_dataset_has_its_published_alpha(dataset, alpha):
    assert Method.paper(dataset).alpha == alpha
    assert Method.paper(dataset, antialias=True).antialias


def test_a_dataset_the_paper_did_not_use_is_refused():
    with pytest.raises(MethodError, match=r"no settings for dataset 'coco'; choose one of refcoco"):
        Method.paper("coco")


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("alpha", 1.5, "alpha is 1.5, but must be one from 0 to 1"),
        ("alpha", float("nan"), "alpha is nan"),
        ("beta", -0.1, "beta is -0.1, but must be one from 0 to 1"),
        ("mask_layers", 0, "mask_layers is 0, but must be one of 1 or more"),
        ("margin", -1.0, "margin is -1.0, but must be one of 0 or more"),
        ("margin", float("inf"), "margin is inf"),
        ("normalization", "z", "normalization is 'z', but must be one among clip, imagenet"),
        ("background", "red", "background is 'red', but must be one among mean, blur, published"),
        ("gamma", 2.0, "gamma is 2.0, but must be one from 0 to 1"),
        ("objectness", -1.0, "objectness is -1.0, but must be one of 0 or more"),
        ("coverage", float("inf"), "coverage is inf"),
        ("coherence", -1.0, "coherence is -1.0, but must be one of 0 or more"),
        ("negative", float("inf"), "negative is inf, but must be one of 0 or more"),
        ("context", "all", "context is 'all', but must be one among none, crop, frame"),
        ("colour", 1, "setting is 'colour', but must be one among alpha, beta"),
    ],
)
def test_settings_out_of_range_are_refused(setting, value, message):
    with pytest.raises(MethodError, match=message):
        Method().replace(**{setting: value})


@pytest.mark.parametrize(
    ("setting", "value", "same"),
    [
        ("alpha", 0.1, True),
        ("beta", 0.1, True),
        ("spatial", False, True),
        ("gamma", 0.5, True),
        ("negative", 0.5, True),
        ("context", "crop", False),
        ("coherence", 0.5, False),
        ("mask_layers", 4, False),
        ("normalization", "imagenet", False),
        ("antialias", False, False),
        ("background", "blur", False),
        ("margin", 0.2, False),
    ],
)
def test_only_settings_that_shape_features_make_scenes_differ(setting, value, same):
    assert (Method().visual == Method().replace(**{setting: value}).visual) is same


def test_a_method_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Method().alpha = 0.5


@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_transformers_and_resnets_share_the_defaults(kind):
    assert Method.recommended(kind) == Method()


def test_convolutional_towers_see_blurred_surroundings():
    assert Method.recommended("convolutional").background == "blur"

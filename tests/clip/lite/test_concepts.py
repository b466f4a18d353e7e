import numpy as np
import pytest

from napari_zsris.clip.lite import concepts
from napari_zsris.clip.lite.concepts import CLASSES, plural, read_concepts

COCO = """
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant,
stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe,
backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite,
baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork,
knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake,
chair, couch, potted plant, bed, dining table, toilet, tv, laptop, mouse, remote, keyboard,
cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear,
hair drier, toothbrush
"""


@pytest.fixture(scope="module")
def tables():
    return read_concepts()


def test_mixtures_are_weights(tables):
    for concept in tables:
        assert concept.mixture.classes.sum() == pytest.approx(1, abs=1e-4)
        assert concept.mixture.classes.min() >= 0
        assert concept.mixture.colours.min() >= 0
        assert concept.mixture.colours.max() <= 1


def test_everyday_things_have_concepts(tables):
    terms = {term for concept in tables for term in concept.terms}
    assert not {" ".join(name.split()) for name in COCO.split(",")} - terms
    assert len(terms) > 2000


def test_concepts_mean_what_they_say(tables):
    mixtures = {term: concept.mixture.classes for concept in tables for term in concept.terms}
    assert CLASSES[int(np.argmax(mixtures["pony"]))] == "common sorrel horse"
    dogs = slice(CLASSES.index("Chihuahua"), CLASSES.index("grey wolf"))
    assert mixtures["dog"][dogs].sum() == pytest.approx(1, abs=1e-4)
    assert mixtures["animal"][dogs].sum() < 0.3


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cat = unicorn", "no class called"),
        ("cat = zebra * ", "no class called"),
        ("cat = @dog", "no concept"),
        ("cat = @cat", "refers to itself"),
        ("cat = zebra\ncat = lion", "stand in two lines"),
        ("cat = zebra; #mauve", "none of the colours"),
    ],
)
def test_mistakes_in_the_tables_are_found(monkeypatch, line, message):
    rows = [("animals", row) for row in line.splitlines()]
    monkeypatch.setattr(concepts, "_lines", lambda: iter(rows))
    with pytest.raises(ValueError, match=message):
        read_concepts()


def test_plurals():
    singular = ["cat", "bus", "glass", "dish", "church", "box", "baby", "toy", "man", "old knife"]
    assert [plural(word) for word in singular] == [
        "cats",
        "buses",
        "glasses",
        "dishes",
        "churches",
        "boxes",
        "babies",
        "toys",
        "men",
        "old knives",
    ]

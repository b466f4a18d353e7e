import random

import pytest

from napari_zsris.clip.lite.concepts import read_concepts
from napari_zsris.clip.lite.phrases import Describer, Surroundings, read_grammar


def chance(seed):
    return random.Random(seed)  # noqa: S311


@pytest.fixture(scope="module")
def concepts():
    return read_concepts()


@pytest.fixture(scope="module")
def grammar():
    return read_grammar()


def test_descriptions_say_what_they_are_about(concepts, grammar):
    describer = Describer(concepts, grammar, chance(0))
    for _ in range(500):
        description = describer.describe()
        assert description.text.strip() == description.text
        assert "  " not in description.text
        head, weight = description.concepts[0]
        assert weight == 1
        assert any(term in description.meaning for term in head.terms)
        assert all(colour in description.text for colour in description.colours)


def test_chance_is_seeded(concepts, grammar):
    first, second = (Describer(concepts, grammar, chance(5)) for _ in range(2))
    assert [first.describe().text for _ in range(50)] == [second.describe().text for _ in range(50)]


def test_surroundings_keep_the_thing(grammar):
    surroundings = Surroundings(grammar, ["red car"], chance(0))
    around = [surroundings.around("zebra") for _ in range(300)]
    assert sum("zebra" in text for text in around) > 270
    assert len(set(around)) > 100
    assert any("left" in text for text in around)
    assert any("red car" in text for text in around)


def test_every_colour_word_asks_for_basic_colours(grammar):
    from napari_zsris.clip.lite.colours import COLOURS

    for asked in grammar["colours"].values():
        assert set(asked) <= set(COLOURS)
        assert all(0 < strength <= 1 for strength in asked.values())

"""Counts agree with their nouns; long phrases are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.wording import count, elide


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 masks"), (1, "1 mask"), (2, "2 masks"), (1204, "1,204 masks")]
)
def test_a_count_agrees_with_its_noun(number, said):
    assert count(number, "mask") == said


def test_a_noun_may_have_a_plural_of_its_own():
    assert [count(number, "query", "queries") for number in (1, 2)] == ["1 query", "2 queries"]


@given(st.text(), st.integers(1, 60))
def test_an_elided_text_has_room_and_one_line(text, longest):
    short = elide(text, longest)
    assert len(short) <= longest
    assert len(short.splitlines()) <= 1


def test_what_is_short_enough_stays_as_it_is():
    assert elide("the dog on the left") == "the dog on the left"
    assert elide("the dog  on\nthe left") == "the dog on the left"
    assert elide("the small brown dog", 12) == "the small b…"

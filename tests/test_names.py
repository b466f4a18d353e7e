"""Text that the locale has no letters for."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.formats.names import as_system_name, as_text


@given(st.text())
def test_what_is_text_stays_as_it_is(text):
    assert as_text(text) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_bytes_of_the_locale_c_are_read_as_utf_8(text):
    assert as_text(text.encode("utf-8").decode("ascii", "surrogateescape")) == text


@given(st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_bytes_that_are_no_utf_8_are_kept(name):
    assert as_text(name) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_system_s_name_is_undone(text):
    assert as_text(as_system_name(text)) == text


@pytest.mark.skipif(os.fsencode("ö") != b"\xc3\xb6", reason="needs file names in UTF-8")
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_where_the_locale_is_utf_8_names_are_text(text):
    assert as_system_name(text) == text

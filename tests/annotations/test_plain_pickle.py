import collections
import datetime as dt
import io
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.annotations.plain_pickle import ListPickler, load_plain
from napari_zsris.errors import AnnotationError

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=())),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=20,
)


def _dumped(values):
    stream = io.BytesIO()
    pickler = ListPickler(stream)
    for value in values:
        pickler.append(value)
    pickler.finish()
    return stream.getvalue()


@given(st.lists(plain, max_size=5))
def test_python_reads_what_is_written(values):
    assert pickle.loads(_dumped(values)) == values  # noqa: S301
    assert load_plain(_dumped(values), "it") == values


def test_equal_values_give_equal_bytes():
    text = "cat" * 3
    copy = text[:4] + text[4:]
    assert copy is not text
    assert _dumped([text, text]) == _dumped([text, copy])
    assert load_plain(_dumped([]), "it") == []


def test_what_is_no_plain_data_is_not_written():
    with pytest.raises(TypeError, match="ndarray is no plain data"):
        _dumped([np.ones(2)])


@pytest.mark.parametrize("protocol", range(6))
@given(plain)
def test_plain_data_of_any_protocol_is_read(protocol, value):
    assert load_plain(pickle.dumps(value, protocol), "it") == value


def test_python_2_text_is_read():
    assert load_plain(b"(lp0\nS'caf\\xe9'\np1\naVcat\np2\na.", "it") == ["café", "cat"]
    assert load_plain(b"\x80\x02]U\x03cata.", "it") == ["cat"]


class _Evil:
    def __init__(self, function, *arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "function", [os.system, subprocess.call, eval, exec, print, __import__, open, getattr]
)
def test_malicious_pickles_are_refused_unrun(tmp_path, protocol, function):
    mark = tmp_path / "ran"
    evil = pickle.dumps([{"ref_id": _Evil(function, f"touch {mark}")}], protocol)
    with pytest.raises(
        AnnotationError, match=r"^refs was refused: it asks for .*could run a program"
    ):
        load_plain(evil, "refs")
    assert not mark.exists()


@pytest.mark.parametrize(
    "value", [np.int64(3), np.ones(2), dt.date(2020, 1, 1), collections.OrderedDict(), 3j]
)
def test_objects_are_refused(value):
    with pytest.raises(AnnotationError, match="get the dataset as JSON, or save it again as plain"):
        load_plain(pickle.dumps(value), "refs")


@pytest.mark.parametrize(
    "evil",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"(ios\nsystem\nS'true'\n.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
        b"\x80\x02\x82\x01.",
        b"Pprinter\n.",
        b"\x80\x02K\x01Q.",
        b"}(K\x01K\x02ub.",
        b"]K\x01\x85R.",
        b"]K\x01\x81.",
    ],
)
def test_hand_made_tricks_are_refused(evil):
    with pytest.raises(AnnotationError, match=r"refs (was refused|is not a whole pickle): "):
        load_plain(evil, "refs")


@given(st.binary(max_size=60))
def test_any_bytes_are_data_or_refused(data):
    try:
        load_plain(data, "refs")
    except AnnotationError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("data", [b"", b"\x80\x02]", b"r\xff\xff\xff\x7f.", b"\x80\x63."])
def test_damaged_pickles_are_refused(data):
    with pytest.raises(AnnotationError, match=r"is not a whole pickle: .*; download it again"):
        load_plain(data, "refs")


@pytest.mark.skipif(sys.platform == "win32", reason="asks for more memory than there is")
def test_a_pickle_that_asks_for_all_memory_is_refused():
    with pytest.raises(AnnotationError, match="refs "):
        load_plain(b"]r\xff\xff\xff\xff.", "refs")

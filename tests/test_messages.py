"""What errors say stays on one line and within bounds, whatever was given."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import napari_zsris as zs
from napari_zsris.annotations import Project
from napari_zsris.cli.options import given as given_options
from napari_zsris.cli.shards import read_shard
from napari_zsris.device import choose_device
from napari_zsris.errors import MethodError, ZsrisError, one_line, shortened
from napari_zsris.samples import find_photo

LONGEST = 300
LONG = "settings of\nseveral lines " * 400


@given(st.text())
def test_any_text_fits_on_one_line(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line.isprintable()
    assert one_line(line) == line


def test_what_can_be_shown_is_left_as_it_is():
    path = "/a  folder/with  blanks/ä🐕.jpg"
    assert one_line(f"there is no file {path}") == f"there is no file {path}"


@given(st.text() | st.integers() | st.lists(st.floats()))
def test_what_is_quoted_is_short_and_on_one_line(value):
    assert len(shortened(value)) <= 63
    assert "\n" not in shortened(value)


def test_errors_keep_to_one_line():
    assert str(ZsrisError("no file a\nb.jpg;\r\n  look")) == "no file a b.jpg; look"
    assert str(ZsrisError("a\x1b[31m")) == "a?[31m"


@pytest.fixture(scope="module")
def scene():
    from napari_zsris.method import Segmenter

    segmenter = Segmenter("lite", "regions", "cpu")
    masks = np.zeros((2, 40, 60), bool)
    masks[0, 5:20, 5:20] = masks[1, 25:35, 30:50] = True
    return segmenter.encode(np.full((40, 60, 3), 127, np.uint8), masks=masks)


def test_only_the_settings_that_differ_are_named(scene):
    other = scene.method.replace(margin=0.3, antialias=not scene.method.antialias)
    with pytest.raises(MethodError) as raised:
        scene.rank("the box", other)
    message = str(raised.value)
    assert f"antialias={scene.method.antialias}, margin={scene.method.margin}, which" in message
    assert f"than antialias={other.antialias}, margin=0.3; encode the photo again" in message
    everything = zs.Method(
        mask_layers=10**40, normalization="imagenet", antialias=False, background="published",
        margin=0.1 + 0.2, context="frame", coherence=1.0, features="region-token",
    )  # fmt: skip
    with pytest.raises(MethodError) as raised:
        scene.rank("the box", dataclasses.replace(everything))
    assert len(str(raised.value)) <= LONGEST
    assert " and 6 more, which gives" in str(raised.value)


WRONG_TYPES = {
    "alpha": lambda _: zs.Method(alpha="0.5"),
    "beta": lambda _: zs.Method(beta=None),
    "layers": lambda _: zs.Method(mask_layers=2.5),
    "antialias": lambda _: zs.Method(antialias="no"),
    "background": lambda _: zs.Method(background=np.zeros(3)),
    "replaced": lambda _: zs.Method().replace(margin=[0.1]),
    "dataset": lambda _: zs.Method.paper([]),
    "baseline": lambda _: zs.Method.baseline([]),
    "clip": lambda _: zs.Segmenter(clip=3),
    "proposals": lambda _: zs.Segmenter(proposals=3),
    "device": lambda _: zs.Segmenter(device=3),
    "language": lambda _: zs.Segmenter(language=3),
    "method": lambda _: zs.Segmenter(method="paper"),
    "source": lambda _: zs.create_proposals(3),
    "photo": lambda _: zs.Segmenter().encode("photo.jpg"),
    "no photo": lambda _: zs.Segmenter().encode(None),
    "no phrase": lambda scene: scene.rank(None),
    "bytes": lambda scene: scene.rank(b"the box"),
    "method of a ranking": lambda scene: scene.rank("the box", "paper"),
    "top": lambda scene: scene.rank("the box", top="3"),
}


@pytest.mark.parametrize("mistake", WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_a_wrong_type_is_told_on_one_line(scene, mistake):
    with pytest.raises(ZsrisError) as raised:
        mistake(scene)
    assert 0 < len(str(raised.value)) <= LONGEST


MISTAKES = {
    "proposals": lambda _: zs.create_proposals(LONG),
    "argument of proposals": lambda _: zs.create_proposals(f"regions:{LONG}"),
    "clip": lambda _: zs.Segmenter(clip=LONG),
    "device": lambda _: choose_device(LONG),
    "setting": lambda _: zs.Method().replace(**{LONG: 1}),
    "choice": lambda _: zs.Method(background=LONG),
    "dataset": lambda _: zs.Method.paper(LONG),
    "baseline": lambda _: zs.Method.baseline(LONG),
    "sample": lambda _: find_photo(LONG),
    "assignment": lambda _: given_options([LONG]),
    "value": lambda _: given_options([f"gamma={LONG}"]),
    "part": lambda _: read_shard(LONG),
    "status": lambda project: list(project.items(status=LONG)),
    "decision": lambda project: project.decide(1, LONG),
    "masks": lambda project: project.export_coco("out.json", masks=LONG),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_no_mistake_makes_a_long_message(tmp_path, monkeypatch, mistake):
    monkeypatch.chdir(tmp_path)
    with Project.open("p.zsris", create=True) as project, pytest.raises(ZsrisError) as raised:
        mistake(project)
    message = str(raised.value)
    assert len(message) <= LONGEST
    assert "\n" not in message

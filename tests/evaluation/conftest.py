"""Answers made by hand."""

import dataclasses

import pytest

from napari_zsris.evaluation import Answer, Overlap

PLAIN = Answer(
    phrase="left cat",
    kind="short",
    relations=("left",),
    has_target=True,
    proposals=4,
    predicted=True,
    chosen=Overlap(60, 100),
    best=Overlap(90, 100),
    random=Overlap(30, 120),
    random_iou=0.3,
    right=False,
    random_right=0.25,
    category_right=True,
    milliseconds=5.0,
)


@pytest.fixture
def answer():
    """Make an answer that differs from a plain one in some fields."""

    def make(**changes):
        return dataclasses.replace(PLAIN, **changes)

    return make

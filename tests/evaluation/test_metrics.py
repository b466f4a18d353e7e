"""Each metric against its formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.evaluation import METRICS, Answer, Overlap
from napari_zsris.evaluation.metrics import (
    ClassConditionalIoU,
    MaskClassAccuracy,
    MeanIoU,
    NoTargetAccuracy,
    OverallIoU,
    PrecisionAt,
    SelectionAccuracy,
    TargetAccuracy,
)


@pytest.fixture
def answers(answer):
    """A large object found half, a small one found whole, one missed for another kind."""
    return [
        answer(chosen=Overlap(500, 1000), right=False, category_right=True),
        answer(chosen=Overlap(10, 10), best=Overlap(10, 10), right=True, random_right=0.5),
        answer(chosen=Overlap(0, 90), category_right=False),
    ]


@pytest.fixture
def nothing_there(answer):
    """Two phrases without a target: one answered all the same."""
    none = {"has_target": False, "best": Overlap(0, 0), "right": False, "category_right": None}
    return [
        answer(**none, predicted=False, chosen=Overlap(0, 0)),
        answer(**none, predicted=True, chosen=Overlap(0, 70)),
    ]


def test_overall_iou_counts_pixels(answers):
    assert OverallIoU()(answers) == pytest.approx(510 / 1100)
    assert OverallIoU("best")(answers) == pytest.approx(190 / 210)
    assert OverallIoU("random")(answers) == pytest.approx(30 / 120)


def test_mean_iou_counts_phrases(answers):
    assert MeanIoU()(answers) == pytest.approx((0.5 + 1 + 0) / 3)
    assert MeanIoU("best")(answers) == pytest.approx((0.9 + 1 + 0.9) / 3)
    assert MeanIoU("random")(answers) == pytest.approx(0.3)


@pytest.mark.parametrize(("threshold", "share"), [(0.5, 2 / 3), (0.6, 1 / 3), (1.0, 1 / 3)])
def test_precision_counts_what_reaches_the_threshold(answers, threshold, share):
    assert PrecisionAt(threshold)(answers) == pytest.approx(share)


def test_right_masks_are_the_best_there_are(answers):
    assert SelectionAccuracy()(answers) == pytest.approx(1 / 3)
    assert SelectionAccuracy("random")(answers) == pytest.approx((0.25 + 0.5 + 0.25) / 3)


def test_classes(answers, nothing_there):
    assert MaskClassAccuracy()(answers + nothing_there) == pytest.approx(2 / 3)
    assert ClassConditionalIoU()(answers + nothing_there) == pytest.approx(510 / 1010)
    assert MaskClassAccuracy()(nothing_there) is None


def test_phrases_without_a_target(answers, nothing_there):
    assert NoTargetAccuracy()(answers + nothing_there) == 0.5
    assert NoTargetAccuracy()(answers) is None
    assert TargetAccuracy()(answers + nothing_there) == 1.0
    assert MeanIoU()(nothing_there) == 0.5
    assert OverallIoU()(nothing_there) == 0.0
    assert SelectionAccuracy()(nothing_there) is None


def test_nothing_counts_without_answers():
    assert {metric([]) for metric in METRICS} == {None}


def test_names_tell_metrics_apart():
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    assert names[:3] == ["oIoU", "mIoU", "Pr@0.5"]


@st.composite
def some_answers(draw):
    union = draw(st.integers(1, 1000))
    chosen, best = sorted(draw(st.tuples(st.integers(0, union), st.integers(0, union))))
    right = best > 0 and chosen == best
    return Answer(
        phrase="a",
        kind=None,
        relations=(),
        has_target=True,
        proposals=3,
        predicted=True,
        chosen=Overlap(chosen, union),
        best=Overlap(best, union),
        random=Overlap(chosen / 2, union),
        random_iou=chosen / union / 2,
        right=right,
        random_right=1 / 3,
        category_right=right,
        milliseconds=1.0,
    )


@given(st.lists(some_answers(), min_size=1, max_size=20))
def test_metrics_lie_between_0_and_the_oracle(answers):
    for metric in METRICS:
        value = metric(answers)
        assert value is None or 0 <= value <= 1
    for kind in (OverallIoU, MeanIoU):
        assert kind("random")(answers) <= kind()(answers) <= kind("best")(answers)
    precisions = [PrecisionAt(tenths / 10)(answers) for tenths in range(1, 10)]
    assert precisions == sorted(precisions, reverse=True)

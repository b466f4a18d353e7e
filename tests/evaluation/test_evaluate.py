"""Real photos of shapes, asked through the bundled model."""

import dataclasses
import json

import numpy as np
import pytest

from napari_zsris.crew import InProcess
from napari_zsris.errors import MethodError
from napari_zsris.evaluation import (
    GROUND_TRUTH,
    Contestant,
    Examiner,
    Journal,
    PhotoResult,
    contestants,
    evaluate,
    load_dataset,
    markdown,
    summarize,
    tables,
)
from napari_zsris.method import Method, Segmenter
from napari_zsris.progress import finish
from napari_zsris.proposals import Proposals, ProposalSource


class Halves(ProposalSource):
    """Proposes the left and the right half of a photo; nothing for the second photo asked."""

    name = "halves"

    def __init__(self):
        self.asked = 0

    def steps(self, image):
        self.asked += 1
        height, width = image.shape[:2]
        masks = np.zeros((2 if self.asked == 1 else 0, height, width), bool)
        masks[:1, :, : width // 2] = True
        masks[1:, :, width // 2 :] = True
        return Proposals.from_masks(masks)
        yield


@pytest.fixture(scope="module")
def segmenter():
    return Segmenter("lite", device="cpu")


@pytest.fixture
def ours(segmenter):
    return Method.recommended(segmenter.clip.image.kind)


def row(method, proposals=GROUND_TRUTH, name="ours"):
    return Contestant(name, "lite", proposals, method)


def test_true_masks_are_found_by_colour_and_by_place(referring, segmenter, ours):
    examiner = Examiner([row(ours)], {"lite": segmenter}, {})
    results = finish(evaluate(load_dataset(referring), InProcess(examiner)))
    assert [result.photo for result in results] == ["1.png", "2.png"]
    by_phrase = {answer.phrase: answer for answer in results[0].answers["ours"]}
    assert by_phrase["red ball"].relations == ()
    assert by_phrase["ball on the left"].relations == ("left",)
    assert by_phrase["red ball"].best.iou == 1.0
    assert by_phrase["red ball"].random_right == 0.5
    assert by_phrase["red ball"].milliseconds > 0
    assert results[0].milliseconds["ours"] > 0
    assert all(answer.right for answer in by_phrase.values() if not answer.relations)


def test_photos_without_proposals_count_as_0_or_not_at_all(referring, segmenter, ours):
    examiner = Examiner([row(ours, "halves")], {"lite": segmenter}, {"halves": Halves()})
    results = finish(evaluate(load_dataset(referring), InProcess(examiner)))
    assert [answer.proposals for answer in results[1].answers["ours"]] == [0] * 4
    assert not any(answer.predicted for answer in results[1].answers["ours"])
    (score,) = summarize(examiner.rows, results, {}).scores
    assert score.without_proposals == 4
    figure = score.figures["mIoU"]
    assert figure.value == pytest.approx(figure.skipped / 2)
    titles = [table.title for table in tables(summarize(examiner.rows, results, {}))]
    assert "Photos without proposals counted as 0, and skipped as published, in %" in titles


def test_each_thing_is_computed_once(referring, segmenter, ours, monkeypatch):
    halves = Halves()
    encoded = []
    encoding = segmenter.encoding
    monkeypatch.setattr(
        segmenter, "encoding", lambda *given: encoded.append(segmenter.method) or encoding(*given)
    )
    rows = [
        row(ours, "halves", "ours"),
        row(ours.replace(alpha=1.0), "halves", "global"),
        row(ours.replace(margin=0.0), "halves", "tight"),
    ]
    dataset = load_dataset(referring).first(1)
    examiner = Examiner(rows, {"lite": segmenter}, {"halves": halves})
    finish(evaluate(dataset, InProcess(examiner)))
    assert halves.asked == 1
    assert [method.margin for method in encoded] == [ours.margin, 0.0]


def test_unsure_answers_are_withheld(referring, segmenter, ours):
    examiner = Examiner([row(ours)], {"lite": segmenter}, {}, none_below=1.0)
    (result,) = finish(evaluate(load_dataset(referring).first(1), InProcess(examiner)))
    assert not any(answer.predicted for answer in result.answers["ours"])


def test_what_cannot_be_evaluated_is_told_and_the_rest_goes_on(referring, segmenter, ours):
    refs = json.loads((referring / "refs(unc).json").read_text())
    refs[0]["sentences"][0]["sent"] = "..."
    refs[1]["ann_id"] = 99
    (referring / "refs(unc).json").write_text(json.dumps(refs))
    (referring / "images" / "2.png").write_bytes(b"no picture")
    examiner = Examiner([row(ours)], {"lite": segmenter}, {})
    dataset = load_dataset(referring)
    (bad,) = dataset.bad
    assert bad.where == "ref 12"
    assert "there is no annotation 99" in bad.reason
    first, second = finish(evaluate(dataset, InProcess(examiner)))
    assert [answer.phrase for answer in first.answers["ours"]] == ["ball on the left"]
    assert len(first.failures) == 1
    assert "ref 11, sentence 110: " in first.failures[0]
    assert second.answers == {}
    assert "2.png is not a picture" in second.failures[0]
    summary = summarize(examiner.rows, [first, second], {})
    assert summary.photos == 1
    assert len(summary.failures) == 2


def test_a_photo_that_memory_does_not_suffice_for_fails_alone(referring, segmenter, ours, run_out):
    class Greedy(Halves):
        def steps(self, image):
            if image[12, 4, 0] > image[12, 4, 2]:
                run_out["cpu"]()
            return (yield from super().steps(image))

    examiner = Examiner([row(ours, "greedy")], {"lite": segmenter}, {"greedy": Greedy()})
    first, second = finish(evaluate(load_dataset(referring), InProcess(examiner)))
    assert "photo of 64 x 48 pixels with halves: memory ran out" in first.failures[0]
    assert len(second.answers["ours"]) == 4


def test_a_dataset_without_objects_has_no_true_masks(referring, segmenter, ours):
    dataset = load_dataset(referring)
    bare = dataclasses.replace(dataset.photos[0], objects=())
    examiner = Examiner([row(ours)], {"lite": segmenter}, {})
    (result,) = finish(evaluate(dataclasses.replace(dataset, photos=(bare,)), InProcess(examiner)))
    assert "the dataset has no objects of this photo: choose other masks" in result.failures[0]


def test_a_model_that_lacks_what_a_method_needs_ends_the_run(referring, segmenter):
    examiner = Examiner([row(Method.baseline("grad-cam"))], {"lite": segmenter}, {})
    with pytest.raises(MethodError, match="no Grad-CAM for an image tower of kind 'convolutional'"):
        finish(evaluate(load_dataset(referring), InProcess(examiner)))


def test_a_run_goes_on_where_it_was_broken_off(referring, segmenter, ours, tmp_path):
    halves = Halves()
    examiner = Examiner([row(ours, "halves")], {"lite": segmenter}, {"halves": halves})
    dataset = load_dataset(referring)
    steps = evaluate(dataset, InProcess(examiner), Journal(tmp_path / "run", {}))
    while next(steps).done < 1:
        pass
    steps.close()
    first = Journal(tmp_path / "run", {}).done
    assert list(first) == ["1.png"]
    asked = halves.asked
    results = finish(evaluate(dataset, InProcess(examiner), Journal(tmp_path / "run", {})))
    assert results[0] == first["1.png"]
    assert halves.asked == asked + 1


def test_what_failed_is_tried_again(referring, segmenter, ours, tmp_path):
    examiner = Examiner([row(ours)], {"lite": segmenter}, {})
    dataset = load_dataset(referring).first(1)
    picture = dataset.photos[0].path.rename(referring / "elsewhere.png")
    (failed,) = finish(evaluate(dataset, InProcess(examiner), Journal(tmp_path / "run", {})))
    assert failed.failures
    picture.rename(dataset.photos[0].path)
    (mended,) = finish(evaluate(dataset, InProcess(examiner), Journal(tmp_path / "run", {})))
    assert not mended.failures
    assert Journal(tmp_path / "run", {}).done == {"1.png": mended}


@pytest.mark.parametrize(("none_below", "share"), [(0.0, 0.0), (1.0, 1.0)])
def test_phrases_without_a_target(referring, segmenter, ours, none_below, share):
    refs = json.loads((referring / "refs(unc).json").read_text())
    refs[0].update(ann_id=[-1], category_id=[-1])
    (referring / "refs(unc).json").rename(referring / "unused.json")
    (referring / "grefs(unc).json").write_text(json.dumps(refs))
    examiner = Examiner([row(ours)], {"lite": segmenter}, {}, none_below)
    results = finish(evaluate(load_dataset(referring).first(1), InProcess(examiner)))
    (score,) = summarize(examiner.rows, results, {}).scores
    assert score.figures["N-acc"].value == share
    assert score.figures["T-acc"].value == 1 - share


def test_rows_of_the_comparisons(segmenter, ours):
    def names(comparison, *sources):
        rows = contestants(comparison, {"lite": segmenter.clip}, sources, {})
        assert len({row.name for row in rows}) == len(rows)
        return [row.name for row in rows]

    assert names("none", "regions") == ["ours"]
    assert names("baselines", "regions") == ["ours", "global-local", "cropping"]
    assert names("masks", GROUND_TRUTH, "regions") == [
        "ours, ground-truth",
        "ours, regions",
        "global-local, ground-truth",
        "global-local, regions",
    ]
    assert len(names("contexts", "regions")) == 9
    assert names("contexts", "regions")[:2] == ["both | both", "both | sentence"]
    settings = contestants("settings", {"lite": segmenter.clip}, ["regions"], {"beta": 0.25})
    changed = [
        [
            name
            for name, value in vars(row.method).items()
            if value != vars(settings[0].method)[name]
        ]
        for row in settings[1:-1]
    ]
    assert settings[0].method == ours.replace(beta=0.25)
    assert all(len(names) == 1 for names in changed)
    assert settings[-1].method == Method.paper()


def test_terms_are_taken_off_where_they_are_on_and_tried_where_they_are_off(segmenter, ours):
    changes = {"context": "none", "consensus": False, "coherence": 3.0}
    rows = contestants("terms", {"lite": segmenter.clip}, ["regions"], changes)
    own = ours.replace(**changes)
    assert {row.name: row.method for row in rows} == {
        "ours": own,
        "ours, without spatial": own.replace(spatial=False),
        "ours, with consensus": own.replace(consensus=True),
        "ours, with objectness 2.0": own.replace(objectness=2.0),
        "ours, without coverage": own.replace(coverage=0.0),
        "ours, with context crop": own.replace(context="crop"),
        "ours, with context frame": own.replace(context="frame"),
        "ours, without coherence": own.replace(coherence=0.0),
        "ours, with negative 0.2": own.replace(negative=0.2),
    }


COUNTS = {"none": 1, "baselines": 2, "masks": 1, "contexts": 9, "settings": 1, "terms": 9}


@pytest.mark.parametrize("comparison", COUNTS)
def test_comparisons_can_start_from_the_published_method(segmenter, comparison):
    clips = {"lite": segmenter.clip}
    rows = contestants(comparison, clips, ["regions"], {}, "refcocog", "published")
    assert rows[0].method == Method.paper("refcocog")
    assert len({row.name for row in rows}) == len(rows)
    assert len(rows) == COUNTS[comparison]


def test_models_have_the_baselines_of_their_kind(segmenter):
    def rows(kind):
        tower = dataclasses.make_dataclass("Tower", [("kind", str)])(kind)
        clip = dataclasses.replace(segmenter.clip, image=tower)
        return [row.method.features for row in contestants("baselines", {"x": clip}, ["a"], {})]

    assert rows("resnet") == ["masked", "masked", "grad-cam", "score-map", "masked"]
    assert rows("vit") == ["masked", "masked", "region-token", "masked"]


def test_gains_are_over_the_first_row(answer):
    rows = [row(Method()), row(Method(alpha=0.5), name="half")]
    right, wrong = answer(right=True), answer(right=False)
    results = [
        PhotoResult(str(photo), {"ours": (wrong,), "half": (right,)}, {"ours": 1.0, "half": 2.0})
        for photo in range(5)
    ]
    first, second = summarize(rows, results, {}).scores
    assert first.figures["right"].gain is None
    assert second.figures["right"].gain == 1.0
    assert second.figures["right"].gain_interval == (1.0, 1.0)
    assert second.groups["relation: left"].phrases == 5
    assert second.groups["kind: short"].figures["right"] == 1.0
    assert second.milliseconds_per_photo == 2.0


def test_a_report_is_markdown(answer):
    rows = [row(Method(), name="a | b"), row(Method(alpha=0.5), name="half")]
    results = [PhotoResult("1.png", {name: (answer(),) for name in ("a | b", "half")}, {})]
    results[0].milliseconds.update({"a | b": 1.0, "half": 1.0})
    told = {"dataset": "shapes", "splits": ["val"], "comparison": "settings"}
    told |= {"date": "2026-11-21", "version": "1", "device": "cpu"}
    text = markdown(summarize(rows, results, told, ["2.png: gone"]))
    assert text.startswith(
        f"## shapes, val: settings, masks of {GROUND_TRUTH}\n\n1 photo, 1 phrase; 2026-11-21"
    )
    assert "| a \\| b | 60.0 | 60.0 | 60-60 |" in text
    assert "- 2.png: gone" in text
    widths = {line.replace("\\|", "").count("|") for line in text.splitlines() if "half" in line}
    assert widths
    assert "None" not in text

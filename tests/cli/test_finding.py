"""What was found, as people and as scripts read it."""

import dataclasses
import json

import numpy as np
import pytest
from rich.console import Console

from napari_zsris.method import Method
from napari_zsris.rle import decode_rle


def test_rows_are_best_first(finding):
    rows = finding.rows()
    assert [row.rank for row in rows] == [1, 2, 3]
    assert [row.area for row in rows] == [600, 2400, 25]
    assert [row.area_share for row in rows] == pytest.approx([0.25, 1, 25 / 2400])
    assert [row.share for row in rows] == pytest.approx([0.6, 0.3, 0.1])
    assert rows[0].box == (20, 10, 50, 30)


def test_shares_count_candidates_that_are_not_shown(finding):
    ranking = dataclasses.replace(finding.ranking, order=finding.ranking.order[:1])
    rows = dataclasses.replace(finding, ranking=ranking).rows()
    assert [row.share for row in rows] == pytest.approx([0.6])


def test_the_table_fits_eighty_columns(finding):
    console = Console(width=80)
    with console.capture() as captured:
        console.print(finding.table())
    lines = captured.get().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[3].split() == ["1", "1.79", "60.0%", "20", "10", "50", "30", "25.0%"]


def test_the_explanation_adds_up(finding):
    scores = finding.ranking.scores
    place = np.array([-0.5, -1.25, 0.0], np.float32)
    terms = {"appearance": scores - place, "left of the [tree]": place}
    ranking = dataclasses.replace(finding.ranking, terms=terms)
    console = Console(width=80)
    with console.capture() as captured:
        console.print(dataclasses.replace(finding, ranking=ranking).explanation())
    lines = [line.split() for line in captured.get().splitlines()]
    assert ["Term", "#1", "#2", "#3"] in lines
    assert ["appearance", "+3.04", "+1.10", "+0.50"] in lines
    assert ["left", "of", "the", "[tree]", "-1.25", "+0.00", "-0.50"] in lines
    assert ["Score", "+1.79", "+1.10", "+0.00"] in lines


def test_an_explanation_of_many_candidates_fits_eighty_columns(finding):
    many = dataclasses.replace(
        finding.ranking, order=np.tile(finding.ranking.order, 10), terms={"left " * 20: np.zeros(3)}
    )
    console = Console(width=80)
    with console.capture() as captured:
        console.print(dataclasses.replace(finding, ranking=many).explanation())
    assert max(map(len, captured.get().splitlines())) <= 80
    assert "#7" in captured.get()


def test_the_document_is_json_with_masks(finding):
    document = json.loads(json.dumps(finding.document(), allow_nan=False))
    assert document["phrase"] == "the [big] box"
    assert document["head"] == "box"
    assert (document["height"], document["width"]) == (40, 60)
    assert document["proposal_count"] == 3
    assert document["method"]["alpha"] == Method().alpha
    best = document["candidates"][0]
    assert (best["rank"], best["index"], best["area"]) == (1, 1, 600)
    assert best["terms"] == {"appearance": best["score"]}
    np.testing.assert_array_equal(
        decode_rle(best["segmentation"]), finding.ranking.proposals.mask(1)
    )

import shutil

import numpy as np
import pytest

from napari_zsris.annotations import Project, ScoredMask, encode_rle
from napari_zsris.progress import finish

from .conftest import RUN


def test_an_empty_review(project):
    statistics = project.statistics()
    assert (statistics.photos, statistics.phrases, statistics.ranked) == (4, 8, 0)
    assert statistics.counts["todo"] == 8
    assert (statistics.reviewed, statistics.acceptance) == (0, ())
    assert (statistics.corrected_iou, statistics.seconds) == (None, None)
    assert statistics.seconds_by_status == {}


def test_what_review_found(ranked):
    ranked.decide(1, "accepted", candidate=0, seconds=1.0)
    ranked.decide(2, "accepted", candidate=0, seconds=2.0)
    ranked.decide(3, "accepted", candidate=2, seconds=6.0)
    item = ranked.queue.item(4)
    half = item.candidates[1].mask
    half[:, 40:] = False
    ranked.decide(4, "corrected", candidate=1, mask=half, seconds=20.0)
    ranked.decide(5, "none-fits")
    ranked.decide(6, "rejected", seconds=3.0)
    ranked.decide(7, "skipped")
    ranked.undo()
    ranked.rankings.fail(4, "no")

    statistics = ranked.statistics()
    assert statistics.ranked == 8
    assert statistics.failures == 1
    assert statistics.counts == {
        "todo": 2,
        "accepted": 3,
        "corrected": 1,
        "rejected": 1,
        "skipped": 0,
        "none-fits": 1,
    }
    assert statistics.reviewed == 5
    by_rank = {row.rank: (row.accepted, row.corrected) for row in statistics.acceptance}
    assert by_rank == {0: (2, 0), 1: (0, 1), 2: (1, 0)}
    assert [row.accepted_share for row in statistics.acceptance] == [0.4, 0.0, 0.2]
    whole = item.candidates[1].mask
    assert statistics.corrected_iou == pytest.approx(half.sum() / whole.sum())
    assert statistics.seconds == 3.0
    assert statistics.seconds_by_status == {"accepted": 2.0, "corrected": 20.0, "rejected": 3.0}


def test_a_rank_accepted_elsewhere_counts_where_no_candidates_are(project, tmp_path, hard_masks):
    project.close()
    shutil.copy(project.path, tmp_path / "other.zsris")
    with Project.open(tmp_path / "other.zsris", who="berta") as other:
        other.rankings.save(1, {1: [ScoredMask(encode_rle(hard_masks["disc"]), 1.0)]}, RUN)
        other.decide(1, "accepted")
    with Project.open(project.path) as work:
        work.rankings.save(1, {1: []}, RUN)
        finish(work.merging(tmp_path / "other.zsris"))
        statistics = work.statistics()
    assert statistics.reviewed == 1
    assert [row.accepted_share for row in statistics.acceptance] == [1.0]


def test_a_mask_drawn_from_scratch_says_nothing_of_the_proposals(ranked):
    ranked.decide(1, "none-fits", mask=np.ones((60, 80)))
    statistics = ranked.statistics()
    assert statistics.corrected_iou is None
    assert statistics.reviewed == 1

"""Candidates of a phrase as rows of a project."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from napari_zsris.annotations.records import Run, ScoredMask
from napari_zsris.annotations.statements import Writer
from napari_zsris.errors import AnnotationError

__all__ = ["check_candidates", "rank_phrase", "run_number"]


def rank_phrase(
    writer: Writer,
    photo_id: int,
    item_id: int,
    masks: Sequence[ScoredMask],
    run_id: int,
    head: str | None,
    *,
    again: bool = False,
    merged: bool = False,
) -> bool:
    """Write the candidates of a phrase in place of older ones, unless it was decided on.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    photo_id, item_id : int
        The photo's number, and the item's.
    masks : sequence of ScoredMask
        Best first.
    run_id : int
        From :func:`run_number`.
    head : str, optional
        The phrase's head noun.
    again : bool
        Whether a phrase that was decided on without a mask is ranked all the same.
    merged : bool
        Whether they come from another project; decided on, the phrase gets them even so.

    Returns
    -------
    bool
        Whether they were written.
    """
    scores = [float(mask.score) for mask in masks]
    changed = writer.run(
        """
        UPDATE phrase SET run_id = ?, head = ?, failure = NULL, top_score = ?, margin = ?,
            ranking_merged = ?
        WHERE id = ? AND photo_id = ? AND (status = 'todo' OR ? OR ? AND NOT EXISTS (
            SELECT 1 FROM decision d WHERE d.id = decision_id AND d.counts IS NOT NULL
        ))
        """,
        (
            run_id,
            head,
            scores[0] if scores else -math.inf,
            scores[0] - scores[1] if len(scores) > 1 else math.inf,
            merged,
            item_id,
            photo_id,
            merged,
            again,
        ),
    )
    if not changed:
        return False
    writer.run("DELETE FROM candidate WHERE phrase_id = ?", (item_id,))
    writer.run_many(
        "INSERT INTO candidate (phrase_id, rank, score, counts) VALUES (?, ?, ?, ?)",
        (
            (item_id, rank, score, mask.rle["counts"])
            for rank, (score, mask) in enumerate(zip(scores, masks, strict=True))
        ),
    )
    return True


def run_number(writer: Writer, run: Run) -> int:
    """Give the number of a way of making candidates, the same at every call.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    run : Run
        How candidates were made.

    Returns
    -------
    int
        Its number in the project.
    """
    values = (run.proposals, run.model, run.method)
    known = writer.row(
        "SELECT id FROM run WHERE proposals = ? AND model = ? AND method = ?", values
    )
    if known:
        return int(known[0])
    return writer.insert("INSERT INTO run (proposals, model, method) VALUES (?, ?, ?)", values)


def check_candidates(masks: Sequence[ScoredMask], size: list[int]) -> None:
    """Refuse candidates that do not fit their photo or are not in order.

    Parameters
    ----------
    masks : sequence of ScoredMask
        Best first.
    size : list of int
        The photo's [height, width], in pixels.

    Raises
    ------
    AnnotationError
        A mask is not of the photo's size, or scores are not finite or not in order.
    """
    for mask in masks:
        if list(mask.rle["size"]) != size:
            raise AnnotationError(
                f"a candidate is of {mask.rle['size']} pixels, but the photo of {size}: "
                "the photo has changed since it was imported; import it again under a new name"
            )
        if not math.isfinite(mask.score):
            raise AnnotationError("a candidate's score is NaN or infinite: give finite scores")
    if any(better.score < worse.score for better, worse in pairwise(masks)):
        raise AnnotationError("candidates are not in order: give the best first")

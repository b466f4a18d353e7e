"""What a person needs to decide whether pre-labelling pays."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from napari_zsris.annotations.database import Database
from napari_zsris.annotations.records import STATUSES

__all__ = ["RankAcceptance", "Statistics", "gather_statistics"]


@dataclass(frozen=True)
class RankAcceptance:
    """How often the candidate of one rank was the right one.

    Parameters
    ----------
    rank : int
        The candidate's place, 0 for the best.
    accepted, corrected : int
        Items where it was accepted as it is, and where a correction began with it.
    accepted_share : float
        `accepted` over all items reviewed that had candidates, 0 to 1.
    """

    rank: int
    accepted: int
    corrected: int
    accepted_share: float


@dataclass(frozen=True)
class Statistics:
    """How far review is, and how good the proposals were.

    Decisions that came with an imported dataset are counted by status, and nowhere else.

    Parameters
    ----------
    photos, phrases : int
        What the project holds.
    ranked : int
        Phrases that pre-labelling is done with.
    failures : int
        Photos and phrases that could not be ranked at the last attempt.
    imported : int
        Items whose decision came with a dataset.
    counts : dict of str to int
        Items by status.
    reviewed : int
        Items that people accepted, corrected or found without a fitting candidate, and that had
        candidates, here or where the decision was merged from.
    acceptance : tuple of RankAcceptance
        By rank, those that were ever accepted or corrected.
    corrected_iou : float or None
        Mean IoU of corrected masks with the candidates they began with; None without any.
    seconds : float or None
        Median time per decision; None where none was measured.
    seconds_by_status : dict of str to float
        The same by status, where measured.
    """

    photos: int
    phrases: int
    ranked: int
    failures: int
    imported: int
    counts: dict[str, int]
    reviewed: int
    acceptance: tuple[RankAcceptance, ...]
    corrected_iou: float | None
    seconds: float | None
    seconds_by_status: dict[str, float]


def gather_statistics(database: Database) -> Statistics:
    """Count a project.

    Parameters
    ----------
    database : Database
        The project's file.

    Returns
    -------
    Statistics
        As of now; an undone decision counts for nothing.

    Raises
    ------
    AnnotationError
        The project cannot be read.
    """
    photos, failed_photos = _numbers(database, "SELECT count(*), count(failure) FROM photo")
    phrases, ranked, failed = _numbers(
        database, f"SELECT count(*), count(run_id), count(failure) {_COUNTED}"
    )
    (imported,) = _numbers(database, f"SELECT count(*) {_IN_FORCE} WHERE d.imported")
    counted: dict[str, int] = dict(
        database.rows(f"SELECT status, count(*) {_COUNTED} GROUP BY status")
    )
    reviewed, acceptance = _acceptance(database)
    iou = database.row(f"SELECT avg(d.iou) {_REVIEWED} AND d.status = 'corrected'")
    seconds, by_status = _seconds(database)
    return Statistics(
        photos=photos,
        phrases=phrases,
        ranked=ranked,
        failures=failed_photos + failed,
        imported=imported,
        counts={status: counted.get(status, 0) for status in STATUSES},
        reviewed=reviewed,
        acceptance=acceptance,
        corrected_iou=iou[0] if iou else None,
        seconds=seconds,
        seconds_by_status=by_status,
    )


_COUNTED = "FROM phrase WHERE NOT (added AND status = 'todo')"
_IN_FORCE = "FROM phrase p JOIN decision d ON d.id = p.decision_id"
_REVIEWED = f"{_IN_FORCE} WHERE NOT d.imported"


def _numbers(database: Database, sql: str) -> tuple[int, ...]:
    return database.row(sql) or ()


def _acceptance(database: Database) -> tuple[int, tuple[RankAcceptance, ...]]:
    (reviewed,) = _numbers(
        database,
        f"""
        SELECT count(*) {_REVIEWED} AND d.status IN ('accepted', 'corrected', 'none-fits')
            AND (p.top_score > -9e999 OR d.rank IS NOT NULL)
        """,
    )
    rows = database.rows(
        f"""
        SELECT d.rank, sum(d.status = 'accepted'), sum(d.status = 'corrected')
        {_REVIEWED} AND d.rank IS NOT NULL GROUP BY d.rank ORDER BY d.rank
        """
    )
    return reviewed, tuple(
        RankAcceptance(rank, accepted, corrected, accepted / reviewed)
        for rank, accepted, corrected in rows
    )


def _seconds(database: Database) -> tuple[float | None, dict[str, float]]:
    rows = database.rows(f"SELECT d.status, d.seconds {_REVIEWED} AND d.seconds IS NOT NULL")
    by_status: dict[str, list[float]] = {}
    for status, seconds in rows:
        by_status.setdefault(status, []).append(seconds)
    every = [seconds for times in by_status.values() for seconds in times]
    medians: dict[str, float] = {
        status: median(by_status[status]) for status in STATUSES if status in by_status
    }
    return (median(every) if every else None), medians

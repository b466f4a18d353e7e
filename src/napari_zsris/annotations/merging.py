"""One project's photos, rankings and decisions into another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from napari_zsris.annotations.batch import Batch
from napari_zsris.annotations.candidates import rank_phrase, run_number
from napari_zsris.annotations.copying import copy_pictures
from napari_zsris.annotations.database import Database, Row, Snapshot, Writer
from napari_zsris.annotations.decision_log import copy_decisions
from napari_zsris.annotations.library import Library
from napari_zsris.annotations.photo_file import PhotoFile
from napari_zsris.annotations.records import Run, ScoredMask
from napari_zsris.errors import AnnotationError
from napari_zsris.progress import Progress, Steps
from napari_zsris.rle import Rle

__all__ = ["MergeReport", "merge"]

_BATCH = 50


@dataclass(frozen=True)
class MergeReport:
    """What a merge did.

    Parameters
    ----------
    photos, phrases : int
        How many were new to the project.
    ranked, decided : int
        Phrases whose candidates and whose decisions were taken over.
    kept : int
        Phrases decided on in both projects, where the receiving project's decisions stay.
    strangers : tuple of str
        Photos left out, since the receiving project has another file of the same name.
    """

    photos: int
    phrases: int
    ranked: int
    decided: int
    kept: int
    strangers: tuple[str, ...]


def merge(
    database: Database, library: Library, path: Path, photos: Collection[int] | None = None
) -> Steps[MergeReport]:
    """Take over what another project has and this one lacks; what this one has stays as it is.

    Merging the same project again takes what is new there since, and otherwise does nothing.

    Parameters
    ----------
    database : Database
        The receiving project's file, open for writing.
    library : Library
        The receiving project's photos.
    path : Path
        The other project's file, which is only read; it may be open elsewhere.
    photos : collection of int, optional
        Only these photos, by their numbers in the other project; all by default.

    Yields
    ------
    Progress
        Photos taken. Those are kept when the work is given up here.

    Returns
    -------
    MergeReport
        What was new.

    Raises
    ------
    AnnotationError
        The other file is no project, is this one, or its photos lie elsewhere than this one's.
    """
    if path.exists() and path.samefile(database.path):
        raise AnnotationError(f"{path} cannot be merged into itself: name another project")
    with Database(path, readonly=True) as other, other.snapshot() as source:
        chosen = None if photos is None else frozenset(photos)
        wanted = [row for row in source.stream(_PHOTOS) if chosen is None or row[0] in chosen]
        if not wanted:
            return _Merge(source, "").report()
        work = _Merge(source, library.settle(Library(other).root))
        rows = iter(wanted)
        done = 0
        while batch := list(islice(rows, _BATCH)):
            with database.writing() as writer:
                for row in batch:
                    work.take(writer, row)
            done += len(batch)
            yield Progress("photos", done, len(wanted))
        copy_pictures(other, library.folder)
        return work.report()


_PHOTOS = """
    SELECT id, path, height, width, bytes, sha256, failure, beside, source, plane, channels
    FROM photo ORDER BY id
"""

_PHRASES = """
    SELECT p.id, added, text, origin, category, split, head, failure, proposals, model, method
    FROM phrase p LEFT JOIN run ON run.id = run_id WHERE photo_id = ? ORDER BY p.id
"""


class _Merge:
    """Copies photo by photo, and counts."""

    def __init__(self, source: Snapshot, prefix: str) -> None:
        self._source = source
        self._prefix = prefix
        self._counts: Counter[str] = Counter()
        self._strangers: list[str] = []

    def report(self) -> MergeReport:
        names = ("photos", "phrases", "ranked", "decided", "kept")
        return MergeReport(
            **{name: self._counts[name] for name in names}, strangers=tuple(self._strangers)
        )

    def take(self, writer: Writer, photo: Row) -> None:
        number, name, height, width, size, digest, failure, beside, *taken_from = photo
        file = PhotoFile(name if beside else self._prefix + name, height, width, size, digest)
        known = writer.row("SELECT height, width, sha256 FROM photo WHERE path = ?", (file.path,))
        if known and known != (height, width, digest):
            self._strangers.append(file.path)
            return
        batch = Batch(writer)
        photo_id, new = batch.photo(file)
        self._counts["photos"] += new
        if new and beside:
            writer.run(_BESIDE, (*taken_from, photo_id))
        for origin, counts in self._rows(
            "SELECT origin, counts FROM proposal WHERE photo_id = ? ORDER BY id", number
        ):
            batch.proposal(photo_id, origin, Rle(size=[height, width], counts=counts))
        ranked = 0
        for phrase in self._rows(_PHRASES, number):
            ranked += self._phrase(writer, photo_id, (height, width), phrase)
        if new or ranked:
            writer.run("UPDATE photo SET failure = ? WHERE id = ?", (failure, photo_id))

    def _phrase(self, writer: Writer, photo_id: int, size: tuple[int, int], phrase: Row) -> bool:
        number, added, text, origin, category, split, head, failure, *made = phrase
        item_id, new = Batch(writer).phrase(
            photo_id, text, category=category, split=split, origin=origin, added=bool(added)
        )
        self._counts["phrases"] += new
        if new and failure:
            writer.run("UPDATE phrase SET failure = ? WHERE id = ?", (failure, item_id))
        lacking = writer.row("SELECT 1 FROM phrase WHERE id = ? AND run_id IS NULL", (item_id,))
        ranked = False
        if made[0] is not None and lacking:
            run_id = run_number(writer, Run(*made))
            masks = list(self._candidates(number, size))
            ranked = rank_phrase(writer, photo_id, item_id, masks, run_id, head)
            self._counts["ranked"] += ranked
        decisions = self._rows(_DECISIONS, number)
        if decisions:
            taken = copy_decisions(writer, item_id, decisions)
            self._counts["decided" if taken else "kept"] += 1
        return ranked

    def _candidates(self, number: int, size: tuple[int, int]) -> Iterator[ScoredMask]:
        for score, counts in self._rows(
            "SELECT score, counts FROM candidate WHERE phrase_id = ? ORDER BY rank", number
        ):
            yield ScoredMask(Rle(size=list(size), counts=counts), score)

    def _rows(self, sql: str, number: int) -> list[Row]:
        rows: Iterable[Row] = self._source.stream(sql, (number,))
        return list(rows)


_BESIDE = "UPDATE photo SET beside = 1, source = ?, plane = ?, channels = ? WHERE id = ?"

_DECISIONS = """
    SELECT id, status, undoes, counts, rank, score, iou, who, at, seconds, imported
    FROM decision WHERE phrase_id = ? ORDER BY id
"""

"""One project's photos, rankings and decisions into another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from napari_zsris.annotations.batch import Batch
from napari_zsris.annotations.candidates import rank_phrase, run_number
from napari_zsris.annotations.category_table import declare_category
from napari_zsris.annotations.copying import copy_pictures
from napari_zsris.annotations.database import Database
from napari_zsris.annotations.decision_log import join_decisions
from napari_zsris.annotations.library import Library
from napari_zsris.annotations.photo_file import PhotoFile
from napari_zsris.annotations.records import Run, ScoredMask
from napari_zsris.annotations.statements import Row, Snapshot, Writer
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
        Phrases whose candidates were taken over, and where a decision of the other project is in
        force now.
    kept : int
        Phrases decided on in both projects, where what the receiving project says stays in force.
    strangers : tuple of str
        Photos left out, since the receiving project has another file of the same name.
    conflicts : int
        Those of `kept` where the other project says something else.
    categories : tuple of str
        What of the other project's categories could not be kept, and why.
    """

    photos: int
    phrases: int
    ranked: int
    decided: int
    kept: int
    strangers: tuple[str, ...]
    conflicts: int = 0
    categories: tuple[str, ...] = ()


def merge(
    database: Database, library: Library, path: Path, photos: Collection[int] | None = None
) -> Steps[MergeReport]:
    """Take over what another project has and this one lacks.

    The logs of decisions are joined, so that no decision is lost. In force is what was decided in
    the receiving project itself, otherwise the latest decision; likewise candidates that it ranked
    itself stay, and of two rankings that were merged into it one is chosen by what they are, not
    by which came first. Merging again takes what is new since, and otherwise does nothing;
    merging several projects in another order gives the same.

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
        place = library.place(Library(other).root)
        work = _Merge(source, place.prefix)
        rows = iter(wanted)
        done = 0
        while batch := list(islice(rows, _BATCH)):
            with database.writing() as writer:
                if not done:
                    # With the first photos, so that a disk that is full leaves nothing of it.
                    place.settle(writer)
                    work.take_categories(writer)
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
    SELECT p.id, p.decision_id, added, text, origin, category, split, failure,
        proposals, model, method, top_score, margin, head
    FROM phrase p LEFT JOIN run ON run.id = run_id WHERE photo_id = ? ORDER BY p.id
"""


class _Merge:
    """Copies photo by photo, and counts."""

    def __init__(self, source: Snapshot, prefix: str) -> None:
        self._source = source
        self._prefix = prefix
        self._counts: Counter[str] = Counter()
        self._strangers: list[str] = []
        self._categories: list[str] = []

    def report(self) -> MergeReport:
        names = ("photos", "phrases", "ranked", "decided", "kept", "conflicts")
        return MergeReport(
            **{name: self._counts[name] for name in names},
            strangers=tuple(self._strangers),
            categories=tuple(self._categories),
        )

    def take_categories(self, writer: Writer) -> None:
        for name, number, kind, declared in self._source.stream(
            "SELECT name, number, supercategory, declared FROM category ORDER BY number"
        ):
            difference = declare_category(writer, name, number, kind, declared=bool(declared))
            if difference:
                self._categories.append(difference)

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
        number, decision_id, added, text, origin, category, split, failure, *ranking = phrase
        item_id, new = Batch(writer).phrase(
            photo_id, text, category=category, split=split, origin=origin, added=bool(added)
        )
        self._counts["phrases"] += new
        if new and failure:
            writer.run("UPDATE phrase SET failure = ? WHERE id = ?", (failure, item_id))
        if not new:
            writer.run(_COMPLETE, (category, split, item_id, category, split))
        ranked = self._is_better(writer, item_id, number, ranking)
        if ranked:
            *made, _, _, head = ranking
            run_id = run_number(writer, Run(*made))
            masks = [
                ScoredMask(Rle(size=list(size), counts=counts), score)
                for score, counts in self._rows(_CANDIDATES, number)
            ]
            rank_phrase(writer, photo_id, item_id, masks, run_id, head, merged=True)
            self._counts["ranked"] += 1
        self._decisions(writer, item_id, number, decision_id)
        return ranked

    def _decisions(self, writer: Writer, item_id: int, number: int, decision_id: int) -> None:
        log = self._rows(_DECISIONS, number)
        if not log:
            return
        before = writer.row(_IN_FORCE, (item_id,))
        numbers = join_decisions(writer, item_id, log)
        after = writer.row(_IN_FORCE, (item_id,))
        if after != before:
            self._counts["decided"] += 1
            return
        theirs = writer.row(_SAYS, (numbers.get(decision_id),))
        if after and theirs:
            self._counts["kept"] += 1
            self._counts["conflicts"] += theirs != after[1:]

    def _is_better(
        self, writer: Writer, item_id: int, number: int, ranking: Sequence[object]
    ) -> bool:
        """Whether the other project's ranking is to stand in place of what an item has.

        Of rankings from elsewhere the greater one wins, so that the order of merges does not
        matter.
        """
        if ranking[0] is None:
            return False
        *ours, merged = writer.row(_RANKING, (item_id,)) or (None, False)
        if ours[0] is None or not merged:
            return ours[0] is None
        if _comparable(ranking) != _comparable(ours):
            return _comparable(ranking) > _comparable(ours)
        return self._rows(_CANDIDATES, number) > writer.rows(_CANDIDATES, (item_id,))

    def _rows(self, sql: str, number: int) -> list[Row]:
        rows: Iterable[Row] = self._source.stream(sql, (number,))
        return list(rows)


_BESIDE = "UPDATE photo SET beside = 1, source = ?, plane = ?, channels = ? WHERE id = ?"


def _comparable(ranking: Sequence[object]) -> tuple[str, ...]:
    return tuple(map(repr, ranking))


_CANDIDATES = "SELECT score, counts FROM candidate WHERE phrase_id = ? ORDER BY rank"

_RANKING = """
    SELECT proposals, model, method, top_score, margin, head, ranking_merged
    FROM phrase p LEFT JOIN run ON run.id = run_id WHERE p.id = ?
"""

_COMPLETE = """
    UPDATE phrase SET category = coalesce(category, ?), split = coalesce(split, ?) WHERE id = ?
        AND (category IS NULL AND ? IS NOT NULL OR split IS NULL AND ? IS NOT NULL)
"""

_IN_FORCE = """
    SELECT p.decision_id, d.status, d.counts FROM phrase p
    LEFT JOIN decision d ON d.id = p.decision_id WHERE p.id = ?
"""

_SAYS = "SELECT status, counts FROM decision WHERE id = ?"

_DECISIONS = """
    SELECT id, status, undoes, counts, rank, score, iou, who, at, seconds, imported
    FROM decision WHERE phrase_id = ? ORDER BY id
"""

"""What pre-labelling reads and writes: phrases that wait, candidates, failures, given masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from napari_zsris.annotations.candidates import check_candidates, rank_phrase, run_number
from napari_zsris.annotations.database import Database
from napari_zsris.annotations.library import Library
from napari_zsris.annotations.records import (
    Failure,
    PendingPhoto,
    PendingPhrase,
    Run,
    ScoredMask,
)
from napari_zsris.errors import AnnotationError
from napari_zsris.rle import Rle

__all__ = ["Rankings"]


class Rankings:
    """The machine's part of a project; it never touches what people decided.

    Parameters
    ----------
    database : Database
        The project's file.
    library : Library
        Knows where the photos are.
    """

    def __init__(self, database: Database, library: Library) -> None:
        self._database = database
        self._library = library

    def pending(
        self, *, shard: tuple[int, int] = (0, 1), retry: bool = True
    ) -> Iterator[PendingPhoto]:
        """List photos with phrases that nobody has ranked or decided on.

        Parameters
        ----------
        shard : tuple of int
            (i, n): only every n-th photo, beginning with the i-th from 0.
        retry : bool
            Whether photos and phrases that failed before are tried again.

        Yields
        ------
        PendingPhoto
            In the order of import; the list is made at the start, so that saving rankings
            meanwhile does no harm.

        Raises
        ------
        AnnotationError
            The shard is impossible, or the project cannot be read.
        """
        index, count = shard
        if not 0 <= index < count:
            raise AnnotationError(f"there is no shard {index} of {count}: count them from 0")
        ids = self._database.rows(
            f"""
            SELECT DISTINCT p.photo_id FROM phrase p JOIN photo ph ON ph.id = p.photo_id
            WHERE {_PENDING} AND p.photo_id % ? = ? ORDER BY p.photo_id
            """,  # noqa: S608 - the condition is ours
            (retry, retry, count, index),
        )
        for (photo_id,) in ids:
            photo = self.waiting(photo_id, retry=retry)
            if photo is not None:
                yield photo

    def waiting(self, photo_id: int, *, retry: bool = True) -> PendingPhoto | None:
        """Give one photo with its phrases that nobody has ranked or decided on.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        retry : bool
            Whether it, and phrases, are given again that failed before.

        Returns
        -------
        PendingPhoto or None
            None where nothing of it waits, or there is no such photo.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        rows = self._database.rows(
            f"""
            SELECT ph.path, ph.height, ph.width, ph.beside, p.id, p.text
            FROM phrase p JOIN photo ph ON ph.id = p.photo_id
            WHERE {_PENDING} AND p.photo_id = ? ORDER BY p.id
            """,  # noqa: S608 - the condition is ours
            (retry, retry, photo_id),
        )
        if not rows:
            return None
        path, height, width, beside = rows[0][:4]
        phrases = tuple(PendingPhrase(item_id, text) for *_, item_id, text in rows)
        root = self._library.folder if beside else self._library.root
        return PendingPhoto(photo_id, root, path, (height, width), phrases)

    def pending_counts(
        self, *, shard: tuple[int, int] = (0, 1), retry: bool = True
    ) -> tuple[int, int]:
        """Count what :meth:`pending` would give.

        Parameters
        ----------
        shard, retry : optional
            As for :meth:`pending`.

        Returns
        -------
        tuple of int
            Photos and phrases.
        """
        index, count = shard
        row = self._database.row(
            f"""
            SELECT count(DISTINCT p.photo_id), count(*)
            FROM phrase p JOIN photo ph ON ph.id = p.photo_id
            WHERE {_PENDING} AND p.photo_id % ? = ?
            """,  # noqa: S608 - the condition is ours
            (retry, retry, count, index),
        )
        photos, phrases = row or (0, 0)
        return photos, phrases

    def proposals(self, photo_id: int) -> list[Rle]:
        """Give the masks that were imported as proposals.

        Parameters
        ----------
        photo_id : int
            The photo's number.

        Returns
        -------
        list of Rle
            In the order of import; empty where none were.
        """
        rows = self._database.rows(
            """
            SELECT photo.height, photo.width, counts FROM proposal
            JOIN photo ON photo.id = photo_id WHERE photo_id = ? ORDER BY proposal.id
            """,
            (photo_id,),
        )
        return [Rle(size=[height, width], counts=counts) for height, width, counts in rows]

    def save(
        self,
        photo_id: int,
        candidates: Mapping[int, Sequence[ScoredMask]],
        run: Run,
        heads: Mapping[int, str] | None = None,
        *,
        again: bool = False,
    ) -> int:
        """Write the candidates of a photo's phrases, all in one transaction.

        Phrases that were decided on meanwhile are left alone; those ranked before get the new
        candidates in place of the old. Failures noted for the photo and these phrases are dropped.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        candidates : mapping of int to sequence of ScoredMask
            By item id, best first; an empty sequence where there were no proposals.
        run : Run
            How they were made.
        heads : mapping of int to str, optional
            The phrases' head nouns by item id; exports use them as categories.
        again : bool
            Whether phrases that were decided on without a mask get the candidates, too.

        Returns
        -------
        int
            How many phrases were written.

        Raises
        ------
        AnnotationError
            A mask is not of the photo's size, scores are not finite or not in order, or the
            project cannot be written.
        """
        written = 0
        with self._database.writing() as writer:
            size = writer.row("SELECT height, width FROM photo WHERE id = ?", (photo_id,))
            if size is None:
                raise AnnotationError(f"there is no photo {photo_id} in this project: add it first")
            run_id = run_number(writer, run)
            for item_id, masks in candidates.items():
                check_candidates(masks, list(size))
                head = (heads or {}).get(item_id)
                if rank_phrase(writer, photo_id, item_id, masks, run_id, head, again=again):
                    written += 1
            writer.run("UPDATE photo SET failure = NULL WHERE id = ?", (photo_id,))
        return written

    def fail(self, photo_id: int, reason: str, item_id: int | None = None) -> None:
        """Note why a photo, or one of its phrases, could not be ranked.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        reason : str
            Why, on one line.
        item_id : int, optional
            The phrase, where the photo itself is fine.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        with self._database.writing() as writer:
            if item_id is None:
                writer.run("UPDATE photo SET failure = ? WHERE id = ?", (reason, photo_id))
            else:
                writer.run(
                    "UPDATE phrase SET failure = ? WHERE id = ? AND photo_id = ?",
                    (reason, item_id, photo_id),
                )

    def failures(self) -> list[Failure]:
        """List what could not be ranked at the last attempt.

        Returns
        -------
        list of Failure
            Photos first, in the order of import.
        """
        photos = self._database.rows(
            "SELECT path, NULL, failure FROM photo WHERE failure IS NOT NULL ORDER BY id"
        )
        phrases = self._database.rows(
            """
            SELECT path, text, phrase.failure FROM phrase JOIN photo ON photo.id = photo_id
            WHERE phrase.failure IS NOT NULL ORDER BY phrase.id
            """
        )
        return [Failure(*row) for row in photos + phrases]


_PENDING = """
    p.run_id IS NULL AND p.status = 'todo' AND NOT p.added
    AND (? OR ph.failure IS NULL) AND (? OR p.failure IS NULL)
"""

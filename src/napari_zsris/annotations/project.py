"""The annotation project: photos, phrases, candidates and decisions in one file."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy.typing as npt

from napari_zsris.annotations.brush_work import BrushWork
from napari_zsris.annotations.copying import copy_project
from napari_zsris.annotations.database import Database
from napari_zsris.annotations.exports import Exports
from napari_zsris.annotations.history import History
from napari_zsris.annotations.library import Library
from napari_zsris.annotations.merging import MergeReport, merge
from napari_zsris.annotations.objects import Objects
from napari_zsris.annotations.rankings import Rankings
from napari_zsris.annotations.records import Decision, Item
from napari_zsris.annotations.review import ReviewQueue
from napari_zsris.annotations.selection import Order, Selection
from napari_zsris.annotations.stats import Statistics, gather_statistics
from napari_zsris.annotations.writer_lock import user_name
from napari_zsris.progress import Steps

__all__ = ["Project"]


class Project(Exports):
    """An annotation project, one SQLite file.

    Made by :meth:`open`. Everything is written when a method returns; there is nothing to save.
    While a project is open for writing, no other process, nor a second ``open`` in this one, can
    write it; others may read it. Methods may be called from several threads.

    Parameters
    ----------
    database : Database
        The project's file.
    who : str
        Whose decisions these are.

    Attributes
    ----------
    library : Library
        Photos and phrases, and the folder the photos lie in.
    rankings : Rankings
        What pre-labelling reads and writes.
    queue : ReviewQueue
        What to review next, filters, orders, counts, and where review was left.
    objects : Objects
        Further objects of a phrase, and those painted without one.
    brush_work : BrushWork
        Masks that a person painted on and did not decide on.
    """

    library: Library
    rankings: Rankings
    queue: ReviewQueue
    objects: Objects
    brush_work: BrushWork

    def __init__(self, database: Database, who: str) -> None:
        super().__init__(database)
        self._history = History(database, who)
        self.library = Library(database)
        self.rankings = Rankings(database, self.library)
        self.queue = ReviewQueue(database, self.library)
        self.objects = Objects(database, self._history)
        self.brush_work = BrushWork(database)

    @classmethod
    def open(
        cls,
        path: str | PathLike[str],
        create: bool = False,
        *,
        readonly: bool = False,
        who: str | None = None,
    ) -> Self:
        """Open a project.

        Parameters
        ----------
        path : str or path-like
            The file, by custom ``*.zsris``.
        create : bool
            Make the project if there is no such file; one that is there is opened as it is.
        readonly : bool
            Open for reading only, beside a writer if there is one.
        who : str, optional
            Whose decisions these are; the login name by default.

        Returns
        -------
        Project
            The open project; also a context manager that closes it.

        Raises
        ------
        AnnotationError
            The file is missing, foreign, damaged, made by a newer version, or being written by
            another process. Nothing is overwritten.
        OutputError
            The file cannot be made.
        """
        database = Database(Path(path), create=create, readonly=readonly)
        return cls(database, who or user_name())

    def close(self) -> None:
        """Close the file and let others write it; closing twice does no harm."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The project's file."""
        return self._database.path

    @property
    def readonly(self) -> bool:
        """Whether the project is open for reading only."""
        return self._database.readonly

    def items(
        self,
        status: str | Collection[str] | None = None,
        *,
        split: str | Collection[str] | None = None,
        order: Order = "photo",
    ) -> Iterator[Item]:
        """Load items one after another; deciding on them meanwhile does no harm.

        Parameters
        ----------
        status : str or collection of str, optional
            Only items of this status, or of one of these; see :data:`STATUSES`.
        split : str or collection of str, optional
            Only phrases of this split, or of one of these.
        order : {"photo", "margin", "score"}
            As imported, most doubtful first, or most certain first.

        Returns
        -------
        iterator of Item
            The items, each as it is when its turn comes.

        Raises
        ------
        AnnotationError
            The status or order is unknown, or the project cannot be read.
        """
        return self.queue.items(Selection(status, split), order)

    def decide(
        self,
        item_id: int,
        status: str,
        *,
        candidate: int | None = None,
        mask: npt.ArrayLike | None = None,
        seconds: float | None = None,
    ) -> None:
        """Decide on an item; on return the decision is on disk.

        An item that was decided on before is decided anew; the history keeps both.

        Parameters
        ----------
        item_id : int
            The item.
        status : {"accepted", "corrected", "rejected", "skipped", "none-fits"}
            ``accepted``: a candidate is right as it is. ``corrected``: right after a change, or
            drawn where there was no candidate. ``none-fits``: no candidate is right; with a mask
            it was drawn from scratch, without one the photo may hold nothing that fits the phrase.
            ``rejected``: the phrase is of no use. ``skipped``: left for later.
        candidate : int, optional
            Rank of the candidate accepted, or from which the correction began; the best one (0)
            by default.
        mask : (H, W) array-like, optional
            The mask as the person left it, non-zero inside; needed by ``corrected``, allowed with
            ``none-fits``.
        seconds : float, optional
            How long deciding took.

        Raises
        ------
        AnnotationError
            The item, status, candidate or mask does not fit, or the project cannot be written.
        """
        self._history.decide(item_id, status, candidate=candidate, mask=mask, seconds=seconds)

    @contextmanager
    def together(self) -> Generator[None]:
        """Write all that is done in the block, or nothing of it where an error leaves the block.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        with self._database.writing():
            yield

    def undo(self) -> Item | None:
        """Take back your latest decision that was not taken back, also one of an earlier session.

        Calling it again walks further back. Decisions of others (`who` of :meth:`open`), and those
        that came with an imported dataset, stay.

        Returns
        -------
        Item or None
            The item, now as it was before that decision; None when there is nothing to take back.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        item_id = self._history.undo()
        return None if item_id is None else self.queue.item(item_id)

    def history(self, item_id: int) -> list[Decision]:
        """List what was ever decided on an item.

        Parameters
        ----------
        item_id : int
            The item.

        Returns
        -------
        list of Decision
            Oldest first, those taken back among them.

        Raises
        ------
        AnnotationError
            There is no such item.
        """
        return self._history.of(item_id)

    def merging(
        self, path: str | PathLike[str], photos: Collection[int] | None = None
    ) -> Steps[MergeReport]:
        """Take over what another project has and this one lacks, photo by photo.

        What was done in this project stays in force: its decisions, its candidates, its photos.
        Merging projects again, or in another order, gives the same.

        Parameters
        ----------
        path : str or path-like
            The other project's file, which is only read.
        photos : collection of int, optional
            Only these photos, by their numbers in the other project; all by default.

        Returns
        -------
        generator of Progress
            Its result says what was new; see :func:`~napari_zsris.annotations.merging.merge`.
        """
        return merge(self._database, self.library, Path(path), photos)

    def copy_to(self, path: str | PathLike[str]) -> None:
        """Write a whole copy of this project, which finds the same photos.

        Parameters
        ----------
        path : str or path-like
            The copy; a project that is there is replaced.

        Raises
        ------
        AnnotationError
            The place holds this very project, one that is open, or a file of another kind.
        OutputError
            The copy cannot be written.
        """
        copy_project(self._database, self.library, Path(path))

    def statistics(self) -> Statistics:
        """Say how far review is, and whether pre-labelling pays.

        Returns
        -------
        Statistics
            Counts, acceptance by rank, IoU of corrections, time per decision.
        """
        return gather_statistics(self._database)

"""The open project as the dock uses it: every change is on disk when a method returns."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_zsris._qt.core.question import Entry, Question, entries_of
from napari_zsris.annotations import (
    Decision,
    Item,
    Order,
    Project,
    QueueEntry,
    Rle,
    Run,
    ScoredMask,
    Selection,
    encode_rle,
)
from napari_zsris.annotations.history import Choice
from napari_zsris.annotations.plane_picture import PlanePicture
from napari_zsris.annotations.sessions import is_session
from napari_zsris.errors import AnnotationError, ImageError
from napari_zsris.images import read_size
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["PhotoPlace", "ProjectStore"]

_FORMATS = ("avif", "bmp", "gif", "jp2", "jpeg", "jpg", "pgm", "png", "ppm", "tif", "tiff", "webp")
_SUFFIXES = frozenset(f".{name}" for name in _FORMATS)


@dataclass(frozen=True)
class PhotoPlace:
    """What a picture on the canvas is known by; names of layers mean nothing.

    Parameters
    ----------
    picture : PlanePicture
        The plane, kept as a picture where no photo file shows it as it is.
    file : Path, optional
        The photo file that may show it as it is.
    """

    picture: PlanePicture
    file: Path | None = None


class ProjectStore:
    """Reads questions from a project and writes what a person decides to it.

    Parameters
    ----------
    project : Project
        Open for writing; closed by :meth:`close`.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.is_session = is_session(project.path)
        # Candidates put aside are no decision on their phrase; with each goes how many decisions
        # came before it, so that undo takes things back in their order.
        self._aside: list[tuple[int, int, str]] = []
        self._decisions = 0

    @property
    def accepted(self) -> int:
        """How many masks are accepted."""
        return self.project.objects.count()

    def close(self) -> None:
        """Close the project; there is nothing left to save."""
        self.project.close()

    def find(self, place: PhotoPlace) -> int | None:
        """Look a photo up.

        Parameters
        ----------
        place : PhotoPlace
            The photo.

        Returns
        -------
        int or None
            Its number, None where the project does not have it.
        """
        library = self.project.library
        known = library.find_photo(place.picture.path)
        if place.file is not None:
            name = library.name_of(place.file)
            found = None if name is None else library.find_photo(name)
            if found is not None and found[1] == place.picture.size:
                return found[0]
        return None if known is None else known[0]

    def add(self, place: PhotoPlace) -> tuple[int, Path | None]:
        """Add a photo, unless the project has it.

        Parameters
        ----------
        place : PhotoPlace
            The photo.

        Returns
        -------
        tuple
            Its number, and the file that its picture is still to be written to, if any.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        library = self.project.library
        photo_id = self.find(place)
        if photo_id is None and place.file is not None:
            photo_id = self._add_file(place.file, place.picture.size)
        if photo_id is None:
            photo_id = library.add_picture(place.picture)
        file = library.photo_file(photo_id)
        missing = file == library.folder / place.picture.path and not file.exists()
        return photo_id, file if missing else None

    def _add_file(self, file: Path, size: tuple[int, int]) -> int | None:
        """Add a photo file, unless it lies out of reach or is not what the canvas shows."""
        library = self.project.library
        with contextlib.suppress(AnnotationError, ImageError, OSError):
            if read_size(file) != size:
                return None
            name = library.cover(file) if self.is_session else library.name_of(file)
            return None if name is None else library.add_photo(name)
        return None

    def ask(
        self,
        photo_id: int,
        phrase: str,
        candidates: Sequence[ScoredMask] = (),
        run: Run | None = None,
        head: str | None = None,
    ) -> int:
        """Note a phrase that was asked of a photo, with its candidates.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        phrase : str
            What was looked for.
        candidates : sequence of ScoredMask
            What was found, best first.
        run : Run, optional
            How; None where a mask is to be drawn without looking for candidates.
        head : str, optional
            The phrase's head noun.

        Returns
        -------
        int
            The phrase's item.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        item_id = self.project.library.find_phrase(photo_id, phrase)
        if item_id is None:
            item_id = self.project.library.add_phrase(photo_id, phrase)
        if run is not None:
            heads = {} if head is None else {item_id: head}
            self.project.rankings.save(photo_id, {item_id: candidates}, run, heads, again=True)
        return item_id

    def question(
        self, asked: Question, *, at: str | None = None, after: int = -1, blank: bool = False
    ) -> Question:
        """Read what the project knows of a question.

        Parameters
        ----------
        asked : Question
            The question, as it was before or without entries.
        at : str, optional
            The base of the entry to show; by default the first open one.
        after : int
            The key of the entry to go on from, where there is no such base.
        blank : bool
            Whether a mask is to be drawn from scratch.

        Returns
        -------
        Question
            As it is now.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        entries = entries_of(
            asked.cards,
            asked.bases,
            self._items(asked.item_id),
            self.project.brush_work.of(asked.item_id),
            [base for _, item_id, base in self._aside if item_id == asked.item_id],
            blank=blank,
        )
        found = Question(
            asked.photo_id,
            asked.item_id,
            asked.phrase,
            asked.cards,
            asked.bases,
            entries,
            source=asked.source,
            listed=asked.listed,
        )
        shown = None if at is None else found.based_on(at)
        return found.choosing(found.next_open(after) if shown is None else shown.key)

    def accept(
        self, question: Question, mask: npt.NDArray[np.bool_], seconds: float
    ) -> tuple[int, str]:
        """Accept the mask of the entry that is shown.

        Parameters
        ----------
        question : Question
            The question, with an entry shown.
        mask : (H, W) bool array
            The mask as it is now.
        seconds : float
            How long deciding took.

        Returns
        -------
        tuple of int and str
            The object's item, and the base that its entry has from now on.

        Raises
        ------
        AnnotationError
            The mask is empty or does not fit, or the project cannot be written.
        """
        entry = question.shown
        if entry is None:
            raise AnnotationError("no candidate is shown: choose one first")
        main = self.project.queue.item(question.item_id)
        if entry.item_id is not None:
            item_id = entry.item_id
            choice = _choice(self.project.queue.item(item_id), entry, mask, seconds)
            self.project.objects.decide(item_id, choice)
        elif _has_mask(main) or (_rank(main, entry) is None and entry.card is not None):
            item_id = self._add_object(question, entry, mask, seconds)
        else:
            item_id = main.id
            self.project.objects.decide(item_id, _choice(main, entry, mask, seconds))
        self._decisions += 1
        self.project.brush_work.drop(question.item_id, entry.base)
        return item_id, entry.base if entry.card is not None else f"object {item_id}"

    def reject(self, question: Question) -> bool:
        """Put the shown candidate aside, or take its object out again.

        Parameters
        ----------
        question : Question
            The question, with an entry shown.

        Returns
        -------
        bool
            Whether nothing is left open, so that the phrase was decided: nothing fits.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        entry = question.shown
        if entry is None:
            raise AnnotationError("no candidate is shown: choose one first")
        if entry.item_id is not None:
            main = entry.item_id == question.item_id
            self.project.decide(entry.item_id, "skipped" if main else "rejected")
            self._decisions += 1
        self._aside.append((self._decisions, question.item_id, entry.base))
        left = self.question(question)
        done = left.chosen is None and all(each.item_id is None for each in left)
        if done:
            self.project.decide(question.item_id, "none-fits")
            self._decisions += 1
        return done

    def decide(self, question: Question, status: str, seconds: float) -> None:
        """Decide on a phrase as a whole.

        Parameters
        ----------
        question : Question
            The question.
        status : {"skipped", "rejected", "none-fits"}
            What is decided.
        seconds : float
            How long deciding took.

        Raises
        ------
        AnnotationError
            The phrase has accepted masks, which this would take out of force, or the project
            cannot be written.
        """
        if any(entry.item_id is not None for entry in question):
            raise AnnotationError(
                f"“{question.phrase}” has accepted masks: take them out first, each with R"
            )
        self.project.decide(question.item_id, status, seconds=seconds)
        self._decisions += 1

    def undo(self) -> tuple[Item, int | None, str | None] | None:
        """Take back the latest decision, and keep the brush work that was in it.

        Returns
        -------
        tuple or None
            The item as it is now, the item of its phrase (None for an object without one), and the
            base of the entry that was decided on, where it was one; None when there is nothing to
            take back.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        if self._aside and self._aside[-1][0] == self._decisions:
            _, item_id, put_aside = self._aside.pop()
            return self.project.queue.item(item_id), item_id, put_aside
        item = self.project.undo()
        if item is None:
            return None
        self._decisions -= 1
        undone = max(
            (each for each in self.project.history(item.id) if each.undone),
            key=lambda decision: decision.id,
        )
        main = self.main_item(item)
        base: str | None = None
        if undone.rle is not None:
            base = _candidate_base(item, undone)
            self._keep_undone(main, base, undone)
        elif self._aside and self._aside[-1][:2] == (self._decisions, item.id):
            # It was the last candidate put aside that decided the phrase.
            base = self._aside.pop()[2]
        return item, main, base

    def _keep_undone(self, main: int | None, base: str, undone: Decision) -> None:
        if main is None or undone.rle is None or undone.status == "accepted":
            return
        if base not in self.project.brush_work.of(main):
            self.project.brush_work.keep(main, base, undone.rle)

    def base_in_force(self, item: Item) -> str | None:
        """Tell which entry an item's decision was made on.

        Parameters
        ----------
        item : Item
            The item.

        Returns
        -------
        str or None
            The entry's base; None where no mask is in force.
        """
        if not _has_mask(item) or item.decision is None:
            return None
        return _candidate_base(item, item.decision) or f"object {item.id}"

    def main_item(self, item: Item) -> int | None:
        """Find the item of a phrase that further objects belong to.

        Parameters
        ----------
        item : Item
            An item of the phrase.

        Returns
        -------
        int or None
            Its id; None for an object without a phrase.
        """
        return self.project.objects.phrase_of(item.id)

    def keep_brush_work(self, question: Question, mask: npt.NDArray[np.bool_]) -> bool:
        """Keep the shown mask with its phrase, where it differs from what was there.

        Parameters
        ----------
        question : Question
            The question, with an entry shown.
        mask : (H, W) bool array
            The mask as it is now.

        Returns
        -------
        bool
            Whether anything changed.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        entry = question.shown
        if entry is None or _equal(mask, entry.bitmap):
            return False
        if _equal(mask, entry.kept):
            self.project.brush_work.drop(question.item_id, entry.base)
        else:
            self.project.brush_work.keep(question.item_id, entry.base, encode_rle(mask))
        return True

    def repaint(
        self, photo_id: int, item_id: int | None, mask: npt.NDArray[np.bool_] | None
    ) -> int | None:
        """Write what a person painted straight over the accepted masks.

        Parameters
        ----------
        photo_id : int
            The photo's number.
        item_id : int or None
            The object's item; None for a new object, which has no phrase.
        mask : (H, W) bool array or None
            The object now; None where it was rubbed out.

        Returns
        -------
        int or None
            The object's item; None where it was rubbed out.

        Raises
        ------
        AnnotationError
            The project cannot be written.
        """
        if item_id is None:
            added = self.project.objects.add(photo_id, Choice("none-fits", None, mask))
            self._decisions += 1
            return added
        item = self.project.queue.item(item_id)
        if mask is None:
            self.project.decide(item_id, "rejected" if item.added else "skipped")
            self._decisions += 1
            return None
        rank = None if item.decision is None else item.decision.rank
        status = "none-fits" if rank is None else "corrected"
        self.project.objects.decide(item_id, Choice(status, rank, mask))
        self._decisions += 1
        return item_id

    def entries(self, selection: Selection, order: Order) -> list[QueueEntry]:
        """List the work: phrases, and photos that have none yet.

        Parameters
        ----------
        selection : Selection
            Which.
        order : {"photo", "margin", "score"}
            In which order; photos without phrases come last.

        Returns
        -------
        list of QueueEntry
            Of a photo without phrases the id is its number below zero.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        phrases = self.project.queue.entries(selection, order)
        if selection.status not in (None, "todo"):
            return phrases
        text = (selection.text or "").casefold()
        return phrases + [
            QueueEntry(-number, name, "", "todo", -math.inf, math.inf, number)
            for number, name, count in self.project.library.photos()
            if not count and text in name.casefold()
        ]

    def filling(self, folder: Path) -> Steps[int]:
        """Add all photos of a folder, step by step; those added stay when it is given up.

        Parameters
        ----------
        folder : Path
            The folder.

        Yields
        ------
        Progress
            Between two photos the work may be given up.

        Returns
        -------
        int
            How many photos of the folder the project has now.

        Raises
        ------
        ImageError
            There is no photo in the folder.
        AnnotationError
            The folder lies outside the project's folder of photos, or it cannot be written.
        """
        yield Progress("looking for photos", 0, 0)
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
        library, known = self.project.library, 0
        if not files:
            raise ImageError(f"there is no photo in {folder}: choose a folder that holds photos")
        for number, file in enumerate(files):
            yield Progress("photos", number, len(files))
            name = library.cover(file) if self.is_session else library.name_of(file)
            if name is None:
                raise AnnotationError(
                    f"{folder} lies outside {library.root}, where this project's photos are: "
                    "open a project without photos, or one that holds this folder"
                )
            # A file that is no photo, whatever its name says, does not keep the others out.
            with contextlib.suppress(ImageError):
                library.add_photo(name)
                known += 1
        return known

    def objects(self, photo_id: int) -> list[Item]:
        """List the items of a photo that have an accepted mask.

        Parameters
        ----------
        photo_id : int
            The photo's number.

        Returns
        -------
        list of Item
            In the order of import.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        return [item for item in self.project.queue.of_photo(photo_id) if _has_mask(item)]

    def _items(self, item_id: int) -> list[Item]:
        return self.project.queue.load(self.project.objects.of_phrase(item_id))

    def _add_object(
        self, question: Question, entry: Entry, mask: npt.NDArray[np.bool_], seconds: float
    ) -> int:
        main = self.project.queue.item(question.item_id)
        if entry.card is None:
            choice = Choice("none-fits", None, mask, seconds)
        elif _equal(mask, entry.card.bitmap):
            choice = Choice("accepted", entry.key, None, seconds)
        else:
            choice = Choice("corrected", entry.key, mask, seconds)
        height, width = main.size
        scored = [
            ScoredMask(Rle(size=[height, width], counts=base), card.score)
            for card, base in zip(question.cards, question.bases, strict=True)
        ]
        return self.project.objects.add(question.photo_id, choice, main.id, scored)


def _choice(item: Item, entry: Entry, mask: npt.NDArray[np.bool_], seconds: float) -> Choice:
    rank = _rank(item, entry)
    if rank is None:
        return Choice("none-fits", None, mask, seconds)
    if np.array_equal(mask, item.candidates[rank].mask):
        return Choice("accepted", rank, None, seconds)
    return Choice("corrected", rank, mask, seconds)


def _rank(item: Item, entry: Entry) -> int | None:
    """Find the candidate of an item that an entry began with."""
    for candidate in item.candidates:
        if candidate.rle["counts"] == entry.base:
            return candidate.rank
    if entry.item_id == item.id and item.decision is not None:
        return item.decision.rank
    return None


def _candidate_base(item: Item, decision: Decision) -> str:
    known = decision.rank is not None and decision.rank < len(item.candidates)
    return item.candidates[decision.rank or 0].rle["counts"] if known else ""


def _has_mask(item: Item) -> bool:
    return item.decision is not None and item.decision.rle is not None


def _equal(mask: npt.NDArray[np.bool_], bitmap: Bitmap) -> bool:
    height, width = mask.shape
    return np.array_equal(mask, bitmap.window(0, 0, width, height))

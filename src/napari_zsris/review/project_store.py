"""The open project as the dock uses it: every change is on disk when a method returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_zsris.annotations import (
    Item,
    Order,
    Project,
    QueueEntry,
    Run,
    ScoredMask,
    Selection,
    encode_rle,
)
from napari_zsris.annotations.sessions import is_session
from napari_zsris.errors import AnnotationError
from napari_zsris.review.decisions import Decisions
from napari_zsris.review.photos import Photos
from napari_zsris.review.question import Question, same_mask
from napari_zsris.review.question_reader import base_in_force, read_question

__all__ = ["ExportFormat", "ProjectStore"]


class ExportFormat(Enum):
    """What can be written."""

    COCO = "coco"
    COCO_POLYGONS = "coco_polygons"
    REFCOCO = "refcoco"

    @property
    def title(self) -> str:
        """What a menu calls it."""
        return {
            "coco": "COCO, exact masks (RLE)…",
            "coco_polygons": "COCO, polygons…",
            "refcoco": "RefCOCO folder…",
        }[self.value]


class ProjectStore:
    """Reads questions and the list of work from a project, and writes questions to it.

    Parameters
    ----------
    project : Project
        Open for writing; closed by :meth:`close`.

    Attributes
    ----------
    photos : Photos
        Its photos.
    decisions : Decisions
        What a person decides.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.is_session = is_session(project.path)
        self.photos = Photos(project)
        self.decisions = Decisions(project)

    @property
    def accepted(self) -> int:
        """How many masks are accepted."""
        return self.project.objects.count()

    def close(self) -> None:
        """Close the project; there is nothing left to save."""
        self.project.close()

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
        rejected = self.decisions.put_aside(asked.item_id)
        return read_question(self.project, asked, rejected, at=at, after=after, blank=blank)

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
        if entry is None or same_mask(mask, entry.bitmap):
            return False
        if same_mask(mask, entry.kept):
            self.project.brush_work.drop(question.item_id, entry.base)
        else:
            self.project.brush_work.keep(question.item_id, entry.base, encode_rle(mask))
        return True

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
        return [
            item
            for item in self.project.queue.of_photo(photo_id)
            if base_in_force(item) is not None
        ]

    def waits_for_models(self, photo_id: int) -> bool:
        """Tell whether a photo is still to be looked at by a model.

        Parameters
        ----------
        photo_id : int
            The photo's number.

        Returns
        -------
        bool
            Whether a phrase of it waits to be ranked, or none was ranked yet.
        """
        items = self.project.queue.of_photo(photo_id)
        waits = any(item.status == "todo" and not item.ranked for item in items)
        return waits or not any(item.ranked for item in items)

    def export(self, path: Path, kind: ExportFormat) -> int:
        """Write what was accepted.

        Parameters
        ----------
        path : Path
            The file, or the folder for RefCOCO.
        kind : ExportFormat
            What to write.

        Returns
        -------
        int
            How many objects were written.

        Raises
        ------
        AnnotationError
            Nothing is accepted yet.
        OSError
            It cannot be written.
        """
        if not self.accepted:
            raise AnnotationError("nothing is accepted yet: accept a mask with A, then export")
        if kind is ExportFormat.REFCOCO:
            return self.project.export_refcoco(path)
        if kind is ExportFormat.COCO_POLYGONS:
            return self.project.export_coco(path, "polygons")
        return self.project.export_coco(path)

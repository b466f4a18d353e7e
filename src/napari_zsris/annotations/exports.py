"""A project's exports, at once or step by step."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from pathlib import Path

from napari_zsris.annotations.categories import Categories
from napari_zsris.annotations.coco import MaskFormat
from napari_zsris.annotations.database import Database
from napari_zsris.annotations.export import exporting_coco, exporting_refcoco
from napari_zsris.annotations.exportable import ExportReport
from napari_zsris.annotations.selection import Selection
from napari_zsris.progress import Steps, finish

__all__ = ["Exports"]


class Exports:
    """What of a project travels to other programs.

    Parameters
    ----------
    database : Database
        The project's file.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def export_coco(
        self,
        path: str | PathLike[str],
        masks: MaskFormat = "rle",
        *,
        status: str | Collection[str] | None = None,
        split: str | Collection[str] | None = None,
        categories: Categories | None = None,
    ) -> ExportReport:
        """Write a COCO instance file: one annotation per item with a mask.

        The file appears whole or not at all, and is the same byte for byte for the same project.
        Photos where nothing fits a phrase are listed without an annotation. Categories have the
        same numbers and are the same whichever part of the project is exported. Annotations keep
        ``phrase`` and ``status`` as extra keys, and where they are known ``score``, ``rank``
        (from 1) and ``split``.

        Parameters
        ----------
        path : str or path-like
            The file to make or replace.
        masks : {"rle", "polygons"}
            How masks are written: both without loss, with `iscrowd` 0.
        status : str or collection of str, optional
            Which items; by default all that have a final mask. "todo" exports the best candidate
            of items nobody has decided on.
        split : str or collection of str, optional
            Only phrases of this split, or of one of these.
        categories : Categories, optional
            Where category names come from; by default what was imported, else the head noun that
            was kept with the ranking, else "object".

        Returns
        -------
        ExportReport
            How many annotations were written; its ``left_out`` says what was not, by reason.

        Raises
        ------
        AnnotationError
            The mask format or status is unknown or without masks, or the project cannot be read.
        OutputError
            The file cannot be written.
        """
        return finish(
            self.exporting_coco(path, masks, status=status, split=split, categories=categories)
        )

    def exporting_coco(
        self,
        path: str | PathLike[str],
        masks: MaskFormat = "rle",
        *,
        status: str | Collection[str] | None = None,
        split: str | Collection[str] | None = None,
        categories: Categories | None = None,
    ) -> Steps[ExportReport]:
        """Do as :meth:`export_coco`, step by step, so that it can be shown and given up.

        Parameters
        ----------
        path, masks, status, split, categories : optional
            As for :meth:`export_coco`.

        Returns
        -------
        generator of Progress
            Its result is as of :meth:`export_coco`.
        """
        selection = Selection(status, split)
        return exporting_coco(self._database, Path(path), masks, selection, categories)

    def export_refcoco(
        self,
        folder: str | PathLike[str],
        split_by: str = "zsris",
        *,
        masks: MaskFormat = "polygons",
        status: str | Collection[str] | None = None,
        split: str | Collection[str] | None = None,
        categories: Categories | None = None,
    ) -> ExportReport:
        """Write RefCOCO's files: ``refs(<split_by>).p``, its JSON twin, and ``instances.json``.

        Phrases of a photo with the same mask become sentences of one ref. The files appear whole
        or not at all, and are the same byte for byte for the same project.

        Parameters
        ----------
        folder : str or path-like
            The folder to write to; made if it is missing.
        split_by : str
            The name in brackets.
        masks : {"polygons", "rle"}
            How masks are written: both without loss, but ``REFER`` and what is built on it read
            polygons only.
        status, split, categories : optional
            As for :meth:`export_coco`. Phrases without a split go to "train".

        Returns
        -------
        ExportReport
            How many refs were written; its ``left_out`` counts the phrases that were not.

        Raises
        ------
        AnnotationError
            The folder holds a dataset that is not this export's, the name cannot stand in a file
            name, the mask format or status is unknown or without masks, or the project cannot be
            read.
        OutputError
            The files cannot be written.
        """
        return finish(
            self.exporting_refcoco(
                folder, split_by, masks=masks, status=status, split=split, categories=categories
            )
        )

    def exporting_refcoco(
        self,
        folder: str | PathLike[str],
        split_by: str = "zsris",
        *,
        masks: MaskFormat = "polygons",
        status: str | Collection[str] | None = None,
        split: str | Collection[str] | None = None,
        categories: Categories | None = None,
    ) -> Steps[ExportReport]:
        """Do as :meth:`export_refcoco`, step by step, so that it can be shown and given up.

        Parameters
        ----------
        folder, split_by, masks, status, split, categories : optional
            As for :meth:`export_refcoco`.

        Returns
        -------
        generator of Progress
            Its result is as of :meth:`export_refcoco`.
        """
        selection = Selection(status, split)
        return exporting_refcoco(
            self._database, Path(folder), split_by, masks, selection, categories
        )

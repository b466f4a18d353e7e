"""Datasets on the command line: from options to photos and phrases in a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from napari_zsris.errors import AnnotationError

if TYPE_CHECKING:
    from napari_zsris.annotations import Project
    from napari_zsris.annotations.imports import ImportReport, MaskUse, Shard
    from napari_zsris.progress import Steps

__all__ = ["CocoFile", "Dataset", "Masks", "PhrasesFile", "RefcocoFolder"]

PhrasesFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--phrases", help="CSV or JSON Lines of image, phrase and perhaps category and split."
    ),
]

RefcocoFolder: TypeAlias = Annotated[
    Path | None, typer.Option("--refcoco", help="Folder with refs(NAME).p and instances.json.")
]

CocoFile: TypeAlias = Annotated[Path | None, typer.Option("--coco", help="COCO instance file.")]

Masks: TypeAlias = Annotated[
    Literal["proposals", "finished", "none"],
    typer.Option(
        "--masks", help="Take a dataset's masks to choose from, as finished work, or not."
    ),
]


@dataclass(frozen=True)
class Dataset:
    """Photos and phrases that the command line names.

    Parameters
    ----------
    images : Path
        The folder of photos.
    kind : {"phrases", "refcoco", "coco"}
        What `source` is.
    source : Path
        A CSV or JSON Lines file of phrases, a folder with RefCOCO's files, or a COCO file.
    masks : {"none", "proposals", "finished"}
        What becomes of its masks.
    split_by : str
        What the name of RefCOCO's refs has in brackets.
    splits : tuple of str
        Only these splits of RefCOCO; all where empty.
    """

    images: Path
    kind: Literal["phrases", "refcoco", "coco"]
    source: Path
    masks: MaskUse
    split_by: str = ""
    splits: tuple[str, ...] = ()

    @classmethod
    def named(
        cls,
        images: Path | None,
        phrases: Path | None,
        refcoco: Path | None,
        coco: Path | None,
        masks: MaskUse,
        split_by: str | None,
        splits: list[str] | None,
    ) -> Dataset | None:
        """Check that options name one dataset, or none.

        Parameters
        ----------
        images, phrases, refcoco, coco : Path, optional
            What was given with the options of these names.
        masks : {"none", "proposals", "finished"}
            As in the class.
        split_by : str, optional
            As in the class.
        splits : list of str, optional
            As in the class.

        Returns
        -------
        Dataset or None
            None where no option names any.

        Raises
        ------
        AnnotationError
            They name half of one, or several.
        """
        if (split_by or splits) and not refcoco:
            raise AnnotationError("--split-by and --split belong to --refcoco FOLDER: give it, too")
        if refcoco and not split_by:
            raise AnnotationError(
                "RefCOCO comes split in several ways: name one, such as --split-by unc"
            )
        if sum(source is not None for source in (phrases, refcoco, coco)) > 1:
            raise AnnotationError(
                "give one of --phrases, --refcoco and --coco at a time: run the command once for "
                "each, with the same --project"
            )
        kind: Literal["phrases", "refcoco", "coco"] = (
            "refcoco" if refcoco else "coco" if coco else "phrases"
        )
        source = refcoco or coco or phrases
        if source is None and images is None:
            return None
        if source is None:
            raise AnnotationError(
                "a folder of photos needs phrases: give --phrases, --refcoco or --coco, too"
            )
        if images is None:
            raise AnnotationError("give the folder of the photos with --images FOLDER")
        return cls(images, kind, source, masks, split_by or "", tuple(splits or ()))

    def importing(self, project: Project, shard: Shard | None = None) -> Steps[ImportReport]:
        """Bring the dataset into a project.

        Parameters
        ----------
        project : Project
            Open for writing.
        shard : Shard, optional
            Only this part of the photos.

        Returns
        -------
        generator of Progress
            Its result says what is new and what was left out.
        """
        from napari_zsris.annotations import imports

        if self.kind == "refcoco":
            return imports.import_refcoco(
                project,
                self.source,
                self.split_by,
                self.images,
                splits=self.splits or None,
                masks=self.masks,
                shard=shard,
            )
        if self.kind == "coco":
            return imports.import_coco(
                project, self.source, self.images, masks=self.masks, shard=shard
            )
        return imports.import_table(project, self.source, self.images, shard=shard)

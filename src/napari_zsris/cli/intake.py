"""Datasets on the command line: from options to photos and phrases in a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from napari_zsris.errors import AnnotationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_zsris.annotations import Project
    from napari_zsris.annotations.imports import ImportReport, Shard
    from napari_zsris.progress import Steps

__all__ = ["CocoFile", "Dataset", "Masks", "PhraseCutFile", "PhrasesFile", "RefcocoFolder"]

Kind: TypeAlias = Literal["phrases", "refcoco", "phrasecut", "coco"]

MaskUse: TypeAlias = Literal["none", "proposals", "finished"]

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

PhraseCutFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--phrasecut", help="PhraseCut's refer_SPLIT.json or refer_input_SPLIT.json."),
]

Masks: TypeAlias = Annotated[
    MaskUse | None,
    typer.Option(
        "--masks",
        help="Take a dataset's masks to choose from (proposals), as finished work, or not "
        "[default: proposals; none of PhraseCut's, which are of single phrases].",
    ),
]


@dataclass(frozen=True)
class Dataset:
    """Photos and phrases that the command line names.

    Parameters
    ----------
    images : Path
        The folder of photos.
    kind : {"phrases", "refcoco", "phrasecut", "coco"}
        What `source` is.
    source : Path
        A CSV or JSON Lines file of phrases, a folder with RefCOCO's files, PhraseCut's file or a
        COCO file.
    masks : {"none", "proposals", "finished"}
        What becomes of its masks.
    split_by : str
        What the name of RefCOCO's refs has in brackets.
    splits : tuple of str
        Only these splits of RefCOCO; all where empty.
    """

    images: Path
    kind: Kind
    source: Path
    masks: MaskUse
    split_by: str = ""
    splits: tuple[str, ...] = ()

    @classmethod
    def named(
        cls,
        images: Path | None,
        sources: Mapping[Kind, Path | None],
        masks: MaskUse | None,
        split_by: str | None,
        splits: list[str] | None,
    ) -> Dataset | None:
        """Check that options name one dataset, or none.

        Parameters
        ----------
        images : Path, optional
            What was given with --images.
        sources : mapping
            What was given with the options of these names; None where it was not.
        masks : {"none", "proposals", "finished"}, optional
            As in the class; what is usual with the dataset by default.
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
            They name half of one, or several, or ask for what it has not.
        """
        _check_splits(sources, split_by, splits)
        named = [(kind, source) for kind, source in sources.items() if source is not None]
        if len(named) > 1:
            raise AnnotationError(
                f"give one of {_options(sources)} at a time: run the command once for each, with "
                "the same --project"
            )
        if not named:
            if images is None:
                return None
            raise AnnotationError(
                f"a folder of photos needs phrases: give {_options(sources)}, too"
            )
        if images is None:
            raise AnnotationError("give the folder of the photos with --images FOLDER")
        ((kind, source),) = named
        use = _checked_use(kind, masks)
        return cls(images, kind, source, use, split_by or "", tuple(splits or ()))

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
        if self.kind == "phrases":
            return imports.import_table(project, self.source, self.images, shard=shard)
        importing = imports.import_coco if self.kind == "coco" else imports.import_phrasecut
        return importing(project, self.source, self.images, masks=self.masks, shard=shard)


def _check_splits(
    sources: Mapping[Kind, Path | None], split_by: str | None, splits: list[str] | None
) -> None:
    if sources["refcoco"]:
        if not split_by:
            raise AnnotationError(
                "RefCOCO comes split in several ways: name one, such as --split-by unc"
            )
    elif split_by or splits:
        raise AnnotationError("--split-by and --split belong to --refcoco FOLDER: give it, too")


def _checked_use(kind: Kind, masks: MaskUse | None) -> MaskUse:
    if kind != "phrasecut":
        return masks or "proposals"
    if masks == "proposals":
        raise AnnotationError(
            "PhraseCut's masks are of single phrases, which leaves nothing to choose: take them "
            "with --masks finished, or leave --masks away"
        )
    return masks or "none"


def _options(names: Iterable[str]) -> str:
    *others, last = (f"--{name}" for name in names)
    return f"{', '.join(others)} or {last}"

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

__all__ = [
    "CocoFile",
    "Crowds",
    "Dataset",
    "Masks",
    "PhraseCutFile",
    "PhrasesFile",
    "RefcocoFolder",
]

Kind: TypeAlias = Literal["phrases", "refcoco", "phrasecut", "coco"]

MaskUse: TypeAlias = Literal["none", "proposals", "finished"]

CrowdUse: TypeAlias = Literal["auto", "skip", "take"]

PhrasesFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--phrases", help="CSV, JSON or JSON Lines of image, phrase and perhaps category and split."
    ),
]

RefcocoFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option("--refcoco", help="Folder with refs(NAME).p (or refs.json) and instances.json."),
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


Crowds: TypeAlias = Annotated[
    Literal["skip", "take"] | None,
    typer.Option(
        "--crowds",
        help="Skip or take objects with iscrowd 1, which marks groups in COCO and every mask that "
        "was painted in other programs [default: take them where all objects are marked so].",
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
        What the name of RefCOCO's refs has in brackets; empty where there are refs of one kind.
    splits : tuple of str
        Only these splits of RefCOCO; all where empty.
    crowds : {"auto", "skip", "take"}
        Whether to take objects with ``iscrowd`` 1.
    """

    images: Path
    kind: Kind
    source: Path
    masks: MaskUse
    split_by: str = ""
    splits: tuple[str, ...] = ()
    crowds: CrowdUse = "auto"

    @classmethod
    def named(
        cls,
        images: Path | None,
        sources: Mapping[Kind, Path | None],
        masks: MaskUse | None,
        split_by: str | None,
        splits: list[str] | None,
        crowds: Literal["skip", "take"] | None = None,
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
        crowds : {"skip", "take"}, optional
            As in the class; "auto" by default.

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
        if crowds and not (sources["coco"] or sources["refcoco"]):
            raise AnnotationError("--crowds belongs to --coco FILE or --refcoco FOLDER: give one")
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
        return cls(images, kind, source, use, split_by or "", tuple(splits or ()), crowds or "auto")

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
                self.split_by or None,
                self.images,
                splits=self.splits or None,
                masks=self.masks,
                crowds=self.crowds,
                shard=shard,
            )
        if self.kind == "phrases":
            return imports.import_table(project, self.source, self.images, shard=shard)
        if self.kind == "phrasecut":
            return imports.import_phrasecut(
                project, self.source, self.images, masks=self.masks, shard=shard
            )
        return imports.import_coco(
            project, self.source, self.images, masks=self.masks, crowds=self.crowds, shard=shard
        )


def _check_splits(
    sources: Mapping[Kind, Path | None], split_by: str | None, splits: list[str] | None
) -> None:
    if (split_by or splits) and not sources["refcoco"]:
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

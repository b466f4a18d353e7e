"""Accepted masks as files."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from napari_zsris._qt.core.annotation import Annotation, Site
from napari_zsris._qt.core.collection import Collection
from napari_zsris.annotations import (
    CocoImage,
    CocoObject,
    MaskFormat,
    ReferredObject,
    Rle,
    encode_rle,
    write_coco,
    write_refcoco,
)
from napari_zsris.errors import AnnotationError

__all__ = ["ExportFormat", "export"]


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


def export(collection: Collection, path: Path, kind: ExportFormat) -> int:
    """Write accepted masks.

    Parameters
    ----------
    collection : Collection
        The masks.
    path : Path
        The file, or the folder for RefCOCO.
    kind : ExportFormat
        What to write.

    Returns
    -------
    int
        How many accepted masks were written.

    Raises
    ------
    AnnotationError
        Nothing is accepted, or nothing that the format can hold.
    OutputError
        The file cannot be written.
    """
    if not len(collection):
        raise AnnotationError("nothing is accepted yet: accept a mask with A, then export")
    images = {
        site: CocoImage(number, _file_name(site), *site.size)
        for number, site in enumerate(collection.sites(), 1)
    }
    if kind is ExportFormat.REFCOCO:
        referred = _referred(collection, images)
        write_refcoco(path, images.values(), referred)
        return sum(len(item.phrases) for item in referred)
    objects = (_coco_object(annotation, images[annotation.site].id) for annotation in collection)
    masks: MaskFormat = "polygons" if kind is ExportFormat.COCO_POLYGONS else "rle"
    return write_coco(path, images.values(), objects, masks=masks)


def _coco_object(annotation: Annotation, image: int) -> CocoObject:
    extra = {
        "phrase": annotation.phrase,
        "status": annotation.status,
        "score": annotation.score,
        # Files count candidates from 1, as people do.
        "rank": None if annotation.rank is None else annotation.rank + 1,
        "model": annotation.model,
    }
    return CocoObject(image, annotation.category, _rle(annotation), extra)


def _referred(collection: Collection, images: Mapping[Site, CocoImage]) -> list[ReferredObject]:
    """Gather the phrases that were accepted with the very same mask: they are one object's."""
    phrases: dict[tuple[Site, str, str], list[str]] = {}
    for annotation in collection:
        if annotation.phrase:
            key = annotation.site, annotation.category, _rle(annotation)["counts"]
            phrases.setdefault(key, []).append(annotation.phrase)
    if not phrases:
        raise AnnotationError(
            "none of the accepted masks has a phrase, which RefCOCO is about: "
            "export COCO, or accept a mask for a phrase"
        )
    return [
        ReferredObject(images[site], category, Rle(size=list(site.size), counts=counts), said)
        for (site, category, counts), said in phrases.items()
    ]


def _rle(annotation: Annotation) -> Rle:
    height, width = annotation.site.size
    return encode_rle(annotation.bitmap.window(0, 0, width, height))


def _file_name(site: Site) -> str:
    """Name a plane: a COCO file has one row a picture, so planes of a stack are numbered."""
    if not site.position:
        return site.image
    return f"{site.image}[{','.join(str(place) for place in site.position)}]"

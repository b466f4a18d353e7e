"""Photos whose objects are known: what the proposals learn from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ProposalError
from napari_zsris.proposals.coco_masks import AnnotatedPhoto, read_instances
from napari_zsris.proposals.label_map import enlarged
from napari_zsris.proposals.objects.photo import PhotoRegions

__all__ = ["Example", "find_photos"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.intp]

ANNOTATIONS = ("*.json", "annotations/*.json")
PHOTOS = ("", "images", "..", "../images")
"""Where a photo may lie, seen from the annotations' folder."""


@dataclass(frozen=True, eq=False)
class Example:
    """A photo's regions, and how they share its m objects.

    Parameters
    ----------
    photo : PhotoRegions
        Its n regions.
    sizes : (n,) float32 array
        Pixels of each region, in the whole photo.
    shared : (n, m) float32 array
        Pixels of each region that lie in each object.
    areas : (m,) float32 array
        Pixels of each object.
    """

    photo: PhotoRegions
    sizes: FloatArray
    shared: FloatArray
    areas: FloatArray

    @classmethod
    def of(cls, photo: PhotoRegions, masks: Iterable[BoolArray], size: tuple[int, int]) -> Example:
        """Compare a photo's regions with its objects.

        Parameters
        ----------
        photo : PhotoRegions
            Its n regions.
        masks : iterable of (H, W) bool arrays
            Its objects.
        size : tuple of int
            The photo's (height, width), in pixels.

        Returns
        -------
        Example
            What can be learnt from it.
        """
        labels = enlarged(photo.graph.labels, size)
        count = len(photo)
        columns = [np.bincount(labels[mask], minlength=count) for mask in masks]
        shared = np.array(columns, np.float32).reshape(-1, count).T
        sizes = np.bincount(labels.ravel(), minlength=count).astype(np.float32)
        return cls(photo, sizes, shared, shared.sum(axis=0))

    @cached_property
    def figure(self) -> FloatArray:
        """Share of each region that lies on any object, (n,) float32."""
        share = self.shared.sum(axis=1) / np.maximum(self.sizes, 1)
        clipped: FloatArray = np.clip(share, 0, 1).astype(np.float32)
        return clipped

    @cached_property
    def owner(self) -> IntArray:
        """The object that holds most of each region, -1 where none holds half, (n,) intp."""
        if not len(self.areas):
            return np.full(len(self.sizes), -1)
        most = self.shared.max(axis=1) > self.sizes / 2
        return np.where(most, self.shared.argmax(axis=1), -1)

    def iou(self, members: BoolArray) -> FloatArray:
        """Compare groups of regions with the objects.

        Parameters
        ----------
        members : (M, n) bool array
            Groups of regions.

        Returns
        -------
        (M, m) float32 array
            Intersection over union.
        """
        inside = members.astype(np.float32)
        shared, sizes = inside @ self.shared, inside @ self.sizes
        union = sizes[:, None] + self.areas - shared
        iou: FloatArray = (shared / np.maximum(union, 1)).astype(np.float32)
        return iou


def find_photos(source: Path) -> list[tuple[Path, AnnotatedPhoto]]:
    """Find annotated photos.

    Parameters
    ----------
    source : Path
        A COCO instance file, or a folder with one in it or in its folder `annotations`.

    Returns
    -------
    list of (Path, AnnotatedPhoto)
        Each photo's file and annotations; photos without any mask are left out, for nobody says
        whether they show no object.

    Raises
    ------
    ProposalError
        The folder holds no such file or several, it is no COCO file, or a photo is missing.
    AnnotationError
        The file cannot be read or is not JSON.
    """
    file = _annotations(source)
    photos = [photo for photo in read_instances(file) if photo.rows]
    return [(_file(file.parent, photo), photo) for photo in photos]


def _annotations(source: Path) -> Path:
    if not source.is_dir():
        return source
    found = sorted(path for pattern in ANNOTATIONS for path in source.glob(pattern))
    named = [path for path in found if "instances" in path.name or "_annotations" in path.name]
    chosen = named or found
    if len(chosen) != 1:
        names = ", ".join(path.name for path in chosen[:5]) or "none"
        raise ProposalError(
            f"{source} holds {len(chosen)} files of COCO instances ({names}); name one of them"
        )
    return chosen[0]


def _file(folder: Path, photo: AnnotatedPhoto) -> Path:
    """Find a photo without leaving the folders where it may lie."""
    name = photo.name.replace("\\", "/")
    if name and ".." not in name.split("/") and not Path(name).is_absolute():
        for place in PHOTOS:
            path = folder / place / name
            if path.is_file():
                return path
    raise ProposalError(
        f"{photo.file} names a photo {photo.name!r} that is neither beside it nor in a folder "
        "'images' there: bring both into one folder"
    )

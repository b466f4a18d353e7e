"""Masks out of a foreign COCO annotation file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike, fspath
from pathlib import Path, PurePath
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import AnnotationError, ProposalError, warn
from napari_zsris.formats.fields import Fields
from napari_zsris.formats.identity import Key, Rows, as_key
from napari_zsris.formats.json_file import load_json
from napari_zsris.formats.notes import Notes
from napari_zsris.formats.segmentation import Size, decode_segmentation
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.photo_frame import PhotoFrame
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.rle import decode_rle

__all__ = ["AnnotatedPhoto", "read_coco", "read_instances"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]


def read_coco(file: Path, size: Size, photo: str | PathLike[str] | None = None) -> Proposals:
    """Read one photo's masks from COCO annotations.

    Rows without a usable mask are left out with a warning as long as one is good.

    Parameters
    ----------
    file : Path
        JSON with `images` and `annotations`, or a list of results.
    size : tuple of int
        The photo's (height, width), in pixels.
    photo : str or path-like, optional
        The photo's file; needed when the annotations are of several photos.

    Returns
    -------
    Proposals
        The masks in the file's order, with their scores when every row has one.

    Raises
    ------
    ProposalError
        The file is no COCO file, the photo is not in it, or no row's mask is sound and of the
        photo's size.
    AnnotationError
        The file cannot be read or is not JSON, or it is not certain which rows are the photo's.
    """
    images, annotations = _tables(file)
    image, rows = _of_photo(file, images, annotations, photo)
    decoder = _Decoder(size, image, photo)
    bitmaps: list[Bitmap] = []
    scores: list[object] = []
    for row in rows:
        if row.get("segmentation"):
            bitmap = decoder.bitmap(row)
            if bitmap is not None:
                bitmaps.append(bitmap)
                scores.append(row.get("score"))
    decoder.tell(file, len(bitmaps))
    numbers = [float(score) for score in scores if isinstance(score, int | float)]
    known = len(numbers) == len(bitmaps)
    return Proposals.from_bitmaps(bitmaps, size, scores=numbers if known else None)


@dataclass(frozen=True)
class AnnotatedPhoto:
    """One photo of a COCO file with all that is annotated in it.

    Parameters
    ----------
    file : Path
        The annotations' file.
    image : Fields
        The photo's row.
    rows : list of Fields
        Its annotations that have a mask, crowds left out.
    """

    file: Path
    image: Fields
    rows: list[Fields]

    @property
    def name(self) -> str:
        """The photo's file name, as written there."""
        return str(self.image.get("file_name") or "")

    def masks(self, size: Size, photo: str | PathLike[str] | None = None) -> Iterator[BoolArray]:
        """Decode the masks one by one; those that are damaged are left out with a warning.

        Parameters
        ----------
        size : tuple of int
            The photo's (height, width), in pixels.
        photo : str or path-like, optional
            The photo's file, which tells how it is stored.

        Yields
        ------
        (H, W) bool array
            A mask.

        Raises
        ------
        ProposalError
            No mask is sound and of the photo's size.
        """
        decoder = _Decoder(size, self.image, photo)
        taken = 0
        for row in self.rows:
            bitmap = decoder.bitmap(row)
            if bitmap is not None:
                taken += 1
                yield bitmap.window(0, 0, size[1], size[0])
        decoder.tell(self.file, taken)


def read_instances(file: Path) -> list[AnnotatedPhoto]:
    """Read all photos of a COCO instance file.

    Parameters
    ----------
    file : Path
        JSON with `images` and `annotations`.

    Returns
    -------
    list of AnnotatedPhoto
        In the file's order; masks are decoded when they are asked for.

    Raises
    ------
    ProposalError
        It is no COCO file, or lists no photos.
    AnnotationError
        The file cannot be read or is not JSON.
    """
    images, annotations = _tables(file)
    if not images:
        raise ProposalError(
            f"{file} lists no photos; give COCO instances with images and annotations"
        )
    rows: dict[Key | None, list[Fields]] = {}
    for row in annotations:
        if row.get("segmentation") and not row.get("iscrowd"):
            rows.setdefault(as_key(row.get("image_id")), []).append(row)
    return [AnnotatedPhoto(file, image, rows.get(as_key(image.get("id")), [])) for image in images]


class _Decoder:
    """Decodes one photo's masks, and keeps what is to be said of them."""

    def __init__(self, size: Size, image: Fields | None, photo: str | PathLike[str] | None) -> None:
        self._size = size
        self._drawn = (
            (image.optional_whole("height"), image.optional_whole("width"))
            if image
            else (None, None)
        )
        self._orientation = PhotoFrame.of(size, photo).orientation
        self._bad: list[tuple[str, AnnotationError]] = []
        self._notes = Notes()

    def bitmap(self, row: Fields) -> Bitmap | None:
        """Decode a row's mask; keep why it has none."""
        where = f"annotation {ascii(row.get('id'))[:60]}"
        try:
            rle = decode_segmentation(
                row.get("segmentation"),
                self._size,
                drawn=self._drawn,
                orientation=self._orientation,
                remark=partial(self._notes.add, where),
            )
            return Bitmap.from_mask(decode_rle(rle))
        except AnnotationError as error:
            self._bad.append((where, error))
            return None

    def tell(self, file: Path, taken: int) -> None:
        """Warn of what is not as it was in the file, or refuse it where nothing is left."""
        if self._bad:
            where, error = self._bad[0]
            told = f"{where} in {file} has no usable mask: {error}"
            if not taken:
                raise ProposalError(
                    f"{told}; export it again for this photo at its full size"
                ) from error
            warn(f"{told}; {len(self._bad)} rows of the file were left out")
        for note in self._notes.told():
            warn(f"{file}: {note}")


def _tables(file: Path) -> tuple[list[Fields], list[Fields]]:
    content = load_json(file)
    if isinstance(content, list):
        return [], _rows(file, content, "results")
    if not isinstance(content, dict):
        content = {}
    return _rows(file, content.get("images"), "images"), _rows(
        file, content.get("annotations"), "annotations"
    )


def _rows(file: Path, table: object, name: str) -> list[Fields]:
    if not isinstance(table, list) or not all(isinstance(row, dict) for row in table):
        raise ProposalError(f"{file} is no COCO file: it has no list of {name}; export it again")
    return [Fields(row) for row in table]


def _of_photo(
    file: Path,
    images: Sequence[Fields],
    annotations: list[Fields],
    photo: str | PathLike[str] | None,
) -> tuple[Fields | None, list[Fields]]:
    """Give a photo's row, where there are any, and its annotations."""
    ids = {as_key(row.get("image_id")) for row in annotations}
    if len(images) <= 1 and len(ids) <= 1:
        return next(iter(images), None), annotations
    name = PurePath(fspath(photo or "")).name
    keyed: list[tuple[Key, Fields]] = [
        (key, row) for row in images if (key := as_key(row.get("id"))) is not None
    ]
    keys = {key for key, row in keyed if _name(row) == name}
    if len(keys) != 1 or not name:
        raise ProposalError(
            f"{file} annotates several photos, and {len(keys)} of them are named {name!r}: "
            "give a file with this photo's masks alone"
        )
    (wanted,) = keys
    image = Rows("photo", keyed, _name).find(wanted)
    return image, [row for row in annotations if as_key(row.get("image_id")) == wanted]


def _name(row: Fields) -> str:
    return str(row.get("file_name")).replace("\\", "/").rpartition("/")[2]

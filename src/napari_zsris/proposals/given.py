"""Masks of one's own, from a file: NumPy stacks, pictures of labels, COCO annotations."""

from __future__ import annotations

import struct
import zipfile
import zlib
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import UnidentifiedImageError

from napari_zsris.errors import AnnotationError, ImageError, ProposalError, shortened, warn
from napari_zsris.images import without_pillow_guard
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.coco_masks import read_coco
from napari_zsris.proposals.photo_frame import PhotoFrame
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.tiff import check_decoder, is_tiff, read_tiff_pages

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["read_masks"]

AnyArray: TypeAlias = npt.NDArray[Any]

ADVICE = "give a stack (N, H, W) as .npy or .npz, a picture of labels, or COCO annotations as .json"
#: A picture with more values than this is a photo, not a picture of labels.
MOST_LABELS = 10_000
#: Formats that keep labels exactly, and that Pillow reads without calling other programs.
PICTURES = ("BMP", "GIF", "PNG", "TIFF")
#: The tag of a TIFF that tells what its numbers mean; 0 where 0 is white.
PHOTOMETRIC = 262
#: The largest of single precision's numbers up to which all whole ones are there.
MOST_EXACT = 2**24
DAMAGE = (
    OSError, ValueError, EOFError, SyntaxError, LookupError, TypeError, AttributeError,
    ArithmeticError, RuntimeError, AssertionError, struct.error, zipfile.BadZipFile, zlib.error,
    ImageError, AnnotationError,
)  # fmt: skip


def read_masks(
    path: str | PathLike[str], size: tuple[int, int], photo: str | PathLike[str] | None = None
) -> Proposals:
    """Read the masks of one photo.

    Masks that were drawn on the stored pixels of a photo that EXIF turns are turned with it, with a
    warning. Where their size does not tell, they are taken as drawn on the photo as people see it,
    which a warning says, too.

    Parameters
    ----------
    path : str or path-like
        One of

        * `.npy`: (N, H, W) booleans or whole numbers, non-zero inside; or (H, W) labels, where
          every value but 0 is one mask;
        * `.npz`: the same as `masks`, or as its only array; optionally `boxes` (N, 4) as x0, y0,
          x1, y1 in pixels and `scores` (N,);
        * `.json`: COCO annotations with polygons or run lengths, and scores where they have one;
        * any other: a grey, palette or black-and-white picture of labels, or an RGB one whose
          three channels are the same; or a TIFF of several pages with one mask each, whose
          labels may be whole numbers kept as real ones.
    size : tuple of int
        The photo's (height, width), in pixels.
    photo : str or path-like, optional
        The photo's file, to find it among several in COCO annotations, and to tell how it is
        stored.

    Returns
    -------
    Proposals
        The masks in the file's order, or by label.

    Raises
    ------
    ProposalError
        The file cannot be read, holds no masks, or its masks are of another size.
    """
    file = Path(path)
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise ProposalError(f"{file} is a device or a pipe, not a file; save the masks to a file")
    try:
        proposals = _read(file, size, photo)
    except DAMAGE as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error) or "it is cut short"
        raise ProposalError(
            f"cannot read masks from {file}: {' '.join(reason.split())[:200]}; {ADVICE}"
        ) from error
    if not len(proposals):
        raise ProposalError(f"{file} holds no mask for this photo; {ADVICE}")
    return proposals


def _read(file: Path, size: tuple[int, int], photo: str | PathLike[str] | None) -> Proposals:
    match file.suffix.lower():
        case ".npy":
            array = np.lib.format.open_memmap(file, mode="r")
            return _from_array(file, array, PhotoFrame.of(size, photo))
        case ".npz":
            return _from_archive(file, PhotoFrame.of(size, photo))
        case ".json":
            return read_coco(file, size, photo)
        case _:
            frame = PhotoFrame.of(size, photo)
            return _from_array(file, _labels(file, frame), frame)


def _from_archive(file: Path, frame: PhotoFrame) -> Proposals:
    # From a stream that is closed here: NumPy leaves a damaged archive's file open.
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        names = archive.files
        if "masks" not in names and len(names) != 1:
            raise ValueError(f"none of its {len(names)} arrays ({_listed(names)}) is named masks")
        masks = archive["masks" if "masks" in names else names[0]]
        proposals = _from_array(file, masks, frame)
        given = {name: archive[name] for name in ("boxes", "scores") if name in names}
    if "boxes" in given:
        given["boxes"] = frame.upright_boxes(given["boxes"], _sides(masks))
    return Proposals.from_bitmaps(proposals.bitmaps, frame.size, **given) if given else proposals


def _listed(names: list[str]) -> str:
    return ", ".join(shortened(name, 20) for name in names[:3]) + ", ..." * (len(names) > 3)


def _from_array(file: Path, array: AnyArray, frame: PhotoFrame) -> Proposals:
    if array.dtype.kind not in "bui" or array.ndim not in (2, 3):
        raise ProposalError(
            f"{file} holds {array.dtype} of shape {array.shape}, which are no masks: give "
            "booleans or whole numbers of shape (N, H, W), or labels of shape (H, W)"
        )
    _check_size(file, _sides(array), frame)
    turned = frame.upright(array)
    if array.ndim == 3:
        proposals = Proposals.from_masks(turned)
    else:
        proposals = Proposals.from_bitmaps(_split(file, turned), frame.size)
    remark = frame.remark(_sides(array))
    if remark and len(proposals):
        warn(f"{file}: each mask {remark}")
    return proposals


def _sides(array: AnyArray) -> tuple[int, int]:
    return array.shape[-2], array.shape[-1]


def _check_size(file: Path, found: tuple[int, int], frame: PhotoFrame) -> None:
    if not frame.fits(found):
        height, width = frame.size
        raise ProposalError(
            f"the masks in {file} are {found[1]} x {found[0]} pixels, the photo is "
            f"{width} x {height}: give masks made on this photo at its full size"
        )


def _labels(file: Path, frame: PhotoFrame) -> AnyArray:
    try:
        pages = _tiff_pages(file, frame) or _pictures(file, frame)
    except UnidentifiedImageError:
        with file.open("rb") as stream:
            if is_tiff(stream):
                check_decoder(stream)
        raise
    return pages[0] if len(pages) == 1 else np.stack(pages)


def _tiff_pages(file: Path, frame: PhotoFrame) -> list[AnyArray]:
    """Read a TIFF as it is stored, where Pillow swaps the bytes of some and turns white to 0."""

    def check(width: int, height: int) -> None:
        _check_size(file, (height, width), frame)

    with file.open("rb") as stream:
        pages = read_tiff_pages(stream, check) if is_tiff(stream) else None
    if pages is not None and not pages:
        raise ValueError("it is cut short")
    return [_whole(_grey(page) if page.ndim > 2 else page) for page in pages or ()]


def _pictures(file: Path, frame: PhotoFrame) -> list[AnyArray]:
    from PIL import Image, ImageSequence

    # A mask has its photo's size, which is checked before its pixels are decoded.
    with without_pillow_guard(), Image.open(file, formats=PICTURES) as picture:
        count: int = getattr(picture, "n_frames", 1)
        if count > 1 and picture.format != "TIFF":
            raise ValueError(f"it is an animation of {count} pictures")
        return [_page(file, page, frame) for page in ImageSequence.Iterator(picture)]


def _page(file: Path, picture: Image, frame: PhotoFrame) -> AnyArray:
    _check_size(file, (picture.height, picture.width), frame)
    if picture.mode == "RGB":
        return _grey(np.array(picture))
    if picture.mode not in ("1", "L", "P", "I") and not picture.mode.startswith("I;"):
        raise ValueError(f"its pixels are {picture.mode} values, not labels")
    labels: AnyArray = np.array(picture)
    if picture.mode == "L" and _counts_from_white(picture):
        # Pillow has turned the numbers round.
        labels = np.iinfo(labels.dtype).max - labels
    return labels


def _counts_from_white(picture: Image) -> bool:
    return picture.format == "TIFF" and picture.getexif().get(PHOTOMETRIC) == 0


def _grey(colours: AnyArray) -> AnyArray:
    """Take labels out of a picture that some tool saved in colour, three times each."""
    labels = colours[..., 0]
    if (colours != labels[..., None]).any():
        raise ValueError("its red, green and blue differ, so that its pixels are colours")
    return labels


def _whole(labels: AnyArray) -> AnyArray:
    """Take whole numbers for labels as ImageJ stores them, which has none of more than 16 bits."""
    if labels.dtype.kind != "f":
        return labels
    # Beyond single precision's whole numbers, neighbours would fall together.
    if not (np.isfinite(labels).all() and (np.abs(labels) <= MOST_EXACT).all()):
        raise ValueError("its pixels are no finite numbers, or too large for labels")
    if (labels % 1).any():
        raise ValueError("its pixels are not whole numbers, so that they are no labels")
    return labels.astype(np.int32)


def _split(file: Path, labels: AnyArray) -> list[Bitmap]:
    from scipy.ndimage import find_objects

    values, places = np.unique(labels, return_inverse=True)
    if len(values) > MOST_LABELS:
        raise ProposalError(
            f"{file} holds {len(values)} different values, which looks like a photo: "
            "give a picture of labels, one value per object"
        )
    # find_objects counts from 1.
    numbers = places.reshape(labels.shape) + 1
    windows = zip(values.tolist(), enumerate(find_objects(numbers), 1), strict=True)
    return [
        Bitmap.from_mask(numbers[window] == number, window[0].start, window[1].start)
        for value, (number, window) in windows
        if value != 0
    ]

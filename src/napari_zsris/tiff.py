"""TIFF pictures beyond what Pillow reads: deep colours, real numbers, rarer compressions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from napari_zsris.errors import ImageError
from napari_zsris.pixels import Pixels, as_rgb

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

__all__ = [
    "LYING",
    "ORIENTATION",
    "check_decoder",
    "count_pages",
    "is_big_endian_bigtiff",
    "is_tiff",
    "read_tiff",
    "read_tiff_layout",
    "read_tiff_pages",
    "upright",
]

_BIG_ENDIAN_BIGTIFF = b"MM\0+"
_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", _BIG_ENDIAN_BIGTIFF)
_GREY_FROM_WHITE, _GREY, _RGB, _INKS, _LUMA = 0, 1, 2, 5, 6
_SEPARATE, _PREDICTOR, _JPEG = 2, 317, 7
# tifffile finds out that neither is there only when it decodes.
_ZSTANDARD, _WITH_ZSTANDARD = 50000, ("imagecodecs", "compression")
ORIENTATION = 274
"""The tag, in EXIF as well, that tells how the camera was held."""
LYING = (5, 6, 7, 8)
"""Its values that swap height and width."""


def is_tiff(stream: BinaryIO) -> bool:
    """Tell a TIFF by its first bytes.

    Parameters
    ----------
    stream : binary file
        Any file; its position is put back to the beginning.

    Returns
    -------
    bool
        Whether it begins as TIFF or BigTIFF.
    """
    return _magic(stream) in _MAGIC


def is_big_endian_bigtiff(stream: BinaryIO) -> bool:
    """Tell a BigTIFF whose highest bytes come first, whose tags Pillow misreads.

    Parameters
    ----------
    stream : binary file
        Any file; its position is put back to the beginning.

    Returns
    -------
    bool
        Whether it begins as such.
    """
    return _magic(stream) == _BIG_ENDIAN_BIGTIFF


def read_tiff(stream: BinaryIO, check_size: Callable[[int, int], None]) -> Pixels:
    """Read the first page of a TIFF in all its bits, upright.

    Parameters
    ----------
    stream : binary file
        The TIFF.
    check_size : callable
        Raises for a width and a height, in pixels, that are too much to decode.

    Returns
    -------
    (H, W), (H, W, 3) or (H, W, 4) array
        Grey where 0 is black, RGB or RGBA.

    Raises
    ------
    ImageError
        A decoder is not installed, or the pixels stand for something else than grey or RGB.
    Exception
        What tifffile raises on damaged files, of many kinds.
    """
    with _first_page(stream) as page:
        check_size(page.imagewidth, page.imagelength)
        _check_decoder(page)
        pixels = _channels_last(page)
        # Of JPEG's luma and colour differences, its decoder makes RGB.
        decoded = page.photometric == _LUMA and page.compression == _JPEG
        pixels = _black_at_zero(pixels, _RGB if decoded else int(page.photometric))
        return upright(pixels, page.tags.valueof(ORIENTATION, 1))


def read_tiff_pages(
    stream: BinaryIO, check_size: Callable[[int, int], None]
) -> list[Pixels] | None:
    """Read all pages of a TIFF as the numbers that are stored, upright.

    Parameters
    ----------
    stream : binary file
        The TIFF.
    check_size : callable
        Raises for a width and a height, in pixels, that are too much to decode.

    Returns
    -------
    list of (H, W) or (H, W, C) array, or None
        One a page; None where a decoder is not installed.

    Raises
    ------
    Exception
        What `check_size` raises, and tifffile on damaged files, of many kinds.
    """
    with _opened(stream) as tiff:
        pages = []
        for each in tiff.pages:
            page = each.aspage()
            orientation = page.tags.valueof(ORIENTATION, 1)
            sides = page.imagewidth, page.imagelength
            check_size(*(sides[::-1] if orientation in LYING else sides))
            if not _is_decodable(page):
                return None
            pages.append(upright(_channels_last(page), orientation))
        return pages


def read_tiff_layout(stream: BinaryIO) -> tuple[tuple[int, int], int]:
    """Tell the size of a TIFF's first page, and how it is stored.

    Parameters
    ----------
    stream : binary file
        The TIFF.

    Returns
    -------
    size : tuple of int
        (height, width) in pixels, of the upright picture.
    orientation : int
        The tag's value, 1 (upright) to 8.
    """
    with _first_page(stream) as page:
        height, width = int(page.imagelength), int(page.imagewidth)
        found = page.tags.valueof(ORIENTATION, 1)
    orientation = found if found in range(1, 9) else 1
    return ((width, height) if orientation in LYING else (height, width)), orientation


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo one of the eight ways in which EXIF says a camera can be held.

    Parameters
    ----------
    pixels : (H, W, ...) array
        A picture as it is stored.
    orientation : int
        What the tag says; another value than 1 to 8 leaves the picture as it is.

    Returns
    -------
    (H, W, ...) or (W, H, ...) array
        A view.
    """
    if orientation in LYING:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def count_pages(stream: BinaryIO) -> int:
    """Count the pages of a TIFF.

    Parameters
    ----------
    stream : binary file
        The TIFF.

    Returns
    -------
    int
        At least one.
    """
    with _opened(stream) as tiff:
        return len(tiff.pages)


def check_decoder(stream: BinaryIO) -> None:
    """Make sure that a TIFF can be decoded on this machine, without decoding it.

    Parameters
    ----------
    stream : binary file
        The TIFF.

    Raises
    ------
    ImageError
        A decoder is not installed.
    """
    with _first_page(stream) as page:
        _check_decoder(page)


def _magic(stream: BinaryIO) -> bytes:
    stream.seek(0)
    magic = stream.read(4)
    stream.seek(0)
    return magic


@contextlib.contextmanager
def _opened(stream: BinaryIO) -> Generator[TiffFile]:
    # Imported here, for most photos do not need it.
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        yield tiff


@contextlib.contextmanager
def _first_page(stream: BinaryIO) -> Generator[TiffPage]:
    with _opened(stream) as tiff:
        yield tiff.pages.first


def _channels_last(page: TiffPage) -> Pixels:
    there = max(page.parent.filehandle.size, page.nbytes)
    if max(page.databytecounts, default=0) > there:
        # tifffile would ask for all that memory before it finds out.
        raise ValueError("it is damaged: a part of it claims to be larger than the file")
    pixels = page.asarray()
    apart = pixels.ndim == 3 and page.planarconfig == _SEPARATE
    return np.moveaxis(pixels, 0, -1) if apart else pixels


def _check_decoder(page: TiffPage) -> None:
    from tifffile import COMPRESSION

    if not _is_decodable(page):
        names = {each.value: each.name for each in COMPRESSION}
        name = names.get(page.compression, f"number {page.compression}")
        raise ImageError(
            f"its pixels are compressed as {name}, for which a decoder is missing; "
            "pip install imagecodecs, or save the photo as PNG"
        )


def _is_decodable(page: TiffPage) -> bool:
    from tifffile import TIFF

    try:
        TIFF.DECOMPRESSORS[page.compression]
        TIFF.UNPREDICTORS[page.tags.valueof(_PREDICTOR, 1)]
    except KeyError:
        return False
    return page.compression != _ZSTANDARD or any(map(find_spec, _WITH_ZSTANDARD))


def _black_at_zero(pixels: Pixels, photometric: int) -> Pixels:
    if photometric == _GREY_FROM_WHITE:
        return np.asarray(255 - as_rgb(pixels))
    if photometric == _INKS and pixels.ndim == 3 and pixels.shape[-1] >= 4:
        inks = pixels[..., :4].astype(np.float32)
        inks /= 2 ** (8 * pixels.itemsize) - 1 if pixels.dtype.kind == "u" else 1
        shades = (1 - inks[..., :3]) * (1 - inks[..., 3:])
        return np.asarray(np.rint(shades * 255).clip(0, 255).astype(np.uint8))
    if photometric in (_GREY, _RGB):
        return pixels
    raise ImageError("its pixels are neither grey nor RGB; save the photo as RGB")

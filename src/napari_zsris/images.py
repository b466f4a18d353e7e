"""Photos from files and arrays, always as (H, W, 3) uint8 RGB."""

from __future__ import annotations

import contextlib
import struct
import threading
import zlib
from collections.abc import Callable, Generator
from os import PathLike
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps, TiffImagePlugin, UnidentifiedImageError

from napari_zsris.errors import ImageError, warn
from napari_zsris.pixels import Photo, as_rgb
from napari_zsris.png import read_deep_png
from napari_zsris.tiff import (
    LYING,
    ORIENTATION,
    check_decoder,
    count_pages,
    is_big_endian_bigtiff,
    is_tiff,
    read_tiff,
    read_tiff_layout,
    upright,
)

__all__ = [
    "FORMATS",
    "LYING",
    "MAX_MEGAPIXELS",
    "as_rgb",
    "read_image",
    "read_layout",
    "read_size",
    "upright",
    "without_pillow_guard",
]

Result = TypeVar("Result")

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""What is read. Pillow knows more, but hands some of it, such as EPS, to other programs."""

MAX_MEGAPIXELS = 300
"""Larger pictures are refused: this many take 1 GB as RGB, and a small file can claim any size."""

# What decoders raise on damaged files.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RuntimeError,
    AssertionError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
)
_BITS_PER_SAMPLE, _COMPRESSION, _PHOTOMETRIC, _SAMPLES_PER_PIXEL = 258, 259, 262, 277
_SAMPLE_FORMAT, _UNSIGNED = 339, 1
# None, the faxes', LZW, JPEG, Deflate, PackBits, LZMA and Zstandard; Pillow decodes them.
_USUAL_COMPRESSIONS = (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34925, 50000)
# Pillow's own guard against huge pictures is lower, and a global that all threads share.
_pillow_guard = threading.Lock()


def read_image(path: str | PathLike[str]) -> Photo:
    """Read a photo as a person sees it: upright, opaque, in RGB.

    Rotation noted by the camera is applied, transparency lies on white, an animation or a TIFF of
    several pages gives its first picture with a warning. Values of more than 8 bits are scaled as
    by :func:`as_rgb`.

    Parameters
    ----------
    path : str or path-like
        A picture file in one of `FORMATS`, whatever its suffix.

    Returns
    -------
    (H, W, 3) uint8 array
        The photo, RGB; a new array.

    Raises
    ------
    ImageError
        There is no such file, it may not be read, it is no picture, damaged, or of more than
        `MAX_MEGAPIXELS`.
    """
    return _from_file(Path(path), _read)


def read_size(path: str | PathLike[str]) -> tuple[int, int]:
    """Tell the size of a photo as :func:`read_image` gives it, from the file's header alone.

    Parameters
    ----------
    path : str or path-like
        A picture file in one of `FORMATS`, whatever its suffix.

    Returns
    -------
    tuple of int
        (height, width) in pixels, of the upright photo.

    Raises
    ------
    ImageError
        There is no such file, it may not be read, it is no picture, its header is damaged, it
        claims more than `MAX_MEGAPIXELS`, or its decoder is not installed.
    """
    return read_layout(path)[0]


def read_layout(path: str | PathLike[str]) -> tuple[tuple[int, int], int]:
    """Tell the size of a photo as :func:`read_size` does, and how it is stored.

    Parameters
    ----------
    path : str or path-like
        A picture file in one of `FORMATS`, whatever its suffix.

    Returns
    -------
    size : tuple of int
        (height, width) in pixels, of the upright photo.
    orientation : int
        How EXIF says that the stored pixels lie, 1 (upright) to 8.

    Raises
    ------
    ImageError
        As of :func:`read_size`.
    """
    return _from_file(Path(path), _read_layout)


def _from_file(file: Path, read: Callable[[Path, BinaryIO], Result]) -> Result:
    try:
        _check_kind(file)
        with file.open("rb") as stream, without_pillow_guard():
            return read(file, stream)
    except FileNotFoundError:
        raise _missing(file) from None
    except PermissionError:
        raise ImageError(f"{file} may not be read; ask for the right to read it") from None
    except (OSError, ValueError) as error:
        # A path with a null character, too long a name, a disk that fails.
        raise ImageError(f"{file} cannot be read: {_one_line(error)}; check the path") from error
    except MemoryError:
        raise ImageError(f"{file} does not fit into memory; make it smaller first") from None


def _missing(file: Path) -> ImageError:
    if not file.is_symlink():
        return ImageError(f"there is no file {file}; check the name and the folder")
    return ImageError(
        f"{file} is a link to {file.readlink()}, which is not there; fetch the photo itself, as "
        "git annex get and dvc pull do"
    )


def _check_kind(file: Path) -> None:
    if file.is_dir():
        raise ImageError(f"{file} is a folder; give one photo in it")
    if file.exists() and not file.is_file():
        raise ImageError(f"{file} is a device or a pipe, not a file; save the photo to a file")
    if file.stat().st_size == 0:
        raise ImageError(f"{file} is empty (0 bytes); copy or download it again")


def _read(file: Path, stream: BinaryIO) -> Photo:
    picture = _opened(file, stream)
    if picture is None:
        return _read_tiff(file, stream)
    _check_size(file, *picture.size)
    try:
        # The further pictures of a phone's JPEG are depth maps and the like.
        if picture.format not in ("JPEG", "MPO"):
            _warn_of_more(file, getattr(picture, "n_frames", 1))
        return _from_pillow(picture, stream)
    except _DAMAGE as error:
        raise _damaged(file, error) from error


def _read_layout(file: Path, stream: BinaryIO) -> tuple[tuple[int, int], int]:
    picture = _opened(file, stream)
    if picture is None:
        size, orientation = _told_of(file, lambda: read_tiff_layout(stream))
    else:
        size, orientation = _told_of(file, lambda: _layout_of(picture))
    _check_size(file, size[1], size[0])
    if picture is None:
        _told_of(file, lambda: check_decoder(stream))
    return size, orientation


def _opened(file: Path, stream: BinaryIO) -> ImageFile.ImageFile | None:
    """Open a picture with Pillow; None for a TIFF that it does not know, or reads wrong."""
    if is_big_endian_bigtiff(stream):
        return None
    try:
        picture = Image.open(stream, formats=FORMATS)
        return None if _is_beyond_pillow(picture) else picture
    except UnidentifiedImageError as error:
        if is_tiff(stream):
            return None
        raise _not_a_picture(file) from error
    except _DAMAGE as error:
        raise _damaged(file, error) from error


def _layout_of(picture: Image.Image) -> tuple[tuple[int, int], int]:
    # A PNG's own getexif would decode the whole photo to look behind the pixels.
    found = Image.Image.getexif(picture).get(ORIENTATION, 1)
    orientation = found if found in range(1, 9) else 1
    width, height = picture.size
    # Pillow gives the size of a TIFF upright already.
    lying = orientation in LYING and picture.format != "TIFF"
    return ((width, height) if lying else (height, width)), orientation


@contextlib.contextmanager
def without_pillow_guard() -> Generator[None]:
    """Lift Pillow's own limit on pixels, which is below `MAX_MEGAPIXELS`, one thread at a time.

    Whoever opens a picture meanwhile checks its size before decoding it.

    Yields
    ------
    None
        Until the context is left.
    """
    with _pillow_guard:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _check_size(file: Path, width: int, height: int) -> None:
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise ImageError(
            f"{file} has {width * height / 1e6:,.0f} megapixels ({width} x {height}), more than "
            f"{MAX_MEGAPIXELS}; make it smaller or cut it up first"
        )


def _warn_of_more(file: Path, count: int) -> None:
    if count > 1:
        warn(f"{file} holds {count} pictures (an animation, or pages); the first one is used")


def _from_pillow(file: ImageFile.ImageFile, stream: BinaryIO) -> Photo:
    deep = read_deep_png(file, stream)
    if deep is not None:
        return as_rgb(upright(deep, file.getexif().get(ORIENTATION, 1)))
    picture: Image.Image = file
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        picture = ImageCms.profileToProfile(picture, lab, srgb, outputMode="RGB") or picture
    elif picture.mode not in ("RGB", "L", "F", "I") and not picture.mode.startswith("I;"):
        picture = picture.convert("RGB")
    return as_rgb(np.array(picture))


def _is_beyond_pillow(picture: Image.Image) -> bool:
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return False
    tags = picture.tag_v2
    bits = int(max(tags.get(_BITS_PER_SAMPLE, (1,))))
    from_white = tags.get(_PHOTOMETRIC) == 0 and bits > 8
    if from_white or tags.get(_COMPRESSION, 1) not in _USUAL_COMPRESSIONS:
        return True
    if tags.get(_SAMPLES_PER_PIXEL, 1) >= 3:
        # It keeps the upper 8 bits alone, so that a 12-bit photo in 16 bits turns black.
        return bits != 8
    if max(tags.get(_SAMPLE_FORMAT, (1,))) == _UNSIGNED:
        return bits > 16
    # Of signed and real numbers it forgets the sign of short ones, and swaps no bytes.
    return bits == 8 or bool(tags.prefix == b"MM")


def _read_tiff(file: Path, stream: BinaryIO) -> Photo:
    def check(width: int, height: int) -> None:
        _check_size(file, width, height)

    photo = _told_of(file, lambda: as_rgb(read_tiff(stream, check)))
    _warn_of_more(file, _told_of(file, lambda: count_pages(stream)))
    return photo


def _told_of(file: Path, read: Callable[[], Result]) -> Result:
    """Read, and have whatever goes wrong say which file it is about."""
    try:
        return read()
    except ImageError as error:
        raise error if str(file) in str(error) else ImageError(f"{file}: {error}") from None
    except _DAMAGE as error:
        raise _damaged(file, error) from error


def _not_a_picture(file: Path) -> ImageError:
    return ImageError(
        f"{file} is not a picture that can be read, or its beginning is damaged; copy it again, or "
        f"convert it to one of {', '.join(FORMATS)}"
    )


def _damaged(file: Path, error: Exception) -> ImageError:
    return ImageError(
        f"{file} is damaged or cut short: {_one_line(error)}; copy, download or export it again"
    )


def _one_line(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(reason.split())[:200] or type(error).__name__

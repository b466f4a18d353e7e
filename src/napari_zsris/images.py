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
from PIL import Image, ImageCms, ImageOps, TiffImagePlugin, UnidentifiedImageError

from napari_zsris.errors import ImageError, warn
from napari_zsris.pixels import Photo, Pixels, as_rgb

__all__ = ["FORMATS", "MAX_MEGAPIXELS", "as_rgb", "read_image", "read_size"]

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
_BITS_PER_SAMPLE, _SAMPLES_PER_PIXEL, _ORIENTATION = 258, 277, 274
_LYING = (5, 6, 7, 8)
_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
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
        There is no such file, it may not be read, it is no picture, its header is damaged, or it
        claims more than `MAX_MEGAPIXELS`.
    """
    return _from_file(Path(path), _read_size)


def _from_file(file: Path, read: Callable[[Path, BinaryIO], Result]) -> Result:
    try:
        _check_kind(file)
        with file.open("rb") as stream, _without_pillow_guard():
            return read(file, stream)
    except FileNotFoundError:
        raise ImageError(f"there is no file {file}; check the name and the folder") from None
    except PermissionError:
        raise ImageError(f"{file} may not be read; ask for the right to read it") from None
    except (OSError, ValueError) as error:
        # A path with a null character, too long a name, a disk that fails.
        raise ImageError(f"{file} cannot be read: {_one_line(error)}; check the path") from error
    except MemoryError:
        raise ImageError(f"{file} does not fit into memory; make it smaller first") from None


def _check_kind(file: Path) -> None:
    if file.is_dir():
        raise ImageError(f"{file} is a folder; give one photo in it")
    if file.exists() and not file.is_file():
        raise ImageError(f"{file} is a device or a pipe, not a file; save the photo to a file")
    if file.stat().st_size == 0:
        raise ImageError(f"{file} is empty (0 bytes); copy or download it again")


def _read(file: Path, stream: BinaryIO) -> Photo:
    try:
        picture = Image.open(stream, formats=FORMATS)
    except UnidentifiedImageError:
        return _read_tiff(file, stream, 1)
    except _DAMAGE as error:
        raise _damaged(file, error) from error
    _check_size(file, *picture.size)
    try:
        _warn_of_more(file, picture)
        if _has_deep_colours(picture):
            return _read_tiff(file, stream, picture.getexif().get(_ORIENTATION, 1))
        return _from_pillow(picture)
    except _DAMAGE as error:
        raise _damaged(file, error) from error


def _read_size(file: Path, stream: BinaryIO) -> tuple[int, int]:
    try:
        with Image.open(stream, formats=FORMATS) as picture:
            width, height = picture.size
            # A PNG's own getexif would decode the whole photo to look behind the pixels.
            orientation = Image.Image.getexif(picture).get(_ORIENTATION, 1)
            # Pillow gives the size of a TIFF upright already.
            lying = orientation in _LYING and picture.format != "TIFF"
    except UnidentifiedImageError:
        return _read_tiff_size(file, stream)
    except _DAMAGE as error:
        raise _damaged(file, error) from error
    _check_size(file, width, height)
    return (width, height) if lying else (height, width)


@contextlib.contextmanager
def _without_pillow_guard() -> Generator[None]:
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


def _warn_of_more(file: Path, picture: Image.Image) -> None:
    # The further pictures of a phone's JPEG are depth maps and the like.
    count = 1 if picture.format in ("JPEG", "MPO") else getattr(picture, "n_frames", 1)
    if count > 1:
        warn(f"{file} holds {count} pictures (an animation, or pages); the first one is used")


def _from_pillow(picture: Image.Image) -> Photo:
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    elif picture.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        picture = ImageCms.profileToProfile(picture, lab, srgb, outputMode="RGB") or picture
    elif picture.mode not in ("RGB", "L", "F", "I") and not picture.mode.startswith("I;"):
        picture = picture.convert("RGB")
    return as_rgb(np.array(picture))


def _has_deep_colours(picture: Image.Image) -> bool:
    # Pillow keeps the upper 8 bits alone of such, and a 12-bit photo in 16 bits turns black.
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return False
    tags = picture.tag_v2
    return bool(tags.get(_SAMPLES_PER_PIXEL, 1) >= 3 and max(tags.get(_BITS_PER_SAMPLE, (8,))) > 8)


def _read_tiff(file: Path, stream: BinaryIO, orientation: int) -> Photo:
    import tifffile

    _check_tiff(file, stream)
    try:
        with tifffile.TiffFile(stream) as tiff:
            page = tiff.pages.first
            _check_size(file, page.imagewidth, page.imagelength)
            pixels = page.asarray()
    except _DAMAGE as error:
        raise _damaged(file, error) from error
    planar = pixels.ndim == 3 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
    try:
        return as_rgb(_upright(np.moveaxis(pixels, 0, -1) if planar else pixels, orientation))
    except ImageError as error:
        raise ImageError(f"{file}: {error}") from None


def _read_tiff_size(file: Path, stream: BinaryIO) -> tuple[int, int]:
    import tifffile

    _check_tiff(file, stream)
    try:
        with tifffile.TiffFile(stream) as tiff:
            page = tiff.pages.first
            height, width = int(page.imagelength), int(page.imagewidth)
    except _DAMAGE as error:
        raise _damaged(file, error) from error
    _check_size(file, width, height)
    return height, width


def _check_tiff(file: Path, stream: BinaryIO) -> None:
    stream.seek(0)
    if stream.read(4) not in _TIFF_MAGIC:
        raise ImageError(
            f"{file} is not a picture that can be read; convert it to one of {', '.join(FORMATS)}"
        )
    stream.seek(0)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo the eight ways in which EXIF says a camera can be held."""
    if orientation in _LYING:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _damaged(file: Path, error: Exception) -> ImageError:
    return ImageError(
        f"{file} is damaged or cut short: {_one_line(error)}; copy, download or export it again"
    )


def _one_line(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(reason.split())[:200] or type(error).__name__

"""Text files in the encodings that spreadsheets and editors choose."""

from __future__ import annotations

import codecs
from pathlib import Path

from napari_zsris.errors import AnnotationError

__all__ = ["read_bytes", "read_text"]

# The marks of UTF-32 begin as those of UTF-16 do.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_bytes(path: Path) -> bytes:
    """Read a whole file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    AnnotationError
        It cannot be read, or does not fit into memory.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise AnnotationError(
            f"cannot read {path}: {reason}; check the name and your rights"
        ) from error
    except MemoryError:
        raise AnnotationError(f"{path} does not fit into memory; split it up first") from None


def read_text(path: Path) -> str:
    """Read a text file: UTF-8, or what its byte-order mark says.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        Its text without the mark. Bytes that are no UTF-8 become lone surrogates, so that a reader
        can name the line that they are on.

    Raises
    ------
    AnnotationError
        It cannot be read, does not fit into memory, or is not in the encoding that its mark says.
    """
    data = read_bytes(path)
    mark, encoding = next((each for each in _MARKS if data.startswith(each[0])), (b"", "utf-8"))
    errors = "surrogateescape" if encoding == "utf-8" else "strict"
    try:
        return str(memoryview(data)[len(mark) :], encoding, errors)
    except UnicodeDecodeError as error:
        raise AnnotationError(
            f"{path} begins as {encoding.upper()} and is not: {error.reason}; save it as UTF-8"
        ) from error
    except MemoryError:
        raise AnnotationError(f"{path} does not fit into memory; split it up first") from None

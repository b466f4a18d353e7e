"""Pickles of plain data, written the same on every run and read without running anything."""

from __future__ import annotations

import io
import pickle
import struct
from typing import BinaryIO, NoReturn

from napari_zsris.errors import AnnotationError

__all__ = ["ListPickler", "load_plain"]

_SMALLEST, _LARGEST = -(2**31), 2**31 - 1


def load_plain(data: bytes, name: str) -> object:
    """Read a pickle that holds nothing but plain data, of Python 2 or 3.

    Parameters
    ----------
    data : bytes
        The pickle.
    name : str
        What to call it in an error message.

    Returns
    -------
    object
        Dicts, lists, tuples, sets, text, bytes, numbers, booleans and None.

    Raises
    ------
    AnnotationError
        It asks for a class or function, is damaged, or does not fit into memory.
    """
    reader = _PlainUnpickler(io.BytesIO(data), encoding="latin1")
    try:
        return reader.load()
    except AnnotationError as error:
        raise AnnotationError(f"{name} was refused: {error}") from None
    except MemoryError:
        raise AnnotationError(f"{name} does not fit into memory; split it up first") from None
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise AnnotationError(
            f"{name} is not a whole pickle: {reason}; download it again"
        ) from error


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> NoReturn:
        raise AnnotationError(
            f"it asks for {module_name}.{global_name}, which could run a program of its maker; "
            "get the dataset as JSON, or save it again as plain lists and dicts"
        )

    def persistent_load(self, pid: object) -> NoReturn:
        raise AnnotationError(
            f"it asks for an outside object ({str(pid)[:80]!r}); get the dataset as JSON"
        )


class ListPickler:
    """A pickled list in the making, as protocol 2, which Python 2 reads too.

    The standard pickler writes equal strings differently depending on whether they are one object
    in memory; this one depends on values alone, and keeps none of them.

    Parameters
    ----------
    stream : binary stream
        Where the pickle goes.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        stream.write(pickle.PROTO + b"\x02" + pickle.EMPTY_LIST)

    def append(self, value: object) -> None:
        """Write the list's next value.

        Parameters
        ----------
        value : object
            Made of dicts, lists, text, numbers, booleans and None.

        Raises
        ------
        TypeError
            It is not plain data.
        """
        self._stream.write(_encoded(value) + pickle.APPEND)

    def finish(self) -> None:
        """Complete the pickle."""
        self._stream.write(pickle.STOP)


def _encoded(value: object) -> bytes:
    match value:
        case None:
            return pickle.NONE
        case bool():
            return pickle.NEWTRUE if value else pickle.NEWFALSE
        case int():
            return _encoded_int(value)
        case float():
            return pickle.BINFLOAT + struct.pack(">d", value)
        case str():
            text = value.encode("utf-8", "surrogatepass")
            return pickle.BINUNICODE + struct.pack("<I", len(text)) + text
        case list():
            items = b"".join(map(_encoded, value))
            return pickle.EMPTY_LIST + pickle.MARK + items + pickle.APPENDS
        case dict():
            pairs = b"".join(_encoded(key) + _encoded(item) for key, item in value.items())
            return pickle.EMPTY_DICT + pickle.MARK + pairs + pickle.SETITEMS
    raise TypeError(f"{type(value).__name__} is no plain data")


def _encoded_int(value: int) -> bytes:
    if _SMALLEST <= value <= _LARGEST:
        return pickle.BININT + struct.pack("<i", value)
    digits = pickle.encode_long(value)
    return pickle.LONG4 + struct.pack("<i", len(digits)) + digits

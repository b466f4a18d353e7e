"""Whether an error means that memory ran out, on whatever device, and how that is told."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import TypeVar

from napari_zsris.errors import OutOfMemoryError
from napari_zsris.progress import Steps

__all__ = ["REMEDY", "out_of_memory", "told_within", "why"]

Result = TypeVar("Result")

REMEDY = (
    "close other programs, or choose a smaller photo, a smaller model or another device (--device)"
)

# Only CUDA and its kin raise an error of a class of its own. All others, and the libraries that
# CUDA kernels call, raise a RuntimeError, and these are their words.
_WORDS = (
    "out of memory",  # "MPS backend out of memory", "CUDA error: out of memory"
    "can't allocate memory",  # torch's allocator on Linux
    "not enough memory",  # the same on Windows and macOS
    "invalid buffer size",  # MPS, for more at once than Metal gives
    "alloc_failed",  # CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_ALLOC_FAILED
    "bad_alloc",  # C++'s own
    "bad allocation",  # the same on Windows
    "could not create a memory",  # oneDNN, which computes convolutions on CPUs
)
# What oneDNN says more often than anything else when there is no room for its scratch memory; with
# more words behind it, it is about what the library cannot compute.
_WHOLE = "could not create a primitive"
_UNLOADED = ("failed to map segment from shared object", "Cannot allocate memory")
_WINDOWS_CODES = (8, 14, 1455)


def out_of_memory(error: BaseException | None) -> bool:
    """Tell whether an error, or one that it was raised for, means that memory ran out.

    Parameters
    ----------
    error : BaseException
        Raised by Python, numpy, torch on any device, or the operating system.

    Returns
    -------
    bool
        Whether less memory at a time, or other memory, could have helped.
    """
    return any(map(_ran_out, _chain(error)))


def why(error: BaseException) -> str:
    """Tell an error that :func:`out_of_memory` is true of in a sentence.

    Parameters
    ----------
    error : BaseException
        The error.

    Returns
    -------
    str
        What happened and what to do, on one line.
    """
    return str(error) if isinstance(error, OutOfMemoryError) else f"memory ran out; {REMEDY}"


def told_within(steps: Steps[Result], photo: object, *models: str) -> Steps[Result]:
    """Do work on a photo step by step, and say on what and with what when memory runs out.

    Parameters
    ----------
    steps : generator of Progress
        The work.
    photo : array-like
        The photo, whose size is told where it has one.
    *models : str
        What is used.

    Yields
    ------
    Progress
        The work's own.

    Returns
    -------
    Result
        What the work gave.

    Raises
    ------
    OutOfMemoryError
        Memory ran out.
    """
    try:
        return (yield from steps)
    except Exception as error:
        if not out_of_memory(error):
            raise
        reason = why(error)
    # Raised out here, the error does not hold on to the failed work and its memory.
    raise OutOfMemoryError(f"{_size(photo)} with {' and '.join(models)}: {reason}")


def _size(photo: object) -> str:
    shape: tuple[int, ...] = getattr(photo, "shape", ())
    return f"photo of {shape[1]} x {shape[0]} pixels" if len(shape) > 1 else "photo"


def _ran_out(error: BaseException) -> bool:
    match error:
        case MemoryError() | OutOfMemoryError():
            return True
        case OSError():
            windows = getattr(error, "winerror", None)
            return error.errno == errno.ENOMEM or windows in _WINDOWS_CODES
        case RuntimeError():
            # By its name, since torch is not imported where nothing else needs it.
            named = any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)
            said = str(error).lower()
            return named or said.strip() == _WHOLE or any(words in said for words in _WORDS)
        case ImportError():
            # A library that is loaded while there is no room; on Linux.
            return str(error).endswith(_UNLOADED)
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

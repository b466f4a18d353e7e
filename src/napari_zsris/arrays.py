"""Arrays from outside, whatever their type and layout, as arrays of our own.

A caller's array may be read-only, mapped from a file, byte-swapped, a strided view, in Fortran
order, or dask's and zarr's. What is made of it here has row order, native bytes and memory of its
own, so that nothing further in has to think of that, and neither side can change the other's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ProposalError, ZsrisError

__all__ = ["as_mask", "as_numbers", "frozen", "read_masks"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[Any]
Size: TypeAlias = tuple[int, int]
Kind = TypeVar("Kind", bound=np.generic)

MASK_ADVICE = "give booleans, or numbers that are 0 outside, such as scores > 0"


def as_numbers(
    values: npt.ArrayLike, what: str, advice: str, error: type[ZsrisError] = ProposalError
) -> Numbers:
    """Read anything array-like into memory as booleans, whole or real numbers.

    Parameters
    ----------
    values : array-like
        NumPy's, dask's or zarr's array, nested lists, or what else converts itself.
    what : str
        What it is to be, for messages.
    advice : str
        What to give instead, for the message.
    error : type of ZsrisError
        What is raised.

    Returns
    -------
    array of bool, integer or float
        The caller's own memory where it is a NumPy array already.

    Raises
    ------
    ZsrisError
        The values are no array of numbers; of the type `error`.
    """
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError, OverflowError) as problem:
        # Of lists, or of tensors that lie on a GPU or have gradients.
        reason = " ".join(str(problem).split())
        if "inhomogeneous" in reason:
            raise error(f"rows of different lengths are no {what}; {advice}") from None
        raise error(f"this is no {what}: {reason[:120]}; {advice}") from problem
    if array.dtype.kind not in "buif":
        raise error(f"an array of {array.dtype} is no {what}; {advice}")
    return array


def as_mask(
    values: npt.ArrayLike, what: str = "a mask", error: type[ZsrisError] = ProposalError
) -> BoolArray:
    """Read one mask.

    Parameters
    ----------
    values : (H, W) array-like
        Any numbers, non-zero inside: booleans, 0 and 1, or 0 and 255, whole or real.
        Probabilities and logits are to be compared with a threshold first.
    what : str
        What it is, as the subject of a message.
    error : type of ZsrisError
        What is raised.

    Returns
    -------
    (H, W) bool array
        In row order, not shared with the caller.

    Raises
    ------
    ZsrisError
        There are not two axes, or the values are no numbers, NaN or infinite; of the type `error`.
    """
    array = as_numbers(values, "mask", MASK_ADVICE, error)
    if array.ndim != 2:
        raise error(
            f"{what} has shape {array.shape}, but (height, width) is needed: "
            "pass one mask of one photo"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise error(f"{what} holds NaN or infinity: {MASK_ADVICE}")
    return np.array(array != 0, bool, order="C")


def read_masks(
    masks: npt.ArrayLike, size: Size | None = None, error: type[ZsrisError] = ProposalError
) -> tuple[Size, Iterator[BoolArray]]:
    """Read a stack of masks, one at a time.

    Parameters
    ----------
    masks : (N, H, W) array-like
        Or a list or tuple of N masks (H, W); values as for :func:`as_mask`.
    size : tuple of int, optional
        (H, W) of an empty list, which cannot tell.
    error : type of ZsrisError
        What is raised, at once or by the iterator.

    Returns
    -------
    tuple of int
        (H, W).
    iterator of (H, W) bool array
        Each in row order and not shared with the caller.

    Raises
    ------
    ZsrisError
        There are not three axes, the masks differ in size, or their values are no masks; of the
        type `error`.
    """
    stack = masks if isinstance(masks, list | tuple) else _stack(masks, error)
    if len(stack):
        size = as_mask(stack[0], "mask 0", error).shape
    elif isinstance(stack, np.ndarray) and stack.ndim == 3:
        size = stack.shape[1], stack.shape[2]
    if size is None:
        raise error("no masks were given, nor the photo's size: give at least one mask")
    return size, _each(stack, size, error)


def frozen(values: npt.ArrayLike, dtype: type[Kind]) -> npt.NDArray[Kind]:
    """Copy an array that is to be shared by many, so that nobody can change it for the others.

    Parameters
    ----------
    values : array-like
        Any numbers.
    dtype : type
        What they become.

    Returns
    -------
    array
        Read-only and in row order; `values` itself where it was frozen before.
    """
    array = np.asarray(values, dtype)
    flags = array.flags
    if flags.owndata and flags.c_contiguous and not flags.writeable and array is values:
        return array
    copy = np.array(array, dtype, order="C")
    copy.flags.writeable = False
    return copy


def _each(
    stack: Sequence[npt.ArrayLike] | Numbers, size: Size, error: type[ZsrisError]
) -> Iterator[BoolArray]:
    for place, values in enumerate(stack):
        mask = as_mask(values, f"mask {place}", error)
        if mask.shape != size:
            raise error(
                f"mask {place} has shape {mask.shape}, but the first one {size}: "
                "give masks of one photo"
            )
        yield mask


def _stack(masks: npt.ArrayLike, error: type[ZsrisError]) -> Numbers:
    array = as_numbers(masks, "stack of masks", MASK_ADVICE, error)
    if array.ndim != 3 and array.shape != (0,):
        raise error(
            f"masks have shape {array.shape}, but a stack (N, H, W) is needed: "
            "add the first axis even for a single mask"
        )
    return array

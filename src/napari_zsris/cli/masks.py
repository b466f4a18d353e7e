"""Masks of one's own, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ProposalError

if TYPE_CHECKING:
    from napari_zsris.proposals import Proposals

__all__ = ["read_masks"]

_MOST_LABELS = 10_000


def read_masks(path: Path) -> Proposals:
    """Read masks from a NumPy file, or from a picture of labels.

    Parameters
    ----------
    path : Path
        A ``.npy`` file that holds (N, H, W) masks, or (H, W) labels; or a grey, palette or
        black-and-white picture whose every value but 0 is one mask.

    Returns
    -------
    Proposals
        The masks: in the stack's order, or by label.

    Raises
    ------
    ProposalError
        The file cannot be read, or does not hold masks.
    """
    from napari_zsris.proposals import Proposals

    try:
        array = _load(path)
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise ProposalError(
            f"cannot read masks from {path}: {' '.join(reason.split())[:200]}; give an .npy file "
            "of shape (N, H, W), or a picture of labels"
        ) from error
    if array.dtype.kind not in "bui" or array.ndim not in (2, 3) or not array.size:
        raise ProposalError(
            f"{path} holds {array.dtype} of shape {array.shape}, which are no masks; give booleans "
            "or whole numbers of shape (N, H, W), or a picture of labels (H, W)"
        )
    return Proposals.from_masks(array) if array.ndim == 3 else _split(path, array)


def _load(path: Path) -> npt.NDArray[np.generic]:
    if path.suffix == ".npy":
        array: npt.NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
        return array
    from PIL import Image

    with Image.open(path, formats=("BMP", "GIF", "PNG", "TIFF")) as picture:
        if picture.mode not in ("1", "L", "P", "I") and not picture.mode.startswith("I;"):
            raise ValueError(f"its pixels are {picture.mode} colours, not labels")
        return np.array(picture)


def _split(path: Path, labels: npt.NDArray[np.generic]) -> Proposals:
    from scipy.ndimage import find_objects

    from napari_zsris.proposals import Proposals
    from napari_zsris.proposals.proposals import Bitmap

    values, places = np.unique(labels, return_inverse=True)
    # find_objects counts from 1 and leaves 0 out, whether or not the picture holds it.
    numbers = places.reshape(labels.shape) + (values[0] != 0)
    if len(values) > _MOST_LABELS:
        raise ProposalError(
            f"{path} holds {len(values)} different values, which looks like a photo; "
            "give a picture of labels, one value per object"
        )
    bitmaps = [
        Bitmap.from_mask(numbers[window] == number, window[0].start, window[1].start)
        for number, window in enumerate(find_objects(numbers), 1)
    ]
    height, width = labels.shape
    return Proposals.from_bitmaps(bitmaps, (height, width))

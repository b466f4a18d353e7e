"""JSON files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from napari_zsris.errors import AnnotationError
from napari_zsris.formats.text import read_text

__all__ = ["load_json", "parse_json"]


def load_json(
    path: Path, *, object_hook: Callable[[dict[str, Any]], object] | None = None
) -> object:
    """Read a JSON file.

    Parameters
    ----------
    path : Path
        The file, in UTF-8 or with a byte-order mark.
    object_hook : callable, optional
        As of :func:`json.loads`: what stands for an object, for those that would fill the memory.

    Returns
    -------
    object
        What it holds.

    Raises
    ------
    AnnotationError
        It cannot be read, is no JSON, or does not fit into memory.
    """
    return parse_json(read_text(path), path, object_hook=object_hook)


def parse_json(
    text: str, path: Path, *, object_hook: Callable[[dict[str, Any]], object] | None = None
) -> object:
    """Read a JSON file's text.

    Parameters
    ----------
    text : str
        As of :func:`read_text`.
    path : Path
        The file, named in errors.
    object_hook : callable, optional
        As of :func:`load_json`.

    Returns
    -------
    object
        What it holds.

    Raises
    ------
    AnnotationError
        It is no JSON, or does not fit into memory.
    """
    try:
        return json.loads(text, object_hook=object_hook)
    except (ValueError, RecursionError) as error:
        raise AnnotationError(
            f"{path} is not JSON: {error}; download or export it again"
        ) from error
    except MemoryError:
        raise AnnotationError(f"{path} does not fit into memory; split it up first") from None

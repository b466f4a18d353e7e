"""Foreign files opened, and their fields taken out, with errors that a person can act on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from napari_zsris.annotations.plain_pickle import load_plain
from napari_zsris.errors import AnnotationError

__all__ = ["Fields", "load_json", "load_list", "read_bytes"]


class Fields:
    """One JSON object of a foreign file, its fields checked as they are asked for.

    Parameters
    ----------
    value : object
        What the file holds.

    Raises
    ------
    AnnotationError
        It is no object.
    """

    def __init__(self, value: object) -> None:
        if not isinstance(value, Mapping):
            raise AnnotationError(f"expected an object with named fields, found {_short(value)}")
        self._value = value

    def get(self, name: str) -> object:
        """Give a field as it is.

        Parameters
        ----------
        name : str
            The field's name.

        Returns
        -------
        object
            None where it is missing.
        """
        return self._value.get(name)

    def text(self, name: str) -> str:
        """Give a field that must be text.

        Parameters
        ----------
        name : str
            The field's name.

        Returns
        -------
        str
            The text.

        Raises
        ------
        AnnotationError
            It is missing or no text.
        """
        value = self.get(name)
        if not isinstance(value, str):
            raise AnnotationError(f'"{name}" must be text, found {_short(value)}')
        return value

    def optional_text(self, name: str) -> str | None:
        """Give a field that may be text.

        Parameters
        ----------
        name : str
            The field's name.

        Returns
        -------
        str or None
            The text; None where it is missing, null or empty.

        Raises
        ------
        AnnotationError
            It is something else.
        """
        value = self.get(name)
        if value is None or value == "":
            return None
        return self.text(name)

    def key(self, name: str) -> int | str:
        """Give a field that must be an id.

        Parameters
        ----------
        name : str
            The field's name.

        Returns
        -------
        int or str
            The id.

        Raises
        ------
        AnnotationError
            It is missing, or neither a whole number nor printable text.
        """
        value = self.get(name)
        known = type(value) is int or (isinstance(value, str) and value.isprintable())
        if not known or not isinstance(value, int | str):
            raise AnnotationError(f'"{name}" must be an id, found {_short(value)}')
        return value

    def whole(self, name: str) -> int:
        """Give a field that must be a whole number above 0.

        Parameters
        ----------
        name : str
            The field's name.

        Returns
        -------
        int
            The number.

        Raises
        ------
        AnnotationError
            It is something else.
        """
        value = self.get(name)
        if type(value) is not int or value < 1:
            raise AnnotationError(f'"{name}" must be a whole number above 0, found {_short(value)}')
        return value

    def items(self, name: str) -> list[object]:
        """Give a field that must be a list.

        Parameters
        ----------
        name : str
            The field's name.

        Returns
        -------
        list
            The list.

        Raises
        ------
        AnnotationError
            It is missing or no list.
        """
        value = self.get(name)
        if not isinstance(value, list):
            raise AnnotationError(f'"{name}" must be a list, found {_short(value)}')
        return value


def load_json(path: Path) -> object:
    """Read a JSON file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    object
        What it holds.

    Raises
    ------
    AnnotationError
        It cannot be read, is no JSON, or does not fit into memory.
    """
    try:
        return json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise AnnotationError(
            f"{path} is not JSON: {error}; download or export it again"
        ) from error
    except MemoryError:
        raise AnnotationError(f"{path} does not fit into memory; split it up first") from None


def load_list(path: Path) -> list[object]:
    """Read a list from a JSON file, or from a pickle of plain data.

    Parameters
    ----------
    path : Path
        The file; a pickle when it ends in ``.p``.

    Returns
    -------
    list
        What it holds.

    Raises
    ------
    AnnotationError
        It cannot be read, or is no list of plain data.
    """
    pickled = path.suffix == ".p"
    value = load_plain(read_bytes(path), str(path)) if pickled else load_json(path)
    if not isinstance(value, list):
        raise AnnotationError(f"{path} holds no list: check that it is the right file")
    return value


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
        It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise AnnotationError(
            f"cannot read {path}: {error.strerror or error}; check the name and your rights"
        ) from error


def _short(value: object) -> str:
    return "nothing" if value is None else ascii(value)[:60]

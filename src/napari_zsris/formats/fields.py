"""The fields of one row of a foreign file, checked as they are asked for."""

from __future__ import annotations

from collections.abc import Mapping

from napari_zsris.errors import AnnotationError
from napari_zsris.formats.identity import Key, as_key

__all__ = ["Fields", "as_whole"]


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

    __slots__ = ("_value",)

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

    def key(self, name: str) -> Key:
        """Give a field that must be an id.

        Parameters
        ----------
        name : str
            The field's name.

        Returns
        -------
        int or str
            The id, as of :func:`as_key`.

        Raises
        ------
        AnnotationError
            It is missing, or neither a whole number nor printable text.
        """
        value = self.get(name)
        key = as_key(value)
        if key is None:
            raise AnnotationError(f'"{name}" must be an id, found {_short(value)}')
        return key

    def optional_whole(self, name: str) -> int | None:
        """Give a field that may be a whole number above 0.

        Parameters
        ----------
        name : str
            The field's name.

        Returns
        -------
        int or None
            The number, also of 120.0 and "120"; None where it is missing, null or empty.

        Raises
        ------
        AnnotationError
            It is something else.
        """
        value = self.get(name)
        if value is None or value == "":
            return None
        number = as_whole(value)
        if number is None or number < 1:
            raise AnnotationError(f'"{name}" must be a whole number above 0, found {_short(value)}')
        return number

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


def as_whole(value: object) -> int | None:
    """Give a whole number, also where it was written as text or with a point.

    Parameters
    ----------
    value : object
        What a file holds.

    Returns
    -------
    int or None
        The number; None for what is no whole number.
    """
    key = as_key(value)
    return key if isinstance(key, int) else None


def _short(value: object) -> str:
    return "nothing" if value is None else ascii(value)[:60]

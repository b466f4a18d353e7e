"""Which category an exported object gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["Categories"]

_UNKNOWN = "object"


@dataclass(frozen=True)
class Categories:
    """Where the category names of an export come from.

    The first of these that is there: the `fixed` name; the category the phrase was imported with;
    the head noun that was kept when the phrase was ranked; what `head_noun` says of the phrase;
    "object". The name found is then looked up in `rename`.

    Parameters
    ----------
    fixed : str, optional
        One category for all objects.
    head_noun : callable of str to str or None, optional
        Finds a phrase's head noun; asked only where none was kept.
    rename : mapping of str to str
        Replaces names, such as "man" and "lady" by "person"; others stay.
    """

    fixed: str | None = None
    head_noun: Callable[[str], str | None] | None = None
    rename: Mapping[str, str] = field(default_factory=dict)

    def of(self, phrase: str, category: str | None, head: str | None) -> str:
        """Choose the category of one object.

        Parameters
        ----------
        phrase : str
            The referring expression.
        category : str or None
            The category it was imported with.
        head : str or None
            The head noun kept with its ranking.

        Returns
        -------
        str
            The category's name.
        """
        name = self.fixed or category or head or self._noun(phrase) or _UNKNOWN
        return self.rename.get(name, name)

    def _noun(self, phrase: str) -> str | None:
        return self.head_noun(phrase) if self.head_noun else None

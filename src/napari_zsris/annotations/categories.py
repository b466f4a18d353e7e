"""Which category an exported object gets, and under which number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["Categories", "Category"]

_UNKNOWN = "object"


@dataclass(frozen=True)
class Category:
    """One category of an annotation file.

    Parameters
    ----------
    number : int
        Its id in files, from 0 on.
    name : str
        Its name.
    supercategory : str
        The kind of category it is; empty where nobody said.
    """

    number: int
    name: str
    supercategory: str = ""


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
        return self.called(category or head or self._noun(phrase) or _UNKNOWN)

    def called(self, name: str) -> str:
        """Give the name under which a category is exported.

        Parameters
        ----------
        name : str
            Its name in the project.

        Returns
        -------
        str
            Its name in files.
        """
        name = self.fixed or name
        return self.rename.get(name, name)

    def _noun(self, phrase: str) -> str | None:
        return self.head_noun(phrase) if self.head_noun and not self.fixed else None

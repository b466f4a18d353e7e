"""The categories of a project: every name has one number, given once and never changed."""

from __future__ import annotations

from napari_zsris.annotations.statements import Row, Writer

__all__ = ["declare_category"]

# Readers of COCO files keep ids in 32 bits at least.
_LARGEST = (1 << 31) - 1


def declare_category(
    writer: Writer,
    name: str,
    number: int | None = None,
    supercategory: str = "",
    *,
    declared: bool = True,
) -> str | None:
    """Take over a category of another file, as far as the project says nothing else of it.

    What came first stays: a name keeps its number and its supercategory, a number its name.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    name : str
        The category's name.
    number : int, optional
        Its number in the other file; the next free one where it has none, or another category of
        the project has it.
    supercategory : str
        Its supercategory there, or nothing.
    declared : bool
        Whether exports list it even if no object has it.

    Returns
    -------
    str or None
        What could not be kept, on one line.
    """
    known = writer.row(
        "SELECT number, supercategory, declared FROM category WHERE name = ?", (name,)
    )
    if known is None:
        return _add(writer, name, number, supercategory, declared=declared)
    kept, kind, listed = known
    if (supercategory and not kind) or (declared and not listed):
        writer.run(
            "UPDATE category SET supercategory = ?, declared = ? WHERE number = ?",
            (kind or supercategory, declared or bool(listed), kept),
        )
    return _difference(name, number, supercategory, (kept, kind or supercategory))


def _add(
    writer: Writer, name: str, number: int | None, supercategory: str, *, declared: bool
) -> str | None:
    fits = number is not None and 0 <= number <= _LARGEST
    rival = writer.row("SELECT name FROM category WHERE number = ?", (number,)) if fits else None
    given = writer.insert(
        "INSERT INTO category (number, name, supercategory, declared) VALUES (?, ?, ?, ?)",
        (number if fits and not rival else None, name, supercategory, declared),
    )
    if rival:
        return (
            f'category {number} "{name}" is number {given} in this project, '
            f'where {number} is "{rival[0]}"'
        )
    return _difference(name, number, supercategory, (given, supercategory))


def _difference(name: str, number: int | None, supercategory: str, kept: Row) -> str | None:
    if number not in (None, kept[0]):
        return f'category {number} "{name}" is number {kept[0]} in this project'
    if supercategory and supercategory != kept[1]:
        return f'category "{name}" is of "{kept[1]}" in this project, not of "{supercategory}"'
    return None

"""A part of a dataset, for one job of an array."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from napari_zsris.annotations.imports.records import BadRow, Contents, Record
from napari_zsris.errors import AnnotationError

__all__ = ["Shard"]


@dataclass(frozen=True)
class Shard:
    """One of several parts of a dataset, each with photos of its own.

    Parameters
    ----------
    number : int
        Which part, from 1.
    count : int
        How many parts there are.

    Raises
    ------
    AnnotationError
        There is no such part.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise AnnotationError(
                f"there is no shard {self.number} of {self.count}: count them from 1, as in 1/8"
            )

    @property
    def of_project(self) -> tuple[int, int]:
        """The same part of a project's photos, as :meth:`Rankings.pending` counts: from 0."""
        return self.number - 1, self.count

    def of(self, records: Iterable[Record]) -> Iterator[Record]:
        """Keep this part of a dataset's records.

        Photos are dealt out in the order of their first record, so that parts differ by one photo
        at most, and a photo with all that belongs to it is in one part only.

        Parameters
        ----------
        records : iterable of Contents, Entry, Given or BadRow
            What a reader gives; the same in every job.

        Yields
        ------
        Contents, Entry, Given or BadRow
            Bad rows, which have no photo, are in the first part; the contents in all.
        """
        dealt: dict[str, int] = {}
        for record in records:
            if isinstance(record, Contents):
                yield record
                continue
            turn = 0 if isinstance(record, BadRow) else dealt.setdefault(record.photo, len(dealt))
            if turn % self.count == self.number - 1:
                yield record

"""Who ranks the photos: this process, or somebody elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_zsris.prelabel.ranker import Ranker
    from napari_zsris.prelabel.task import Outcome, Task

__all__ = ["Crew", "InProcess"]


class Crew(ABC):
    """Somebody who turns tasks into outcomes."""

    @abstractmethod
    def work(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Rank photos.

        Parameters
        ----------
        tasks : iterable of Task
            Read only as fast as there are hands free, so that it may be long.

        Yields
        ------
        Outcome
            One per task, in any order.
        """


class InProcess(Crew):
    """The process itself, one photo after the other.

    Parameters
    ----------
    ranker : Ranker
        Who ranks each photo.
    """

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker

    def work(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Rank photos one after the other.

        Parameters
        ----------
        tasks : iterable of Task
            The photos.

        Yields
        ------
        Outcome
            One per task, in their order.
        """
        return map(self._ranker, tasks)

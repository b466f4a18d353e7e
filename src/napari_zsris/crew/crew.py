"""Who turns tasks into outcomes: this process, or somebody elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

__all__ = ["Crew", "InProcess"]

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
Answer = TypeVar("Answer")


class Crew(ABC, Generic[Task, Outcome]):
    """Workers that turn tasks into outcomes.

    A worker is a callable that takes one task at a time and keeps the models between tasks.
    """

    @abstractmethod
    def work(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do all tasks.

        Parameters
        ----------
        tasks : iterable of Task
            Read only as fast as there are hands free, so that it may be long.

        Yields
        ------
        Outcome
            One per task, in any order.
        """

    @abstractmethod
    def ask(self, question: Callable[[Any], Answer]) -> Answer:
        """Ask a worker something, such as which models it has.

        Parameters
        ----------
        question : callable
            Is called with a worker, wherever that is.

        Returns
        -------
        Answer
            What it gave.
        """


class InProcess(Crew[Task, Outcome]):
    """The process itself, one task after the other.

    Parameters
    ----------
    worker : callable
        Turns a task into an outcome.
    """

    def __init__(self, worker: Callable[[Task], Outcome]) -> None:
        self._worker = worker

    def work(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Do all tasks, one after the other.

        Parameters
        ----------
        tasks : iterable of Task
            What is to be done.

        Returns
        -------
        iterator of Outcome
            One per task, in their order.
        """
        return map(self._worker, tasks)

    def ask(self, question: Callable[[Any], Answer]) -> Answer:
        """Ask the worker.

        Parameters
        ----------
        question : callable
            Is called with it.

        Returns
        -------
        Answer
            What it gave.
        """
        return question(self._worker)

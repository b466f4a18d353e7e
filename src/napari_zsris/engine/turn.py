"""Whose turn it is to use what only one can use at a time."""

from __future__ import annotations

import threading
import time

from napari_zsris.progress import Progress, Steps

__all__ = ["Turn"]

SECONDS_BETWEEN_LOOKS = 0.01


class Turn:
    """A lock that those get first for whom a person waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[object] = set()

    @property
    def wanted(self) -> bool:
        """Whether a person waits for it."""
        return bool(self._waiting)

    def taken(self, *, urgent: bool) -> Steps[None]:
        """Wait for the turn, to be ended by :meth:`give_back`.

        Parameters
        ----------
        urgent : bool
            Whether a person waits.

        Yields
        ------
        Progress
            While it is another's turn; the wait may be given up between two of these.
        """
        waiting = object()
        if urgent:
            self._waiting.add(waiting)
        try:
            while not self._take(urgent=urgent):
                yield Progress("waiting for the engine", 0, 0)
        finally:
            self._waiting.discard(waiting)

    def give_back(self) -> None:
        """Let the next one have its turn."""
        self._lock.release()

    def _take(self, *, urgent: bool) -> bool:
        if not urgent and self.wanted:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            return False
        return self._lock.acquire(timeout=SECONDS_BETWEEN_LOOKS)

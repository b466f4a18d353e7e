"""What was decided, so that it can be undone."""

from __future__ import annotations

from dataclasses import dataclass

from napari_zsris._qt.core.review import Question, Status

__all__ = ["Decision"]


@dataclass(frozen=True)
class Decision:
    """One press of accept or reject.

    Parameters
    ----------
    question : Question
        What the candidate was for.
    key : int
        The candidate's key in its review.
    status : Status
        ACCEPTED or REJECTED.
    object_id : int, optional
        The accepted object.
    """

    question: Question
    key: int
    status: Status
    object_id: int | None = None

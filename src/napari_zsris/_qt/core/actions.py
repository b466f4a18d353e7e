"""What a person does in a review, and the keys for it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["QUEUE_ROWS", "REVIEW_ACTIONS", "REVIEW_ROWS", "ReviewAction"]


@dataclass(frozen=True)
class ReviewAction:
    """One thing to do.

    Parameters
    ----------
    name : str
        The name of its button.
    label : str
        What the button says.
    key : str
        The key in napari's notation.
    shown : str
        The key as it is printed on keyboards.
    purpose : str
        What it does, a sentence for tooltips and the help.
    """

    name: str
    label: str
    key: str
    shown: str
    purpose: str


_ACCEPT = ReviewAction("accept", "Accept", "A", "A", "Keep the mask as it is now, in Annotations.")
_REJECT = ReviewAction(
    "reject", "Reject", "R", "R", "Put the candidate aside and show the next one."
)
_NEXT = ReviewAction("next", "Next", "N", "N", "Show the next candidate.")
_PREVIOUS = ReviewAction("previous", "Previous", "Shift-N", "⇧N", "Show the previous candidate.")
_EDIT = ReviewAction("edit", "Edit", "T", "T", "Touch the mask up with the brush.")
_DRAW = ReviewAction("draw", "Draw", "D", "D", "None of these: draw the mask from scratch.")
_UNDO = ReviewAction("undo", "Undo", "U", "U", "Take the last decision back.")

# None of these is a key of napari's Labels or Image layers or of its viewer, which would win.
REVIEW_ROWS = ((_ACCEPT, _REJECT), (_PREVIOUS, _NEXT, _UNDO), (_EDIT, _DRAW))
REVIEW_ACTIONS = (_ACCEPT, _REJECT, _NEXT, _PREVIOUS, _EDIT, _DRAW, _UNDO)
QUEUE_ROWS = (
    (
        ReviewAction("accept", "Accept", "A", "A", "Keep the mask as it is now; go on."),
        ReviewAction("skip", "Skip", "S", "S", "Leave the phrase for later; go on."),
        ReviewAction("reject", "Reject", "R", "R", "The phrase is of no use; go on."),
    ),
    (
        _EDIT,
        _DRAW,
        ReviewAction("none", "None fits", "W", "W", "The photo has nothing that fits; go on."),
    ),
    (_PREVIOUS, _NEXT),
    (
        ReviewAction("undo", "Undo", "U", "U", "Take the last decision back, and show it."),
        ReviewAction("todo", "Next to do", "J", "J", "Go to the next phrase still to do."),
    ),
)

"""What a person does in a review, and the keys for it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["REVIEW_ACTIONS", "ReviewAction"]


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


# None of these is a key of napari's Labels or Image layers or of its viewer, which would win.
REVIEW_ACTIONS = (
    ReviewAction("accept", "Accept", "A", "A", "Keep the mask as it is now, in Annotations."),
    ReviewAction("reject", "Reject", "R", "R", "Put the candidate aside and show the next one."),
    ReviewAction("next", "Next", "N", "N", "Show the next candidate."),
    ReviewAction("previous", "Previous", "Shift-N", "⇧N", "Show the previous candidate."),
    ReviewAction("edit", "Edit", "T", "T", "Touch the mask up with the brush."),
    ReviewAction("draw", "Draw", "D", "D", "None of these: draw the mask from scratch."),
    ReviewAction("undo", "Undo", "U", "U", "Take the last decision back."),
)

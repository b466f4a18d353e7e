"""Everything that a key of the dock does: one table, for buttons, help, settings and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["ACTIONS", "NAPARI_S_OWN", "Action", "Group", "action", "printed"]


class Group(StrEnum):
    """What an action is about; the heading above it in the help."""

    REVIEW = "Decide"
    WORK = "Move on"
    LOOK = "See the mask"
    SHAPE = "Correct the mask"


@dataclass(frozen=True)
class Action:
    """One thing to do.

    Parameters
    ----------
    name : str
        The name of its button and of its setting.
    label : str
        What the button says.
    key : str
        The key it has unless the person chose another, in napari's notation.
    purpose : str
        What it does, a sentence for tooltips, the help and the docs.
    group : Group
        What it is about.
    """

    name: str
    label: str
    key: str
    purpose: str
    group: Group


# None of the keys is one that napari has for its viewer or for Labels or Image layers, which would
# win while such a layer is selected.
ACTIONS = (
    Action("accept", "Accept", "A", "Keep the mask as it is now.", Group.REVIEW),
    Action("reject", "Reject", "R", "Put the candidate aside and show the next one.", Group.REVIEW),
    Action("previous", "Previous", "Shift-N", "Show the previous candidate.", Group.REVIEW),
    Action("next", "Next", "N", "Show the next candidate.", Group.REVIEW),
    Action("undo", "Undo", "U", "Take the last decision back.", Group.REVIEW),
    Action("edit", "Edit", "T", "Touch the mask up with the brush.", Group.REVIEW),
    Action("draw", "Draw", "D", "None of these: draw the mask from scratch.", Group.REVIEW),
    Action(
        "none", "None fits", "W", "The photo has nothing that fits the phrase; go on.", Group.REVIEW
    ),
    Action("skip", "Skip", "S", "Leave the phrase for later; go on.", Group.REVIEW),
    Action(
        "reject_phrase",
        "Reject phrase",
        "Shift-R",
        "The phrase is of no use; go on.",
        Group.REVIEW,
    ),
    Action("phrase", "Phrase", "/", "Type the next phrase.", Group.WORK),
    Action("todo", "Next to do", "J", "Go to the next phrase still to do.", Group.WORK),
    Action("previous_phrase", "Phrase before", "Shift-J", "Go to the phrase before.", Group.WORK),
    Action("next_photo", "Next photo", "K", "Go to the next photo.", Group.WORK),
    Action("previous_photo", "Photo before", "Shift-K", "Go to the photo before.", Group.WORK),
    Action("help", "Keys", "H", "Show these keys.", Group.WORK),
    Action("hide", "Hide", "Q", "Hide all masks while the key is held.", Group.LOOK),
    Action(
        "outline", "Outline", "Shift-Q", "Show the outline only, and the fill again.", Group.LOOK
    ),
    Action("zoom", "Zoom", "G", "Go close to the mask, and back.", Group.LOOK),
    Action("fill_holes", "Fill holes", "Shift-F", "Fill the holes of the mask.", Group.SHAPE),
    Action("keep_largest", "Largest part", "Shift-L", "Keep the largest part only.", Group.SHAPE),
    Action("smooth", "Smooth", "Shift-S", "Smooth a ragged edge.", Group.SHAPE),
    Action("grow", "Grow", ".", "Grow the mask by one pixel.", Group.SHAPE),
    Action("shrink", "Shrink", ",", "Shrink the mask by one pixel.", Group.SHAPE),
    Action("add_mask", "Add", "I", "Include another mask, picked from a list.", Group.SHAPE),
    Action(
        "subtract_mask", "Subtract", "Shift-I", "Take another mask out of this one.", Group.SHAPE
    ),
)

# What the person needs of napari's own keys to correct a mask.
NAPARI_S_OWN = (
    ("2", "Brush: paint on the mask."),
    ("1", "Eraser."),
    ("3", "Polygon: click corners, Enter fills it, Esc gives up."),
    ("4", "Fill bucket: fill a closed outline at a click."),
    ("6", "Move the photo again."),
    ("[  ]", "Smaller and larger brush; the size stays."),
    ("Ctrl Z", "Take back a stroke or a shape tool."),
)


def action(name: str) -> Action:
    """Return an action.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    Action
        The action.

    Raises
    ------
    KeyError
        There is none of this name.
    """
    return {one.name: one for one in ACTIONS}[name]


def printed(key: str) -> str:
    """Return a key as keyboards and menus print it.

    Parameters
    ----------
    key : str
        The key in napari's notation, such as Shift-N.

    Returns
    -------
    str
        The key with an arrow for Shift, such as ⇧N.
    """
    return key.replace("+", "-").replace("Shift-", "⇧").replace("-", " ") if len(key) > 1 else key

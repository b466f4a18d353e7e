"""Names for controls: scripts find them by objectName, screen readers read them aloud."""

from __future__ import annotations

from typing import TypeVar

from qtpy.QtWidgets import QAbstractButton, QComboBox, QWidget

__all__ = ["named"]

Control = TypeVar("Control", bound=QWidget)


def named(control: Control, name: str, spoken: str, tooltip: str) -> Control:
    """Name a control, and for screen readers what it is made of, too.

    Parameters
    ----------
    control : QWidget
        The control.
    name : str
        Its objectName.
    spoken : str
        Its accessible name.
    tooltip : str
        What it does.

    Returns
    -------
    QWidget
        The control.
    """
    control.setObjectName(name)
    control.setAccessibleName(spoken)
    control.setToolTip(tooltip)
    if isinstance(control, QComboBox):
        # Its list is made when it is first asked for.
        control.view()
    for part in control.findChildren(QWidget):
        if not part.accessibleName():
            # The button in a line of text clears it.
            clears = isinstance(part, QAbstractButton)
            part.setAccessibleName(f"clear {spoken}" if clears else spoken)
    return control

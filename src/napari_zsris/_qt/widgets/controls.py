"""What the controls of the dock share: names, a ring around the focus, and what folds away."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from qtpy.QtCore import QRectF, Qt, Signal
from qtpy.QtGui import QPainter, QPen
from qtpy.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFocusFrame,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

    from napari_zsris._qt.widgets.colours import Colours

__all__ = ["FocusRing", "Fold", "named"]

Control = TypeVar("Control", bound=QWidget)

RING_WIDTH = 2
RING_CORNER = 3


class Fold(QWidget):
    """A title that shows and hides what is below it; what is folded away is skipped by Tab.

    Parameters
    ----------
    title : str
        What the title says.
    name : str
        The title's objectName.
    spoken : str
        The title's accessible name.
    tooltip : str
        What there is to unfold.
    unfolded : bool
        Whether it begins unfolded.
    parent : QWidget, optional
        What it belongs to.

    Attributes
    ----------
    toggled : Signal(bool)
        It was unfolded, or folded away.
    """

    toggled = Signal(bool)

    def __init__(
        self,
        title: str,
        name: str,
        spoken: str,
        tooltip: str,
        *,
        unfolded: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = named(QToolButton(), name, spoken, tooltip)
        self._title.setText(title)
        self._title.setCheckable(True)
        self._title.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._title.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # A click leaves the focus where it is, so that the keys of the review go on working.
        self._title.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._content = QWidget()
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._title)
        column.addWidget(self._content, 1)
        self._title.setChecked(unfolded)
        self._fold(unfolded)
        self._title.toggled.connect(self._fold)
        self._title.toggled.connect(self.toggled)

    @property
    def unfolded(self) -> bool:
        """Whether what is below the title is to be seen."""
        return bool(self._title.isChecked())

    @unfolded.setter
    def unfolded(self, unfolded: bool) -> None:
        self._title.setChecked(unfolded)

    def add_widget(self, widget: QWidget, stretch: int = 0) -> None:
        """Put a widget below what is there.

        Parameters
        ----------
        widget : QWidget
            The widget.
        stretch : int
            As in Qt's layouts.
        """
        self._column.addWidget(widget, stretch)

    def retitle(self, title: str) -> None:
        """Change what the title says.

        Parameters
        ----------
        title : str
            The title.
        """
        self._title.setText(title)

    def _fold(self, unfolded: bool) -> None:
        self._title.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self._content.setVisible(unfolded)


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


class FocusRing(QFocusFrame):
    """Follows the focus among the controls of a panel; napari's themes hardly show it.

    Parameters
    ----------
    panel : QWidget
        The panel.
    colours : Colours
        The theme's colours; to be replaced when the theme changes.
    """

    def __init__(self, panel: QWidget, colours: Colours) -> None:
        super().__init__(panel)
        self.colours = colours
        self._panel = panel
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        # A child is shown with its parent, also one that has nothing to go round yet.
        self.hide()
        QApplication.instance().focusChanged.connect(self._follow)

    def recolour(self, colours: Colours) -> None:
        """Take the colours of another theme.

        Parameters
        ----------
        colours : Colours
            The colours.
        """
        self.colours = colours
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the ring.

        Parameters
        ----------
        event : QPaintEvent
            What to paint.
        """
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.colours.focus, RING_WIDTH))
        inner = QRectF(self.rect()).adjusted(
            RING_WIDTH / 2, RING_WIDTH / 2, -RING_WIDTH / 2, -RING_WIDTH / 2
        )
        painter.drawRoundedRect(inner, RING_CORNER, RING_CORNER)
        painter.end()

    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        within = new is not None and self._panel.isAncestorOf(new)
        self.setWidget(new if within else None)

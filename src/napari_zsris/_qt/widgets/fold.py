"""What is not always needed, folded away below its title."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from napari_zsris._qt.widgets.naming import named

__all__ = ["Fold"]


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

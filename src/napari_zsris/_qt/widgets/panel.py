"""All controls of the dock in their places."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from napari_zsris._qt.widgets.candidate_list import CandidateList
from napari_zsris._qt.widgets.colours import Colours
from napari_zsris._qt.widgets.controls import FocusRing, Fold, named
from napari_zsris._qt.widgets.explanation_panel import ExplanationPanel
from napari_zsris._qt.widgets.image_chooser import ChannelChooser, LayerChooser
from napari_zsris._qt.widgets.phrase_field import PhraseField, Suggestions
from napari_zsris._qt.widgets.review_bar import ExportButton, ReviewBar, StatusLine
from napari_zsris._qt.widgets.settings_form import MethodForm, NameChooser
from napari_zsris._qt.widgets.work_list import WorkList
from napari_zsris._qt.widgets.work_model import WorkModel
from napari_zsris.review.actions import action

__all__ = ["Panel"]

HELP_WIDTH = 28
LOWEST_FORM = 60
ROWS = (
    ("accept", "reject", "edit"),
    ("previous", "next", "undo"),
    ("draw", "skip", "none"),
)


class Panel(QWidget):
    """The controls, from what is asked at the top to what is kept at the bottom.

    Parameters
    ----------
    colours : Colours
        The theme's colours.
    list_ : WorkModel
        The rows of the work list.
    """

    def __init__(self, colours: Colours, list_: WorkModel) -> None:
        super().__init__()
        self.image = named(LayerChooser(), "image", "image", "The image to segment.")
        self.channels = ChannelChooser()
        self.clip = named(
            NameChooser("A CLIP model: ARCH/TAG as in open_clip, or ARCH:FILE for a checkpoint."),
            "model",
            "CLIP model",
            "The CLIP model that compares regions with the phrase.",
        )
        self.proposals = named(
            NameChooser("A source of proposals, such as sam:FOLDER or freesolo:FILE."),
            "proposals",
            "proposals",
            "Where the masks come from that are compared with the phrase.",
        )
        self.phrase = named(
            PhraseField(),
            "phrase",
            "phrase",
            "What to find, in words: an object, and how it differs from others.\n"
            "Enter segments; once the image is encoded it ranks anew at once.",
        )
        self.suggestions = Suggestions()
        self.segment = named(
            QPushButton("Segment"),
            "segment",
            "segment",
            "Find the phrase.\nKey: Enter",
        )
        self.cancel = named(QPushButton("Cancel"), "cancel", "cancel", "Give up what is under way.")
        self.method = MethodForm()
        self.work_list = WorkList(list_)
        self.work = Fold(
            "Work list",
            "work",
            "work list",
            "The photos and phrases of the project: open a folder or a project to fill it.",
        )
        self.work.add_widget(self.work_list)
        self.status = StatusLine()
        self.candidates = named(
            CandidateList(colours),
            "candidates",
            "candidates",
            "The regions that fit the phrase best; click one to see it on the image.",
        )
        self.explanation = ExplanationPanel(colours)
        self.review = ReviewBar([[action(name) for name in row] for row in ROWS])
        self.count = named(QLabel(), "accepted", "accepted masks", "How many masks are accepted.")
        self.project = named(QElidingLabel(), "project", "project", "Where all work is kept.")
        # The end of a session's name tells it from others as much as its beginning.
        self.project.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.project.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.export = ExportButton()
        self.help = named(QPushButton("?"), "help", "help", "Show the keys of the review.\nKey: H")
        self.help.setFixedWidth(HELP_WIDTH)
        self.channels.hide()
        self._lay_out()
        self._ring = FocusRing(self, colours)
        self.recolour(colours)

    def recolour(self, colours: Colours) -> None:
        """Take the colours of another theme.

        Parameters
        ----------
        colours : Colours
            The colours.
        """
        self.candidates.recolour(colours)
        self.explanation.recolour(colours)
        self._ring.recolour(colours)
        # The one button that matters most stands out.
        self.segment.setStyleSheet(
            f"QPushButton:enabled {{ background-color: {colours.accent.name()}; }}"
            f"QPushButton:enabled:hover {{ background-color: {colours.chosen.name()}; }}"
        )

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 6, 8, 2)
        column.setSpacing(5)
        column.addLayout(self._form())
        column.addWidget(self.phrase)
        column.addWidget(self.suggestions)
        column.addLayout(_row(self.segment, self.cancel))
        column.addWidget(self._advanced())
        column.addWidget(self.work)
        column.addWidget(self.status)
        column.addWidget(self.candidates, 1)
        column.addWidget(self.explanation)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 4)
        whole.setSpacing(2)
        whole.addWidget(scroll, 1)
        # What decides, and where that is kept, is to be seen whatever is unfolded above it.
        foot = QVBoxLayout()
        foot.setContentsMargins(8, 0, 8, 0)
        foot.setSpacing(4)
        foot.addWidget(self.review)
        foot.addWidget(self.project)
        last = _row(self.count, self.export, self.help)
        last.setStretch(0, 1)
        foot.addLayout(last)
        whole.addLayout(foot)

    def _form(self) -> QFormLayout:
        form = _form()
        form.addRow("Image", self.image)
        form.addRow("", self.channels)
        return form

    def _advanced(self) -> Fold:
        advanced = Fold(
            "Advanced",
            "advanced",
            "advanced settings",
            "Model, source of masks, weights of the method, and how many candidates to list.",
        )
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        rows = _form()
        rows.addRow("Model", self.clip)
        rows.addRow("Masks", self.proposals)
        column.addLayout(rows)
        column.addWidget(self.method)
        # A low window scrolls it rather than lose what is below.
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        area.setWidget(content)
        area.setMinimumHeight(LOWEST_FORM)
        area.setMaximumHeight(content.sizeHint().height())
        advanced.add_widget(area)
        advanced.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        return advanced


def _form(parent: QWidget | None = None) -> QFormLayout:
    form = QFormLayout(parent)
    form.setContentsMargins(0, 0, 0, 0)
    form.setSpacing(4)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return form


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        row.addWidget(widget)
    return row

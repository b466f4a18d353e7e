"""Why the chosen candidate ranks where it does, as it is seen, read out and folded away."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint
from qtpy.QtGui import QImage

from napari_zsris._qt.widgets.colours import Colours
from napari_zsris._qt.widgets.explanation_panel import ExplanationPanel
from napari_zsris.engine.outcome import Card
from napari_zsris.proposals import Bitmap
from napari_zsris.review.question import Entry, Question

BITMAP = Bitmap.from_mask(np.ones((4, 4), bool))
THUMBNAIL = np.zeros((8, 8, 3), np.uint8)
WIDTH = 300


def question_of(*terms, blank=False):
    cards = tuple(
        Card(rank, rank, sum(each.values()), 0.5, BITMAP, THUMBNAIL, each)
        for rank, each in enumerate(terms)
    )
    bases = tuple(str(rank) for rank in range(len(cards)))
    entries = tuple(
        Entry(card.rank, card, base, BITMAP, BITMAP)
        for card, base in zip(cards, bases, strict=True)
    )
    if blank:
        entries += (Entry(len(entries), None, "", BITMAP, BITMAP),)
    return Question(1, 1, "a thing", cards, bases, entries, chosen=0 if entries else None)


@pytest.fixture
def panel(qtbot):
    made = ExplanationPanel(Colours.of("dark"))
    qtbot.addWidget(made)
    return made


def lay_out(panel):
    panel.layout().activate()
    panel.resize(WIDTH, panel.sizeHint().height())


def bars_of(panel):
    return panel.findChild(object, "terms")


def painted(panel, colour):
    """Tell in which pixels of the bars a colour shows."""
    lay_out(panel)
    bars = bars_of(panel).viewport()
    # A picture of the screen would have as few colours as the screen.
    image = QImage(bars.size(), QImage.Format.Format_RGB32)
    bars.render(image, QPoint())
    return {
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).name() == colour.name()
    }


def test_the_explanation_follows_the_chosen_candidate(panel):
    question = question_of({"appearance": 6.0, "left": -1.0}, {"appearance": 2.5, "left": -0.5})
    panel.show_question(question)
    assert "candidate 1: 5.00" in panel.findChild(object, "why").text()
    question = question.stepping(1)
    panel.show_question(question)
    assert "candidate 2: 2.00" in panel.findChild(object, "why").text()
    assert bars_of(panel).accessibleDescription().endswith("appearance +2.50, left -0.50")


@pytest.mark.parametrize("terms", [{}, {"appearance": 3.0}])
def test_without_terms_that_could_be_told_apart_nothing_is_shown(panel, terms):
    panel.show_question(question_of(terms))
    assert panel.isHidden()
    panel.show_question(None)
    assert panel.isHidden()


def test_terms_for_and_against_lie_on_two_sides_and_have_two_colours(panel):
    panel.show_question(question_of({"appearance": 2.0, "left": -2.0}))
    colours = Colours.of("dark")
    for_, against = painted(panel, colours.bar), painted(panel, colours.bad)
    assert len(for_) > 50
    assert len(against) > 50
    assert max(x for x, _ in against) < min(x for x, _ in for_)


def test_a_term_that_is_next_to_nothing_still_shows_its_side(panel):
    panel.show_question(question_of({"appearance": 9.0, "left": -0.001}))
    assert painted(panel, Colours.of("dark").bad)


def test_other_themes_colour_the_bars(panel):
    panel.show_question(question_of({"appearance": 2.0, "left": -2.0}))
    panel.recolour(Colours.of("light"))
    assert painted(panel, Colours.of("light").bar)
    assert not painted(panel, Colours.of("dark").bar)


def test_choosing_another_candidate_moves_nothing(panel):
    question = question_of(
        {"appearance": 6.0, "left": 0.0}, {"appearance": 2.5, "left": -0.5}, blank=True
    )
    heights = set()
    for _ in range(len(question)):
        panel.show_question(question)
        heights.add(panel.sizeHint().height())
        question = question.stepping(1)
    question = question.choosing(None)
    panel.show_question(question)
    heights.add(panel.sizeHint().height())
    assert len(heights) == 1
    assert not painted(panel, Colours.of("dark").bar)


def test_many_terms_are_scrolled_to(panel):
    few = {"appearance": 6.0, "left": -1.0}
    panel.show_question(question_of(few))
    lay_out(panel)
    assert not bars_of(panel).verticalScrollBar().maximum()
    panel.show_question(question_of(few | {f"near thing {number}": -0.1 for number in range(20)}))
    lay_out(panel)
    first = painted(panel, Colours.of("dark").bar)
    assert first
    bars_of(panel).verticalScrollBar().setValue(bars_of(panel).verticalScrollBar().maximum())
    assert not painted(panel, Colours.of("dark").bar)


def test_bars_can_be_folded_away_and_stay_so(panel):
    panel.show_question(question_of({"appearance": 6.0, "left": -1.0}))
    panel.findChild(object, "why").click()
    panel.show_question(question_of({"appearance": 4.0, "left": -1.0}))
    panel.show()
    assert not bars_of(panel).isVisible()
    assert "3.00" in panel.findChild(object, "why").text()
    panel.findChild(object, "why").click()
    assert bars_of(panel).isVisible()

"""Letters can be read on every ground, in every theme."""

import pytest
from napari.utils.theme import available_themes
from qtpy.QtGui import QColor

from napari_zsris._qt.widgets.colours import LEAST_CONTRAST, Colours, contrast

THEMES = ("dark", "light")
GROUNDS = ("background", "row", "chosen", "track")


def test_contrast_is_that_of_the_guidelines():
    assert contrast(QColor("white"), QColor("black")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)
    assert contrast(QColor("red"), QColor("red")) == 1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("letters", ["text", "faint", "good", "bad"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_letters_of_every_kind_can_be_read_on_every_ground(theme, letters, ground):
    colours = Colours.of(theme)
    assert getattr(colours, letters).alpha() == 255
    assert contrast(getattr(colours, letters), getattr(colours, ground)) >= LEAST_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_letters_on_the_button_that_matters_can_be_read(theme):
    colours = Colours.of(theme)
    assert contrast(colours.text, colours.accent) >= LEAST_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_the_ring_of_the_focus_and_the_chosen_row_are_seen(theme):
    colours = Colours.of(theme)
    for ground in ("background", "row", "accent"):
        assert contrast(colours.focus, getattr(colours, ground)) >= 3
    assert colours.chosen not in (colours.row, colours.background)


def test_any_theme_of_napari_is_read():
    assert set(THEMES) <= set(available_themes())
    for theme in available_themes():
        assert Colours.of(theme).text.isValid()

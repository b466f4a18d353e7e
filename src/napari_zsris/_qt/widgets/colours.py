"""The theme's colours, for what is painted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from napari.utils.theme import get_theme
from qtpy.QtGui import QColor

__all__ = ["LEAST_CONTRAST", "Colours", "contrast"]

# napari's themes have no colour for success, and their red for errors is too dark for letters.
GOOD = {"dark": "#5fd38d", "light": "#1d7a45"}
BAD = {"dark": "#ff8f8a", "light": "#b3261e"}
HALF = 127
FAINT = 0.62
NEAR = 0.6
# For letters of any size: level AA of the Web Content Accessibility Guidelines.
LEAST_CONTRAST = 4.5
STEPS = 50


@dataclass(frozen=True)
class Colours:
    """Colours of one napari theme; letters of all kinds can be read on grounds of all kinds.

    Parameters
    ----------
    text, faint, good, bad : QColor
        Letters, secondary letters, accepted and rejected.
    background, row, chosen, track : QColor
        Grounds: the dock, a row, the chosen row, the track of a score's bar.
    accent : QColor
        The ground of the button that matters most; letters on it are `text`.
    bar : QColor
        A score's bar.
    focus : QColor
        The ring around what has the focus.
    """

    text: QColor
    faint: QColor
    good: QColor
    bad: QColor
    background: QColor
    row: QColor
    chosen: QColor
    track: QColor
    accent: QColor
    bar: QColor
    focus: QColor

    @classmethod
    def of(cls, theme: str) -> Colours:
        """Take the colours of a theme.

        Parameters
        ----------
        theme : str
            The theme's name.

        Returns
        -------
        Colours
            Its colours, the grounds further from the letters where they could not be read.
        """
        found = get_theme(theme)
        text, background, row, highlight, current = (
            QColor(getattr(found, name).as_hex())
            for name in ("text", "background", "foreground", "highlight", "current")
        )
        kind = "dark" if text.lightness() > HALF else "light"
        letters = (_mixed(text, row, FAINT), QColor(GOOD[kind]), QColor(BAD[kind]))
        # The ground of the chosen row gives way first, so that letters keep their hues, but stays
        # apart from other rows.
        chosen = _away(highlight, letters, (_mixed(row, highlight, NEAR),))
        faint, good, bad = (_away(letter, (background, row, chosen), (text,)) for letter in letters)
        return cls(
            text=text,
            faint=faint,
            good=good,
            bad=bad,
            background=background,
            row=row,
            chosen=chosen,
            track=background,
            accent=_away(current, (text,), (background,)),
            bar=current,
            focus=text,
        )


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two opaque colours as the WCAG define it.

    Parameters
    ----------
    one, other : QColor
        The colours.

    Returns
    -------
    float
        1 for the same lightness, 21 for black on white.
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])


def _away(colour: QColor, others: Sequence[QColor], ends: Sequence[QColor]) -> QColor:
    """Move a colour towards the first of the ends until it contrasts with the others enough."""
    for step in range(STEPS + 1):
        moved = _mixed(ends[0], colour, step / STEPS)
        if all(contrast(moved, other) >= LEAST_CONTRAST for other in others):
            return moved
    return ends[-1]


def _mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Mix two colours; the share is the first one's."""
    return QColor(
        *(
            round(a * share + b * (1 - share))
            for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
        )
    )

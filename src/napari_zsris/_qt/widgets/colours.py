"""The theme's colours, for what is painted by hand."""

from __future__ import annotations

from dataclasses import dataclass

from napari.utils.theme import get_theme
from qtpy.QtGui import QColor

__all__ = ["Colours"]

# napari's themes have no colour for success, and their red for errors is too dark for letters.
GOOD = {"dark": "#5fd38d", "light": "#1d7a45"}
HALF = 127
BAD = {"dark": "#ff8f8a", "light": "#b3261e"}


@dataclass(frozen=True)
class Colours:
    """Colours of one napari theme.

    Parameters
    ----------
    text, faint, row, chosen, bar, track, good, bad : QColor
        Letters, secondary letters, a row, the chosen row, a score's bar and its track, accepted
        and rejected.
    """

    text: QColor
    faint: QColor
    row: QColor
    chosen: QColor
    bar: QColor
    track: QColor
    good: QColor
    bad: QColor

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
            Its colours.
        """
        found = get_theme(theme)
        text = QColor(found.text.as_hex())
        kind = "dark" if text.lightness() > HALF else "light"
        faint = QColor(text)
        faint.setAlphaF(0.62)
        return cls(
            text=text,
            faint=faint,
            row=QColor(found.foreground.as_hex()),
            chosen=QColor(found.highlight.as_hex()),
            bar=QColor(found.current.as_hex()),
            track=QColor(found.background.as_hex()),
            good=QColor(GOOD[kind]),
            bad=QColor(BAD[kind]),
        )

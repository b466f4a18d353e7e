"""How sure a figure is: photos drawn again and again with replacement."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Bootstrap", "Interval"]

FloatArray: TypeAlias = npt.NDArray[np.float64]

_DRAWS = 2000
_LOW, _HIGH = 2.5, 97.5


class Interval(NamedTuple):
    """Where a figure lies in 95 of 100 draws."""

    low: float
    high: float


class Bootstrap:
    """The percentile bootstrap of Efron (1979) over photos, whose phrases are not independent.

    The same draws serve every figure, so that differences between methods are paired.

    Parameters
    ----------
    photos : (n,) array-like of str
        Each phrase's photo.
    """

    def __init__(self, photos: npt.ArrayLike) -> None:
        names, self._places = np.unique(np.asarray(photos, str), return_inverse=True)
        count = len(names)
        self._weights = (
            np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), _DRAWS)
            if count
            else np.zeros((_DRAWS, 0))
        )

    def interval(self, parts: FloatArray, others: FloatArray | None = None) -> Interval | None:
        """Give the interval of a ratio of sums, or of how far it is above another one.

        Parameters
        ----------
        parts : (n, 2) float64 array
            What each phrase adds to numerator and denominator.
        others : (n, 2) float64 array, optional
            The same of another method for the same phrases, to be subtracted.

        Returns
        -------
        Interval or None
            The middle 95 % of the draws; None where nothing counts.
        """
        ratios = self._ratios(parts)
        if others is not None:
            ratios = ratios - self._ratios(others)
        ratios = ratios[np.isfinite(ratios)]
        if not len(ratios):
            return None
        low, high = np.percentile(ratios, [_LOW, _HIGH])
        return Interval(float(low), float(high))

    def _ratios(self, parts: FloatArray) -> FloatArray:
        size = self._weights.shape[1]
        sums = [np.bincount(self._places, column, size) for column in parts.T]
        above, below = (self._weights @ each for each in sums)
        ratios: FloatArray = np.divide(above, below, out=np.full(_DRAWS, np.nan), where=below > 0)
        return ratios

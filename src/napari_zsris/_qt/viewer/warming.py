"""What napari loads when it shows the first mask, loaded before."""

from __future__ import annotations

import threading
from importlib import import_module

import numpy as np
from napari.utils.colormaps import DirectLabelColormap

__all__ = ["warm_labels"]


def warm_labels() -> None:
    """Load what a first Labels layer needs, in a thread: it would stop the window for seconds.

    That is pandas for the layer's features, and code that numba compiles for its colours.
    """
    threading.Thread(target=_load, name="zsris-warming", daemon=True).start()


def _load() -> None:
    import_module("pandas")
    colours = DirectLabelColormap(color_dict={0: "transparent", 1: "cyan", None: "cyan"})
    colours.map(np.zeros((1, 1), np.uint8))

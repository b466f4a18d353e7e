"""CLIP models opened up: towers split where masks enter, text encoders, the bundled `lite`."""

from napari_zsris.clip.load import load_clip
from napari_zsris.clip.model import Clip
from napari_zsris.clip.towers import ImageTower, TextTower

__all__ = ["Clip", "ImageTower", "TextTower", "load_clip"]

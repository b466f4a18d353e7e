"""Zero-shot referring image segmentation for napari: a phrase in, ranked editable masks out."""

from napari_zsris._version import __version__

__all__ = ["__version__"]

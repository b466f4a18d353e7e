"""Sample photos for the demo, the tests and napari."""

from napari_zsris.samples.photos import Sample, find_photo, photos

__all__ = ["Sample", "find_photo", "photos"]

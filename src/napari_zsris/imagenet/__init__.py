"""The bundled ImageNet classifier, which both the image tower of `lite` and `objects` look with."""

from napari_zsris.imagenet.maps import feature_maps
from napari_zsris.imagenet.network import CENTRE, load_classifier

__all__ = ["CENTRE", "feature_maps", "load_classifier"]

"""Sample photos for napari's File > Open Sample."""

from __future__ import annotations

from typing import Any, TypeAlias

from napari_zsris.samples.photos import Sample, find_photo

__all__ = ["LayerData", "astronaut", "coffee", "layer_data", "rocket"]

LayerData: TypeAlias = tuple[Any, dict[str, Any], str]


def layer_data(sample: Sample) -> LayerData:
    """Give a sample as napari wants layers.

    Parameters
    ----------
    sample : Sample
        The sample.

    Returns
    -------
    tuple
        Pixels, keyword arguments and type of an image layer; its metadata hold the phrases to try.
    """
    about = {
        "referring_phrases": list(sample.phrases),
        "credit": sample.credit,
        "licence": sample.licence,
    }
    return sample.load(), {"name": sample.name, "rgb": True, "metadata": about}, "image"


def coffee() -> list[LayerData]:
    """Open the cup of coffee.

    Returns
    -------
    list of tuple
        One image layer.
    """
    return [layer_data(find_photo("coffee"))]


def astronaut() -> list[LayerData]:
    """Open the astronaut.

    Returns
    -------
    list of tuple
        One image layer.
    """
    return [layer_data(find_photo("astronaut"))]


def rocket() -> list[LayerData]:
    """Open the rocket.

    Returns
    -------
    list of tuple
        One image layer.
    """
    return [layer_data(find_photo("rocket"))]

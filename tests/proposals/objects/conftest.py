"""Photos of balls and boxes, whose objects are known."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from napari_zsris.imagenet import load_classifier


@pytest.fixture(scope="session")
def draw():
    """Draw the picture of a seed: gives its pixels and its two masks."""
    return _drawn


def _drawn(seed, size=(96, 128)):
    """A ball and a box on a striped ground: the picture, and both masks."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[0], : size[1]]
    stripes = 20 * np.sin(columns / 3)[..., None]
    pixels = np.full((*size, 3), 120) + stripes + random.normal(0, 3, (*size, 3))
    x, y = random.integers(25, 50), random.integers(25, 70)
    masks = [
        np.hypot(rows - y, columns - x) < random.integers(12, 22),
        (abs(rows - 50) < random.integers(12, 30)) & (abs(columns - 98) < random.integers(8, 20)),
    ]
    for mask in masks:
        pixels[mask] = random.integers(0, 255, 3)
    return np.clip(pixels, 0, 255).astype(np.uint8), masks


@pytest.fixture(scope="session")
def network():
    return load_classifier()


@pytest.fixture(scope="session")
def coco(tmp_path_factory) -> Path:
    """A COCO folder of four such pictures, and one that nothing is known of."""
    folder = tmp_path_factory.mktemp("balls")
    (folder / "images").mkdir()
    images, annotations = [], []
    for number in range(5):
        pixels, masks = _drawn(number)
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        height, width = pixels.shape[:2]
        images.append(
            {"id": number, "file_name": f"{number}.png", "height": height, "width": width}
        )
        for mask in masks if number < 4 else ():
            runs = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
            counts = {"size": [height, width], "counts": runs["counts"].decode()}
            annotations.append({"id": len(annotations), "image_id": number, "segmentation": counts})
    content = {"images": images, "annotations": annotations}
    (folder / "instances.json").write_text(json.dumps(content))
    return folder

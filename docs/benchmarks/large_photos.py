"""Measure what a large photo costs beside a small one: CPU seconds and peak memory.

    python docs/benchmarks/large_photos.py [--proposals objects] [--photo FILE]

The photo (scikit-image's coffee by default) is enlarged to 1, 4, 16 and 47 megapixels. Each size is
encoded and asked for a phrase in a process of its own, after a small photo has warmed it up.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image
from project import peak_memory
from skimage import data

import napari_zsris as zs
from napari_zsris.images import read_image

SIZES = ((877, 1140), (1754, 2280), (3508, 4560), (6000, 7800))


def measure(photo: np.ndarray, size: tuple[int, int], proposals: str) -> None:
    """Print one row of the table."""
    segmenter = zs.Segmenter(proposals=proposals)
    segmenter.encode(photo).rank("the cup")
    large = np.asarray(Image.fromarray(photo).resize(size[::-1], Image.Resampling.BICUBIC))
    start = time.process_time()
    scene = segmenter.encode(large)
    encoded = time.process_time()
    best = scene.rank("the cup")[0]
    asked = time.process_time()
    peak = peak_memory()
    megapixels = best.mask.size / 1e6
    print(
        f"| {megapixels:.0f} | {encoded - start:.1f} s | {asked - encoded:.2f} s | {peak:.0f} MB |",
        flush=True,
    )


def main() -> None:
    """Measure every size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--proposals", default="objects")
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--size", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.size:
        photo = read_image(options.photo) if options.photo else data.coffee()
        measure(photo, tuple(options.size), options.proposals)
        return
    print("| megapixels | encode | first phrase | peak memory |\n| --- | --- | --- | --- |")
    for size in SIZES:
        command = [sys.executable, __file__, *sys.argv[1:], "--size", *map(str, size)]
        subprocess.run(command, check=True)  # noqa: S603 - this very script


if __name__ == "__main__":
    main()

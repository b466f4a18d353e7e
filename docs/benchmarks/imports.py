"""Measure the import of a large COCO file and its export again: CPU seconds and peak memory.

    python docs/benchmarks/imports.py [--objects 200000] [--folder FOLDER]

The file is synthetic: 20 objects for every photo of 480 x 640 pixels, polygons of 26 corners as in
COCO (about 500 bytes an object), every tenth object as compressed run lengths. The import runs in a
process of its own, once with the masks to choose from and once as finished work; that is exported
by project.py, as COCO with run lengths and as RefCOCO with polygons.
"""

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from project import peak_memory

from napari_zsris.annotations import Project, encode_rle
from napari_zsris.annotations.imports import import_coco
from napari_zsris.progress import finish

HEIGHT, WIDTH = 480, 640
PER_PHOTO, CORNERS, CATEGORIES = 20, 26, 80


def polygon(rng: random.Random) -> list[float]:
    """Draw a wobbly outline."""
    x, y = rng.uniform(80, WIDTH - 80), rng.uniform(80, HEIGHT - 80)
    points = []
    for corner in range(CORNERS):
        angle, radius = 2 * math.pi * corner / CORNERS, rng.uniform(15, 70)
        points += [round(x + radius * math.cos(angle), 2), round(y + radius * math.sin(angle), 2)]
    return points


def run_lengths(rng: random.Random) -> dict[str, object]:
    """Draw a box as compressed run lengths."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    y, x = rng.randrange(HEIGHT - 50), rng.randrange(WIDTH - 50)
    mask[y : y + 40, x : x + 40] = True
    return dict(encode_rle(mask))


def build(folder: Path, objects: int) -> None:
    """Write the photos and the file."""
    rng = random.Random(0)  # noqa: S311 - not for secrets
    photos = -(-objects // PER_PHOTO)
    (folder / "images").mkdir()
    Image.new("RGB", (WIDTH, HEIGHT), "grey").save(folder / "images" / "0.jpg")
    content = (folder / "images" / "0.jpg").read_bytes()
    for number in range(photos):
        # Files that differ, as photos do.
        (folder / "images" / f"{number}.jpg").write_bytes(content + str(number).encode())
    images = [
        {"id": number, "file_name": f"{number}.jpg", "height": HEIGHT, "width": WIDTH}
        for number in range(photos)
    ]
    annotations = [
        {
            "id": number,
            "image_id": number // PER_PHOTO,
            "category_id": rng.randrange(CATEGORIES),
            "iscrowd": 0,
            "area": 5000.0,
            "bbox": [10.0, 20.0, 70.0, 70.0],
            "segmentation": run_lengths(rng) if number % 10 == 0 else [polygon(rng)],
        }
        for number in range(objects)
    ]
    categories = [{"id": number, "name": f"kind {number}"} for number in range(CATEGORIES)]
    file = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "instances.json").write_text(json.dumps(file))


def measure(folder: Path, masks: str) -> None:
    """Import the file; print CPU seconds and peak memory of this process."""
    start, clock = time.process_time(), time.perf_counter()
    with Project.open(folder / f"{masks}.zsris", create=True) as project:
        done = finish(
            import_coco(project, folder / "instances.json", folder / "images", masks=masks)
        )
    seconds, elapsed = time.process_time() - start, time.perf_counter() - clock
    peak = peak_memory()
    print(
        f"| {masks} | {done.proposals or done.finished:,} objects of {done.photos:,} photos "
        f"| {seconds:.1f} s CPU ({elapsed:.0f} s elapsed) | {peak:.0f} MB |",
        flush=True,
    )


def main() -> None:
    """Build the file, import it twice, export it twice, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    parser.add_argument("--measure", nargs=2, metavar=("FOLDER", "MASKS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(Path(options.measure[0]), options.measure[1])
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        build(Path(name), options.objects)
        print(f"| file | {(Path(name) / 'instances.json').stat().st_size / 1e6:.0f} MB | | |")
        for masks in ("proposals", "finished"):
            subprocess.run(  # noqa: S603 - this very script
                [sys.executable, __file__, "--measure", name, masks], check=True
            )
        exporter = Path(__file__).with_name("project.py")
        for kind in ("rle", "refcoco"):
            subprocess.run(  # noqa: S603 - the script beside this one
                [sys.executable, exporter, "--export", Path(name) / "finished.zsris", kind],
                check=True,
            )


if __name__ == "__main__":
    main()

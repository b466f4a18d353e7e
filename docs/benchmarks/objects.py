"""Measure the proposals `objects` on photos that its models have not seen, beside `regions`.

    zsris train-objects COCO --out all.safetensors --folds FOLDS
    python docs/benchmarks/objects.py COCO FOLDS [--world]

COCO is a folder with `images/`, `instances.json` (COCO) and `refs.json` (RefCOCO's rows). FOLDS
holds the models of cross-validation: photo k of those with objects is shown to model k modulo their
number, which was learnt without it. The oracle takes, for every phrase, the proposal with the
highest IoU with the object that is meant. `--world` draws, instead, how the bundled model and
`regions` agree with simple truths on scikit-image's photos of other worlds.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from napari_zsris.imagenet import load_classifier
from napari_zsris.images import read_image
from napari_zsris.proposals import Proposals
from napari_zsris.proposals.objects import Objects, load_bundled, load_model
from napari_zsris.proposals.objects.examples import find_photos
from napari_zsris.proposals.regions import Regions

SHARES = (0.5, 0.7, 0.8)
DRAWS = 2000


def overlaps(proposals: Proposals, masks: np.ndarray) -> np.ndarray:
    """Give the IoU of every proposal with every mask, (N, M)."""
    both = Proposals.concatenate([proposals, Proposals.from_masks(masks)])
    return both.iou_matrix()[: len(proposals), len(proposals) :]


def photos(folder: Path) -> Iterator[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield number, photo, instances' masks and how many phrases mean each."""
    phrases: dict[int, int] = {}
    for ref in json.loads((folder / "refs.json").read_text()):
        phrases[ref["ann_id"]] = phrases.get(ref["ann_id"], 0) + len(ref["sentences"])
    for number, (path, annotated) in enumerate(find_photos(folder)):
        meant = np.array([phrases.get(row.get("id"), 0) for row in annotated.rows])
        if meant.any():
            photo = read_image(path)
            yield number, photo, np.array([*annotated.masks(photo.shape[:2])]), meant


def interval(rows: list[np.ndarray], measure: Callable[[np.ndarray], float]) -> str:
    """Give a figure over all phrases and its 95 % bootstrap over photos."""
    random = np.random.default_rng(0)
    drawn = [
        measure(np.concatenate([rows[k] for k in random.integers(0, len(rows), len(rows))]))
        for _ in range(DRAWS)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{measure(np.concatenate(rows)):.3f} ({low:.3f}-{high:.3f})"


def measure(folder: Path, folds: Path) -> None:
    """Print the table of both sources."""
    network = load_classifier()
    models = [load_model(path) for path in sorted(folds.glob("*.safetensors"))]
    found: dict[str, list[np.ndarray]] = {"regions": [], "objects": []}
    seconds: dict[str, list[float]] = {"regions": [], "objects": []}
    for number, photo, masks, meant in photos(folder):
        sources = {"regions": Regions(), "objects": Objects(models[number % len(models)], network)}
        for name, source in sources.items():
            began = time.process_time()
            proposals = source(photo)
            seconds[name].append(time.process_time() - began)
            found[name].append(np.repeat(overlaps(proposals, masks).max(axis=0), meant))
    print("| best of 100 | mean IoU | " + " | ".join(f">= {share}" for share in SHARES) + " | s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, rows in found.items():
        cells = [interval(rows, np.mean)]
        cells += [interval(rows, lambda x, share=share: np.mean(x >= share)) for share in SHARES]
        print(f"| {name} | " + " | ".join(cells) + f" | {np.median(seconds[name]):.2f} |")


def other_worlds() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield pictures that are no photos of things, with masks that a threshold gives."""
    from scipy import ndimage
    from skimage import data, filters, measure

    for name, dark in (("coins", False), ("page", True), ("cell", False), ("horse", True)):
        picture = np.asarray(getattr(data, name)())
        grey = picture.astype(float)
        smooth = filters.gaussian(grey, 1)
        level = filters.threshold_local(smooth, 101) if name == "page" else None
        inside = smooth > (filters.threshold_otsu(smooth) if level is None else level - 5)
        inside = ndimage.binary_fill_holes(inside != dark)
        labels = measure.label(inside)
        sizes = np.bincount(labels.ravel())[1:]
        kept = [k + 1 for k in np.argsort(-sizes)[:40] if sizes[k] >= 0.002 * grey.size]
        if kept:
            pixels = picture.astype(np.uint8) * (255 if picture.dtype == bool else 1)
            yield name, pixels, np.array([labels == k for k in kept])


def world() -> None:
    """Print the mean best IoU of both sources on pictures of other worlds."""
    sources = {"regions": Regions(), "objects": Objects(load_bundled())}
    print("| picture | masks | regions | objects |\n| --- | --- | --- | --- |")
    for name, picture, masks in other_worlds():
        best = [overlaps(source(picture), masks).max(axis=0).mean() for source in sources.values()]
        print(f"| {name} | {len(masks)} | {best[0]:.3f} | {best[1]:.3f} |")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("folds", type=Path, nargs="?")
    parser.add_argument("--world", action="store_true")
    arguments = parser.parse_args()
    if arguments.world:
        world()
    else:
        measure(arguments.folder, arguments.folds)


if __name__ == "__main__":
    main()

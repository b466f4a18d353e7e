"""Measure the proposals `objects` on photos that its models have not seen, beside `regions`.

    zsris train-objects COCO --out all.safetensors --folds FOLDS
    python docs/benchmarks/objects.py COCO FOLDS [--world]

COCO is a folder with `images/`, `instances.json` (COCO) and `refs.json` (RefCOCO's rows). FOLDS
holds the models of cross-validation: photo k of those with objects is shown to model k modulo their
number, which was learnt without it. The oracle takes, for every phrase, the proposal with the
highest IoU with the object that is meant; then each phrase is asked with `lite`, its list by
coverage and with copies behind. `--world` draws, instead, how the bundled model and `regions`
agree with simple truths on scikit-image's photos of other worlds.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import napari_zsris as zs
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


def photos(folder: Path) -> Iterator[tuple[int, np.ndarray, np.ndarray, list[tuple[int, str]]]]:
    """Yield number, photo, instances' masks and the phrases, each with the instance it means."""
    phrases: dict[object, list[str]] = {}
    for ref in json.loads((folder / "refs.json").read_text()):
        phrases.setdefault(ref["ann_id"], []).extend(each["sent"] for each in ref["sentences"])
    for number, (path, annotated) in enumerate(find_photos(folder)):
        meant = [
            (place, phrase)
            for place, row in enumerate(annotated.rows)
            for phrase in phrases.get(row.get("id"), ())
        ]
        if meant:
            photo = read_image(path)
            masks = np.array([*annotated.masks(photo.shape[:2])])
            if len(masks) != len(annotated.rows):
                raise SystemExit(f"{path}: a mask is damaged, so that phrases lose their objects")
            yield number, photo, masks, meant


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
    """Print a table of what both sources reach: at best, and when phrases are asked."""
    network, segmenter = load_classifier(), zs.Segmenter()
    models = [load_model(path) for path in sorted(folds.glob("*.safetensors"))]
    listed = {"coverage": segmenter.method, "copies": segmenter.method.replace(coverage=0.0)}
    found: dict[str, list[np.ndarray]] = {}
    seconds: dict[str, list[float]] = {}
    for number, photo, masks, meant in photos(folder):
        sources = {"regions": Regions(), "objects": Objects(models[number % len(models)], network)}
        for name, source in sources.items():
            began = time.process_time()
            proposals = source(photo)
            proposed = time.process_time()
            scene = segmenter.encode(photo, masks=proposals)
            seconds.setdefault(name, []).append(proposed - began)
            seconds.setdefault(f"{name}, encoded", []).append(time.process_time() - began)
            iou = overlaps(proposals, masks)
            best = np.array([iou[:, place].max() for place, _ in meant])
            found.setdefault(f"{name}: best of all", []).append(best)
            for kind, method in listed.items():
                orders = [(place, scene.rank(words, method).order) for place, words in meant]
                for first in (1, 5, 10):
                    reached = [iou[order[:first], place].max() for place, order in orders]
                    row = f"{name}, {kind}: best of {first}"
                    found.setdefault(row, []).append(np.array(reached))
    print("| | mean IoU | " + " | ".join(f">= {share}" for share in SHARES) + " |")
    print("| --- | --- | --- | --- | --- |")
    for name, rows in found.items():
        cells = [interval(rows, np.mean)]
        cells += [interval(rows, lambda x, share=share: np.mean(x >= share)) for share in SHARES]
        print(f"| {name} | " + " | ".join(cells) + " |")
    for name, spent in seconds.items():
        print(f"{name}: {np.median(spent):.2f} s of CPU time a photo (median)")


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

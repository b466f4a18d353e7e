"""Measure the `regions` proposals on photos with referred objects, and fit their ranking.

    python docs/benchmarks/regions.py COCO [--fit]

COCO is a folder with `images/`, `instances.json` (COCO) and `refs.json` (RefCOCO's rows, of which
`ann_id` is read). The oracle takes, for every referred object, the proposal with the highest IoU.
`--fit` learns the weights of the objectness score instead, from all instances of at least 0.4 % of
their photo, and tests each fifth of the photos with weights learned on the others.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from napari_zsris.images import read_image
from napari_zsris.progress import finish
from napari_zsris.proposals import Proposals, objectness, regions
from napari_zsris.proposals.given import read_masks
from napari_zsris.proposals.label_map import enlarged
from napari_zsris.proposals.quality import Quality

COUNTS = (20, 50, 100, 200, 300)
SMALLEST_INSTANCE = 0.004
FOLDS = 5
RIDGE = 30.0


class Sample(NamedTuple):
    """A photo's groups of regions, measured and compared with its instances and referents."""

    features: np.ndarray
    target: np.ndarray
    overlap: np.ndarray
    referred: np.ndarray


def read_photos(
    folder: Path, *, referred_only: bool
) -> Iterator[tuple[np.ndarray, Proposals, np.ndarray]]:
    """Yield each annotated photo, its instances' masks and which of them are referred to."""
    content = json.loads((folder / "instances.json").read_text())
    referred = {ref["ann_id"] for ref in json.loads((folder / "refs.json").read_text())}
    for image in content["images"]:
        rows = [row for row in content["annotations"] if row["image_id"] == image["id"]]
        flags = np.array([row["id"] in referred for row in rows], bool)
        if not flags.any() and (referred_only or not rows):
            continue
        size = image["height"], image["width"]
        masks = read_masks(folder / "instances.json", size, image["file_name"])
        yield read_image(folder / "images" / image["file_name"]), masks, flags


def best_overlaps(proposals: Proposals, objects: Proposals) -> np.ndarray:
    """Give the IoU of every proposal with every object, (N, M)."""
    both = Proposals.concatenate([proposals, objects])
    return both.iou_matrix()[: len(proposals), len(proposals) :]


def measure(folder: Path) -> None:
    """Print the oracle's quality for the first proposals, and the time a photo takes."""
    generate = regions.Regions(Quality(max_count=max(COUNTS)))
    best, wall, cpu, counts = [], [], [], []
    for photo, masks, referred in read_photos(folder, referred_only=True):
        clock, busy = time.perf_counter(), time.process_time()
        proposals = generate(photo)
        wall.append(time.perf_counter() - clock)
        cpu.append(time.process_time() - busy)
        counts.append(len(proposals))
        iou = best_overlaps(proposals, masks.select(np.flatnonzero(referred).tolist()))
        best.append(np.array([iou[:count].max(axis=0) for count in COUNTS]))
    table = np.concatenate(best, axis=1)
    print(
        f"{len(wall)} photos, {table.shape[1]} referred objects, {statistics.median(counts)} masks"
    )
    print("| proposals | oracle mean IoU | recall at IoU 0.5 |\n|---|---|---|")
    for count, row in zip(COUNTS, table, strict=True):
        print(f"| {count} | {row.mean():.3f} | {(row >= 0.5).mean():.3f} |")
    print(f"seconds a photo: median {statistics.median(wall):.2f}, max {max(wall):.2f}")
    print(f"CPU seconds a photo: median {statistics.median(cpu):.2f}, max {max(cpu):.2f}")


def samples(folder: Path) -> Iterator[Sample]:
    """Measure all groups of regions of each photo."""
    for photo, masks, referred in read_photos(folder, referred_only=False):
        graph = regions.region_graph(regions.working_copy(photo))
        members = finish(regions.grouped(graph))
        labels = enlarged(graph.labels, masks.size).ravel()
        count = len(graph)
        areas = np.bincount(labels, minlength=count)
        inside = np.array(
            [np.bincount(labels[mask.ravel()], minlength=count) for mask in masks.masks]
        )
        shared = members @ inside.T
        iou = shared / ((members @ areas)[:, None] + masks.areas - shared)
        large = masks.areas >= SMALLEST_INSTANCE * labels.size
        target = iou[:, large].max(axis=1, initial=0.0)
        overlap = objectness.overlaps(members, graph.sizes)
        yield Sample(objectness.features(graph, members), target, overlap, iou[:, referred])


def fitted(data: Sequence[Sample]) -> np.ndarray:
    """Solve the ridge regression in which every photo counts alike; the last is the constant."""
    columns = len(objectness.FEATURES)
    spread = np.append(np.concatenate([row.features for row in data]).std(axis=0), 1.0)
    left, right = np.diag(RIDGE * np.append(np.ones(columns), 0.0)), np.zeros(columns + 1)
    for row in data:
        scaled = np.column_stack([row.features, np.ones(len(row.features))]) / spread
        left += 1000 / len(scaled) * scaled.T @ scaled
        right += 1000 / len(scaled) * scaled.T @ row.target
    return np.linalg.solve(left, right) / spread


def best_found(data: Sequence[Sample], weights: np.ndarray, sharpness: float) -> list[np.ndarray]:
    """List, photo by photo, the best IoU per referred object among the first proposals."""
    found = []
    for row in data:
        expected = row.features @ weights[:-1]
        chances = np.exp(sharpness * (expected - expected.max()))
        chosen, _ = objectness.cover(row.overlap, chances / chances.sum(), max(COUNTS))
        found.append(np.array([row.referred[chosen[:count]].max(axis=0) for count in COUNTS]))
    return found


def fit(folder: Path) -> None:
    """Print cross-validated figures, then the weights learned on all photos."""
    data = list(samples(folder))
    pool = np.concatenate([row.referred.max(axis=0) for row in data if row.referred.size])
    print(
        f"{len(data)} photos, median {statistics.median(len(row.features) for row in data)} groups"
    )
    print(f"best of all groups {pool.mean():.3f}; first {COUNTS}, learned on other photos:")
    for sharpness in (0.0, 10.0, 20.0, 30.0):
        held_out = []
        for fold in range(FOLDS):
            test = [row for k, row in enumerate(data) if k % FOLDS == fold and row.referred.size]
            weights = fitted([row for k, row in enumerate(data) if k % FOLDS != fold])
            held_out += best_found(test, weights, sharpness)
        rows = np.concatenate(held_out, axis=1)
        print(f"sharpness {sharpness}: " + " ".join(f"{row.mean():.3f}" for row in rows))
    for name, weight in zip((*objectness.FEATURES, "constant"), fitted(data), strict=True):
        print(f"{weight:9.4f}  {name}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    (fit if arguments.fit else measure)(arguments.folder)


if __name__ == "__main__":
    main()

"""How often candidates are doubted that are right, and how often those that cannot be.

    python docs/benchmarks/doubt.py COCO [--proposals regions] [--photos 20]

COCO holds `images/`, `instances.json` and a refs file. Right are the phrases of a photo, wrong are
those of photos that share no category with it, and phrases that no photo shows. True masks are the
proposals unless others are asked for. The least appearance is chosen anew on four fifths of the
photos and counted on the last fifth, so that a false alarm befalls 1.5 % of the right phrases seen.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import napari_zsris as zs
from napari_zsris.evaluation import load_dataset
from napari_zsris.evaluation.sheet import Sheet
from napari_zsris.images import read_image
from napari_zsris.method.doubt import LEAST_APPEARANCE, doubt_about_photo
from napari_zsris.method.ranking import APPEARANCE

FOLDS = 5
SHARE_DOUBTED = 0.015
WRONG_PHRASES = 20
NONSENSE = (
    "a theorem about prime numbers", "the colour of Tuesday", "a quarterly tax return",
    "the smell of justice", "a floating point exception", "the square root of two",
    "an unpaid invoice", "a violin sonata in G minor", "a microscope slide", "the ring of Saturn",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A phrase asked of a photo."""

    photo: int
    kind: str
    best: float


def ask(folder: Path, proposals: str | None, photos: int | None) -> tuple[list[Asked], int]:
    """Ask right and wrong phrases of every photo; count the photos that are doubted, too."""
    segmenter = zs.Segmenter("lite", proposals or "regions")
    dataset = load_dataset(folder).first(photos)
    rng, asked, doubted = np.random.default_rng(0), list[Asked](), 0
    shown = [{one.category for one in photo.objects} for photo in dataset.photos]
    for number, photo in enumerate(dataset.photos):
        pixels = read_image(photo.path)
        doubted += bool(doubt_about_photo(pixels))
        sheet = Sheet.read(photo.phrases, photo.objects, pixels.shape[:2])
        scene = segmenter.encode(pixels, None if proposals else sheet.proposals())
        others = [
            entry.phrase
            for there, other in zip(shown, dataset.photos, strict=True)
            for entry in other.phrases
            if not there & shown[number]
        ]
        chosen = rng.choice(others, min(WRONG_PHRASES, len(others)), replace=False)
        phrases = {"right": [entry.phrase for entry in photo.phrases], "wrong": list(chosen)}
        for kind, words in (phrases | {"nonsense": list(NONSENSE)}).items():
            for phrase in words:
                best = float(scene.rank(str(phrase)).terms[APPEARANCE].max())
                asked.append(Asked(number, kind, best))
    return asked, doubted


def cross_validated(asked: list[Asked]) -> dict[str, float]:
    """Choose the least appearance on the other photos, then count who stays below it."""
    best, photo = np.array([one.best for one in asked]), np.array([one.photo for one in asked])
    kind = np.array([one.kind for one in asked])
    fold = np.random.default_rng(0).permutation(photo.max() + 1)[photo] % FOLDS
    below = np.zeros(len(asked), bool)
    for k in range(FOLDS):
        least = np.quantile(best[(kind == "right") & (fold != k)], SHARE_DOUBTED)
        below[fold == k] = best[fold == k] < least
    return {name: float(below[kind == name].mean()) for name in ("right", "wrong", "nonsense")}


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("coco", type=Path)
    parser.add_argument("--proposals", help="a source of masks instead of the true ones")
    parser.add_argument("--photos", type=int, help="only so many")
    chosen = parser.parse_args()
    asked, doubted = ask(chosen.coco, chosen.proposals, chosen.photos)
    print(f"photos doubted: {doubted} of {len({one.photo for one in asked})}")
    validated = cross_validated(asked)
    for kind, share in validated.items():
        best = [one.best for one in asked if one.kind == kind]
        below = np.mean([each < LEAST_APPEARANCE["lite"] for each in best])
        print(f"{kind} phrases doubted: {below:.1%} of {len(best)}, ", end="")
        print(f"cross-validated {share:.1%}")


if __name__ == "__main__":
    main()

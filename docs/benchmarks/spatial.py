"""Measure what each spatial term is worth, on photos with true masks as proposals.

    python docs/benchmarks/spatial.py FOLDER [--clip lite]

FOLDER holds `images/`, `instances.json` (COCO) and one `refs(NAME).p` (RefCOCO). A phrase counts as
right when the referred object's own mask comes first. Intervals are 95 % bootstraps over photos;
`cross-validated` chooses the weights on four fifths of the photos and counts the last fifth.
"""

import argparse
import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

import napari_zsris as zs
from napari_zsris.evaluation import load_dataset
from napari_zsris.evaluation.bootstrap import Bootstrap
from napari_zsris.evaluation.sheet import Sheet
from napari_zsris.images import read_image
from napari_zsris.method.expression import Expression
from napari_zsris.method.fusion import mix, similarities, softmax, unit
from napari_zsris.method.geometry import Geometry
from napari_zsris.method.scene import Scene
from napari_zsris.method.spatial import SpatialWeights, spatial_scores

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

OFF = SpatialWeights(0, 0, 0, 0)
GRID = [
    SpatialWeights(order, side, target, company)
    for order, side, target, company in itertools.product(
        (1.5, 2.5, 3.5), (0.25, 0.5, 1.0), (0.5, 0.75, 1.0), (0.0, 0.2, 0.4, 0.6)
    )
]
FOLDS = 5


TEXTS = {
    "sentence + noun phrase": lambda said: (said.sentence, said.noun_phrase),
    "appearance + noun phrase": lambda said: (said.appearance or said.sentence, said.noun_phrase),
    "appearance + name": lambda said: (said.appearance, said.name),
}
DEFAULT_TEXT = "appearance + name"


@dataclasses.dataclass(eq=False)
class Case:
    """One phrase about one photo: all that does not depend on the weights."""

    photo: str
    kind: str
    expression: Expression
    geometry: Geometry
    logits: dict[str, FloatArray]
    landmarks: dict[str, FloatArray]
    wanted: int

    def right(self, weights: SpatialWeights, text: str = DEFAULT_TEXT) -> bool:
        """Add all terms up, and say whether the wanted mask comes first."""
        looks = self.logits[text]
        total = looks + spatial_scores(
            self.expression, self.geometry, softmax(looks), self.landmarks, weights
        )
        return int(np.argmax(total)) == self.wanted


def cases(folder: Path, segmenter: zs.Segmenter) -> Iterator[Case]:
    """Encode each photo once and compare it with each of its phrases."""
    for photo in load_dataset(folder).photos:
        image = read_image(photo.path)
        sheet = Sheet.read(photo.phrases, photo.objects, image.shape[:2])
        proposals = sheet.proposals()
        scene = segmenter.encode(image, proposals)
        geometry = Geometry.of(proposals)
        compare = comparison(segmenter, scene)
        for entry, grades in zip(sheet.phrases, sheet.grades(proposals), strict=True):
            said = segmenter.reader.language.parse(entry.phrase)
            logits = {name: compare(*texts(said)) for name, texts in TEXTS.items()}
            landmarks = {name: softmax(compare(name)) for name in said.landmarks}
            wanted = int(np.argmax(grades.is_best))
            yield Case(photo.name, entry.kind or "", said, geometry, logits, landmarks, wanted)


def comparison(segmenter: zs.Segmenter, scene: Scene) -> Callable[..., FloatArray]:
    """Give a function that scores a scene's masks by a whole text and a part of it."""
    clip, method = segmenter.clip, segmenter.method
    visual = mix(scene.global_features, scene.local_features, method.alpha)

    def compare(*texts: str) -> FloatArray:
        if not texts[0]:
            return np.zeros(len(visual), np.float32)
        features = clip.text.encode(list(texts)).float().cpu().numpy()
        if clip.image.kind != "vit":
            features = unit(features)
        return similarities(visual, mix(features[0], features[-1], method.beta), clip.logit_scale)

    return compare


def count(found: list[Case], weights: SpatialWeights, **settings: object) -> BoolArray:
    """Say for each case whether the wanted mask comes first."""
    return np.array([each.right(weights, **settings) for each in found])


def cross_validated(found: list[Case], photos: npt.NDArray[np.str_]) -> BoolArray:
    """Choose the weights on the other photos, then count."""
    grid = np.array([count(found, weights) for weights in GRID])
    order = np.random.default_rng(0).permutation(np.unique(photos))
    fold = {photo: place % FOLDS for place, photo in enumerate(order)}
    folds = np.array([fold[photo] for photo in photos])
    counted = np.zeros(len(found), bool)
    for k in range(FOLDS):
        best = int(np.argmax(grid[:, folds != k].mean(axis=1)))
        counted[folds == k] = grid[best][folds == k]
    return counted


def table(found: list[Case]) -> dict[str, BoolArray]:
    """Count with and without each term."""
    default = SpatialWeights()
    rows = {f"{text}, no terms": count(found, OFF, text=text) for text in TEXTS}
    rows |= {f"{text}, all terms": count(found, default, text=text) for text in TEXTS}
    for field in dataclasses.fields(SpatialWeights):
        without = dataclasses.replace(default, **{field.name: 0.0})
        rows[f"all but {field.name}"] = count(found, without)
    rows["weights cross-validated"] = cross_validated(found, np.array([c.photo for c in found]))
    return rows


def main() -> None:
    """Print the ablation as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clip", default="lite")
    options = parser.parse_args()
    found = list(cases(options.folder, zs.Segmenter(options.clip)))
    photos, kinds = (np.array([getattr(c, name) for c in found]) for name in ("photo", "kind"))
    placed = np.array([bool(each.expression.relations) for each in found])
    groups = {kind: kinds == kind for kind in sorted(set(kinds))}
    groups |= {"with a relation": placed, "without": ~placed}
    bootstrap = Bootstrap(photos)
    print("| terms | all | 95 % |", " | ".join(groups), "|")
    print("|" + " --- |" * (len(groups) + 3))
    for name, correct in table(found).items():
        low, high = bootstrap.interval(np.column_stack([correct, np.ones(len(correct))]))
        parts = " | ".join(f"{100 * correct[group].mean():.1f}" for group in groups.values())
        whole = f"{100 * correct.mean():.1f} | {100 * low:.0f}-{100 * high:.0f}"
        print(f"| {name} | {whole} | {parts} |")
    start = time.perf_counter()
    count(found, SpatialWeights())
    cost = (time.perf_counter() - start) / len(found)
    print(f"\n{len(found)} phrases, {1000 * cost:.2f} ms a phrase for all terms")


if __name__ == "__main__":
    main()

"""Draw what a model gets wrong: the mask that it chose beside the one that was meant.

    python docs/benchmarks/failures.py DATASET FOLDER [--proposals ground-truth] [--count 40]

FOLDER gets one picture per phrase, the worst first, and `index.md`, which tells for each what the
two masks' scores are the sums of. The photos keep their dataset's licence.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

import napari_zsris as zs
from napari_zsris.cli.overlay import draw_overlay
from napari_zsris.evaluation import GROUND_TRUTH, Dataset, load_dataset
from napari_zsris.evaluation.sheet import Sheet
from napari_zsris.images import read_image
from napari_zsris.method.ranking import Candidate


@dataclass(eq=False)
class Failure:
    """A phrase answered with another mask than the best."""

    photo: npt.NDArray[np.uint8]
    phrase: str
    target: npt.NDArray[np.bool_]
    chosen: Candidate
    best: Candidate
    iou: float
    best_iou: float

    @property
    def loss(self) -> float:
        """How much IoU the choice cost."""
        return self.best_iou - self.iou

    def picture(self) -> Image.Image:
        """Lay what was chosen beside what was meant."""
        chosen = draw_overlay(
            self.photo, self.chosen.mask, self.phrase, f"chosen: IoU {self.iou:.2f}", "1"
        )
        note = f"meant; best mask is #{self.best.rank + 1}, IoU {self.best_iou:.2f}"
        meant = draw_overlay(self.photo, self.target, "", note, "!")
        both = Image.new("RGB", (chosen.width + meant.width + 8, chosen.height), "white")
        both.paste(chosen, (0, 0))
        both.paste(meant, (chosen.width + 8, 0))
        return both

    def explanation(self) -> str:
        """Compare the two masks term by term."""
        rows = [("score", self.chosen.score, self.best.score)]
        rows += [(name, value, self.best.terms[name]) for name, value in self.chosen.terms.items()]
        lines = ["| term | chosen | best |", "| --- | ---: | ---: |"]
        return "\n".join(lines + [f"| {name} | {a:.2f} | {b:.2f} |" for name, a, b in rows])


def failures(dataset: Dataset, segmenter: zs.Segmenter, source: str) -> Iterator[Failure]:
    """Ask all phrases, and give those that went wrong though a mask met the target."""
    for asked in dataset.photos:
        photo = read_image(asked.path)
        sheet = Sheet.read(asked.phrases, asked.objects, photo.shape[:2])
        scene = segmenter.encode(photo, sheet.proposals() if source == GROUND_TRUTH else None)
        answers = zip(sheet.phrases, sheet.targets, sheet.grades(scene.proposals), strict=True)
        for entry, target, grades in answers:
            right = grades.is_best
            if target is None or not right.any():
                continue
            ranking = scene.rank(entry.phrase)
            best = next(candidate for candidate in ranking if right[candidate.index])
            if best.rank:
                iou = grades.of(ranking[0].index).iou
                yield Failure(photo, entry.phrase, target, ranking[0], best, iou, grades.best.iou)


def main() -> None:
    """Draw the worst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--clip", default="lite")
    parser.add_argument("--proposals", default=GROUND_TRUTH)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--limit", type=int, help="Only the first photos.")
    options = parser.parse_args()
    masks = "regions" if options.proposals == GROUND_TRUTH else options.proposals
    segmenter = zs.Segmenter(options.clip, masks)
    dataset = load_dataset(options.dataset, options.images).first(options.limit)
    found = list(failures(dataset, segmenter, options.proposals))
    worst = sorted(found, key=lambda failure: -failure.loss)[: options.count]
    options.folder.mkdir(parents=True, exist_ok=True)
    lines = [f"# {len(worst)} of {len(found)} failures\n"]
    for number, failure in enumerate(worst, start=1):
        name = f"{number:03}.png"
        failure.picture().save(options.folder / name)
        lines.append(f"## {number}. {failure.phrase}\n\n![]({name})\n\n{failure.explanation()}\n")
    (options.folder / "index.md").write_text("\n".join(lines), encoding="utf-8")
    print(f"{options.folder}: {len(worst)} pictures and index.md")


if __name__ == "__main__":
    main()

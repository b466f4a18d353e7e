"""Measure how often the bundled model finds what a phrase refers to, with true masks as proposals.

    python docs/benchmarks/lite.py FOLDER [--views]

FOLDER holds `images/`, `instances.json` (COCO) and `refs.json` (RefCOCO's records, with a `kind`
per sentence). All annotated instances of a photo are its proposals; a phrase counts as right when
the referred object's own mask comes first. Location words do not count. Intervals are 95 %
bootstraps over photos. `--views` repeats it with other margins and backgrounds, which encodes all
photos anew for each.
"""

import argparse
import itertools
import json
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

import napari_zsris as zs
from napari_zsris.annotations.rle import decode_rle
from napari_zsris.images import read_image

DRAWS = 2_000
KINDS = ("short", "full", "appearance")


class Answer(NamedTuple):
    """Whether one phrase about one photo was understood."""

    photo: int
    kind: str
    right: bool


def scenes(folder: Path, segmenter: zs.Segmenter) -> Iterator[tuple[zs.Scene, list[dict]]]:
    """Encode each photo; give it with its sentences, each with the index of its mask."""
    annotations = json.loads((folder / "instances.json").read_text())["annotations"]
    refs = sorted(json.loads((folder / "refs.json").read_text()), key=itemgetter("image_id"))
    for photo, group in itertools.groupby(refs, key=itemgetter("image_id")):
        instances = [each for each in annotations if each["image_id"] == photo]
        ids = [each["id"] for each in instances]
        masks = np.stack([decode_rle(each["segmentation"]) for each in instances])
        referred = list(group)
        image = read_image(folder / "images" / referred[0]["file_name"])
        sentences = [
            {"photo": photo, "wanted": ids.index(ref["ann_id"])} | sentence
            for ref in referred
            for sentence in ref["sentences"]
        ]
        yield segmenter.encode(image, masks), sentences


def ask(scene: zs.Scene, sentences: list[dict], method: zs.Method) -> Iterator[Answer]:
    """Rank a photo's masks for each of its sentences."""
    for sentence in sentences:
        best = scene.rank(sentence["sent"], method)[0].index
        yield Answer(sentence["photo"], sentence["kind"], best == sentence["wanted"])


def percent(answers: Iterable[Answer]) -> str:
    """Share of right answers with its interval."""
    by_photo: dict[int, list[bool]] = {}
    for answer in answers:
        by_photo.setdefault(answer.photo, []).append(answer.right)
    right = np.array([sum(photo) for photo in by_photo.values()])
    asked = np.array([len(photo) for photo in by_photo.values()])
    drawn = np.random.default_rng(0).integers(len(right), size=(DRAWS, len(right)))
    low, high = np.percentile(right[drawn].sum(1) / asked[drawn].sum(1), [2.5, 97.5])
    return f"{right.sum() / asked.sum():6.1%} ({low:.0%}-{high:.0%})"


def report(name: str, answers: list[Answer]) -> None:
    """Print one row of the table."""
    kinds = [[a for a in answers if a.kind == kind] for kind in KINDS]
    print("  ".join([f"{name:32}", *(f"{percent(group):>17}" for group in (answers, *kinds))]))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--views", action="store_true")
    chosen = parser.parse_args()
    plain = zs.Segmenter("lite").method.replace(spatial=False)
    views = {f"margin {plain.margin}, {plain.background}": plain}
    if chosen.views:
        for margin, background in ((0.0, "blur"), (0.3, "blur"), (0.0, "mean"), (0.15, "mean")):
            views[f"margin {margin}, {background}"] = plain.replace(
                margin=margin, background=background
            )
    print(f"{'':32}", *(f"{title:>18}" for title in ("all", *KINDS)))
    for name, view in views.items():
        encoded = list(scenes(chosen.folder, zs.Segmenter("lite", method=view)))
        mixes = [(view.alpha, view.beta)]
        mixes += [(alpha, view.beta) for alpha in (0.0, 0.3, 0.4, 0.6, 1.0)]
        mixes += [(view.alpha, beta) for beta in (0.0, 1.0)]
        for alpha, beta in mixes:
            method = view.replace(alpha=alpha, beta=beta)
            answers = [answer for each in encoded for answer in ask(*each, method)]
            report(f"{name}, a {alpha}, b {beta}", answers)


if __name__ == "__main__":
    main()

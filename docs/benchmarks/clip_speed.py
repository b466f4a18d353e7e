"""Measure the opened-up CLIP towers against plain open_clip, as ratios within one run.

    python docs/benchmarks/clip_speed.py [--architecture ViT-B-32-quickgelu] [--repeats 5] [--cpu]

Weights are random (the cost does not depend on their values), so nothing is downloaded. Every ratio
compares medians of runs that alternate. `--cpu` counts CPU seconds on a single thread instead of
wall-clock seconds, which other work on the machine disturbs less.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import open_clip
import torch
from torch.nn import functional

from napari_zsris.clip.build import image_tower
from napari_zsris.clip.text import OpenClipText

PROPOSALS = 50
MASK_LAYERS = 3
SENTENCE, NOUN_PHRASE = "the woman in red left of the tall man", "the woman"
HALF = (0.5, 0.5, 0.5)


def alternate(
    tasks: dict[str, Callable[[], object]], repeats: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Run tasks in turn after one round of warming up; give each one's median seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for round_ in range(repeats + 1):
        for name, task in tasks.items():
            start = clock()
            task()
            if round_:
                seconds[name].append(clock() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def masks_on_grid(grid: tuple[int, int]) -> torch.Tensor:
    """Ellipses of 0.5 to 40 per cent of the photo, anywhere, resized to the grid."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:240, 0:320]
    masks = np.zeros((PROPOSALS, 240, 320), np.float32)
    for mask in masks:
        area, stretch = np.exp(rng.uniform(np.log(0.005), np.log(0.4))), rng.uniform(0.6, 1.7)
        radius = np.sqrt(area * mask.size / np.pi)
        center = rng.uniform((0, 0), (240, 320))
        inside = ((y - center[0]) / stretch) ** 2 + ((x - center[1]) * stretch) ** 2 <= radius**2
        mask[inside] = 1
    stack = torch.from_numpy(masks)[:, None]
    return functional.interpolate(stack, grid, mode="bilinear", antialias=True)[:, 0]


def report(plain: str, seconds: dict[str, float]) -> None:
    """Print a table of seconds and of ratios to one of its rows."""
    for name, value in seconds.items():
        print(f"{name:44s} {value * 1e3:10.1f} ms {value / seconds[plain]:8.3f}")


def main() -> None:
    """Measure image and text towers of one architecture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--architecture", default="ViT-B-32-quickgelu")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cpu", action="store_true")
    arguments = parser.parse_args()
    clock = time.process_time if arguments.cpu else time.perf_counter
    if arguments.cpu:
        torch.set_num_threads(1)

    torch.manual_seed(0)
    model = open_clip.create_model(arguments.architecture, load_weights=False).eval()
    model.requires_grad_(requires_grad=False)
    tokenizer = open_clip.get_tokenizer(arguments.architecture)
    crops = torch.randn(PROPOSALS, 3, *_size(model))
    plain = f"open_clip encode_image, {PROPOSALS} crops at once"
    tower, text = image_tower(model.visual, HALF, HALF), OpenClipText(model, tokenizer)
    masks = masks_on_grid(tower.grid)
    inside = (masks != 0).flatten(1).sum(1)
    print(f"{arguments.architecture}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"tokens inside the {PROPOSALS} masks: {inside.float().mean():.1f} on average")
    tasks = {
        plain: lambda: model.encode_image(crops),
        "encode, the same crops": lambda: tower.encode(crops),
        f"encode_masked, {PROPOSALS} masks": lambda: tower.encode_masked(
            crops[:1], masks, MASK_LAYERS
        ),
        "both": lambda: (tower.encode(crops), tower.encode_masked(crops[:1], masks, MASK_LAYERS)),
    }
    report(plain, alternate(tasks, arguments.repeats, clock))
    twice = "open_clip encode_text, sentence, noun phrase"
    tasks = {
        twice: lambda: [model.encode_text(tokenizer([each])) for each in (SENTENCE, NOUN_PHRASE)],
        "encode, both in one batch": lambda: text.encode([SENTENCE, NOUN_PHRASE]),
    }
    report(twice, alternate(tasks, 5 * arguments.repeats, clock))


def _size(model: torch.nn.Module) -> tuple[int, int]:
    size = model.visual.image_size
    return (size, size) if isinstance(size, int) else tuple(size)


if __name__ == "__main__":
    main()

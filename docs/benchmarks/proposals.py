"""Measure what each proposal source spends outside its network, per photo and proposal.

    OMP_NUM_THREADS=1 python docs/benchmarks/proposals.py [--sources sam mask2former freesolo]

Every network has its published size and random weights, which settles its cost. What it says is
then replaced by ellipses of 0.5 to 40 per cent of the photo, so that what follows the network has
as much to do as for a real photo. Times are the process's CPU seconds on one thread: other work on
the machine does not count.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
import transformers
from skimage.data import astronaut
from torch import Tensor
from transformers.utils import ModelOutput

from napari_zsris.proposals.freesolo import FreeSolo
from napari_zsris.proposals.freesolo.network import FreeSoloNetwork, NetworkOutput
from napari_zsris.proposals.sam import Sam
from napari_zsris.proposals.source import ProposalSource
from napari_zsris.proposals.universal import Universal

Source = TypeVar("Source", Sam, Universal)

CPU = torch.device("cpu")
HIERA_BASE_PLUS = {
    "model_type": "sam2_hiera_det_model",
    "hidden_size": 112,
    "num_attention_heads": 2,
    "blocks_per_stage": [2, 3, 16, 3],
    "embed_dim_per_stage": [112, 224, 448, 896],
    "num_attention_heads_per_stage": [2, 4, 8, 16],
    "window_size_per_stage": [8, 4, 14, 7],
    "global_attention_blocks": [12, 16, 20],
    "window_positional_embedding_background_size": [14, 14],
}
SWIN_SMALL = {
    "image_size": 384,
    "embed_dim": 96,
    "depths": [2, 2, 18, 2],
    "num_heads": [3, 6, 12, 24],
    "window_size": 7,
    "out_features": ["stage1", "stage2", "stage3", "stage4"],
}


class Stopwatch:
    """CPU seconds spent inside the functions that it wraps, and on replacing their results."""

    def __init__(self) -> None:
        self.seconds = self.replacing = 0.0

    def wrap(
        self, function: Callable[..., Any], then: Callable[[Any], Any] = lambda result: result
    ) -> Callable[..., Any]:
        """Time a function, and apart from it the replacement of its result."""

        def timed(*arguments: object, **keywords: object) -> object:
            start = time.process_time()
            result = function(*arguments, **keywords)
            middle = time.process_time()
            self.seconds += middle - start
            replaced = then(result)
            self.replacing += time.process_time() - middle
            return replaced

        return timed


def ellipses(count: int, height: int, width: int, steepness: float = 60.0, seed: int = 0) -> Tensor:
    """Logits that are positive inside ellipses anywhere: (count, height, width)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / np.reshape([height, width], (2, 1, 1))
    maps = np.empty((count, height, width), np.float32)
    for values in maps:
        radius = np.sqrt(np.exp(rng.uniform(np.log(0.005), np.log(0.4))) / np.pi)
        stretch, center = rng.uniform(0.6, 1.7), rng.uniform(0, 1, 2)
        distance = np.hypot((y - center[0]) / stretch, (x - center[1]) * stretch)
        values[:] = steepness * (radius - distance)
    return torch.from_numpy(maps)


def sam(folder: Path, watch: Stopwatch) -> ProposalSource:
    """SAM 2.1 base-plus, as by default."""
    backbone = {
        "backbone_config": HIERA_BASE_PLUS,
        "backbone_channel_list": [896, 448, 224, 112],
    }
    model = transformers.Sam2Model(transformers.Sam2Config(vision_config=backbone))
    source = saved(model, transformers.Sam2ImageProcessor(), folder, Sam)
    network = source.placement.model
    network.get_image_embeddings = watch.wrap(network.get_image_embeddings)
    batches = itertools.count()
    network.forward = watch.wrap(network.forward, lambda said: sam_says(said, next(batches)))
    return source


def sam_says(output: ModelOutput, batch: int) -> ModelOutput:
    """Ellipses of sharp, so stable, outlines, three in four of them trusted."""
    points, each, height, width = output.pred_masks[0].shape
    maps = ellipses(points * each, height, width, steepness=2000.0, seed=batch)
    output.pred_masks = maps.view(1, points, each, height, width)
    output.iou_scores = torch.linspace(0.84, 1.0, points * each).view(1, points, each)
    return output


def mask2former(folder: Path, watch: Stopwatch) -> ProposalSource:
    """Mask2Former on Swin-S, as by default."""
    config = transformers.Mask2FormerConfig(
        backbone_config=transformers.SwinConfig(**SWIN_SMALL), num_labels=80
    )
    model = transformers.Mask2FormerForUniversalSegmentation(config)
    source = saved(model, transformers.Mask2FormerImageProcessor(), folder, Universal)
    network = source.placement.model
    network.forward = watch.wrap(network.forward, mask2former_says)
    return source


def mask2former_says(output: ModelOutput) -> ModelOutput:
    """Ellipses, every one of them some object."""
    output.masks_queries_logits = ellipses(*output.masks_queries_logits.shape[1:])[None]
    output.class_queries_logits[..., -1] = -5.0
    return output


def freesolo(folder: Path, watch: Stopwatch) -> ProposalSource:
    """FreeSOLO on ResNet-101, the photo's shorter side at 800 pixels."""
    torch.save(FreeSoloNetwork().state_dict(), folder / "weights.pth")
    source = FreeSolo(folder / "weights.pth", CPU)
    network = source.placement.model
    network.forward = watch.wrap(network.forward, freesolo_says)  # type: ignore[method-assign]
    return source


def freesolo_says(output: NetworkOutput) -> NetworkOutput:
    """Ellipses in 200 cells: one mask feature for each, and a kernel that picks it."""
    features = ellipses(len(output.features), *output.features.shape[1:])
    classes = tuple(torch.full_like(level, -9.0) for level in output.classes)
    kernels = tuple(torch.zeros_like(level) for level in output.kernels)
    cells = [(2 * row, 2 * column) for row in range(20) for column in range(10)]
    for feature, (row, column) in enumerate(cells):
        classes[0][0, row, column] = feature / len(cells)
        kernels[0][feature, row, column] = 1.0
    return NetworkOutput(classes, kernels, features)


def saved(
    model: transformers.PreTrainedModel,
    processor: transformers.BaseImageProcessor,
    folder: Path,
    kind: type[Source],
) -> Source:
    """Take a random model the way that every model takes: through a folder."""
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return kind(str(folder), CPU)


SOURCES = {"sam": sam, "mask2former": mask2former, "freesolo": freesolo}


def main() -> None:
    """Print one row of the table per source."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", nargs="+", default=list(SOURCES), choices=SOURCES)
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    print("| source | proposals | network s | outside s | outside / network | ms per proposal |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in parser.parse_args().sources:
        with tempfile.TemporaryDirectory() as folder:
            watch = Stopwatch()
            source = SOURCES[name](Path(folder), watch)
            start = time.process_time()
            count = len(source(astronaut()))
            inside = watch.seconds
            outside = time.process_time() - start - inside - watch.replacing
        row = (
            f"{inside:.1f} | {outside:.2f} | {outside / inside:.1%} | {1000 * outside / count:.1f}"
        )
        print(f"| {name} | {count} | {row} |", flush=True)


if __name__ == "__main__":
    main()

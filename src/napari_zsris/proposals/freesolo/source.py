"""FreeSOLO as a source of proposals: the generator that the published method uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor, nn

from napari_zsris.placement import DevicePlacement
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.bitmap import Bitmap
from napari_zsris.proposals.freesolo import postprocess
from napari_zsris.proposals.freesolo.candidates import Candidates
from napari_zsris.proposals.freesolo.checkpoint import load_network
from napari_zsris.proposals.freesolo.network import NetworkOutput
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.source import ProposalSource
from napari_zsris.proposals.upsampling import Size

__all__ = ["Detections", "FreeSolo", "network_input"]

SHORT_SIDE = 800
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
CHUNK_PIXELS = 1 << 23
PHOTO_CHUNK = 8


@dataclass(frozen=True, eq=False)
class Detections:
    """Everything that FreeSOLO says of a photo, best first.

    Parameters
    ----------
    bitmaps : tuple of Bitmap
        The N masks at the photo's size.
    boxes : (N, 4) float32 array
        The published boxes, which are not tight.
    scores : (N,) float32 array
        Class score times maskness, decayed by matrix NMS.
    classes : (N,) int64 array
        0 or 1; without labels to learn from they mean nothing.
    class_scores : (N,) float32 array
        The class's probability.
    maskness : (N,) float32 array
        Mean probability inside the mask.
    """

    bitmaps: tuple[Bitmap, ...]
    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]
    class_scores: npt.NDArray[np.float32]
    maskness: npt.NDArray[np.float32]


class FreeSolo(ProposalSource):
    """FreeSOLO (Wang et al., CVPR 2022), the paper's own generator, in plain PyTorch.

    Parameters
    ----------
    path : Path
        The official checkpoint, `FreeSOLO_R101_30k_pl.pth`.
    device : torch.device
        Where the network runs.
    quality : Quality, optional
        Further controls; none by default, so that the masks are the published ones.
    short_side : int or None
        What the photo's shorter side is resized to; None leaves the photo as it is.

    Raises
    ------
    ModelUnavailableError
        The checkpoint is missing, or is not FreeSOLO's.
    """

    name = "freesolo"

    def __init__(
        self,
        path: Path,
        device: torch.device,
        quality: Quality | None = None,
        short_side: int | None = SHORT_SIDE,
    ) -> None:
        self.name = f"freesolo:{path}"
        self.quality = quality or Quality()
        self.short_side = short_side
        self.placement = DevicePlacement(load_network(path), device, "FreeSOLO")

    @property
    def settings(self) -> dict[str, object]:
        """All that shapes the masks besides the weights, fit for JSON."""
        return super().settings | {"short_side": self.short_side}

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """What has the source's weights."""
        return (self.placement.model,)

    def steps(self, image: npt.NDArray[np.uint8]) -> Steps[Proposals]:
        """Propose masks for a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            The photo, RGB.

        Yields
        ------
        Progress
            Before the network, and after each batch of masks.

        Returns
        -------
        Proposals
            At most 100, best first, with the published boxes.
        """
        size = image.shape[:2]
        found = yield from self.detections(network_input(image, self.short_side), size)
        proposals = Proposals.from_bitmaps(
            found.bitmaps, size, found.boxes, found.scores, self.name
        )
        return self.quality.apply(proposals)

    def detections(self, pixels: Tensor, size: Size) -> Steps[Detections]:
        """Detect what is in a photo that is already the network's input.

        Parameters
        ----------
        pixels : (3, h, w) float32 tensor
            The photo, resized and normalised.
        size : tuple of int
            The photo's own (height, width), which the masks get.

        Yields
        ------
        Progress
            Before the network, and after each batch of masks.

        Returns
        -------
        Detections
            At most 100, best first.
        """
        self.placement.restart()
        yield Progress("FreeSOLO", 0, 1)
        output = self.placement.whole(lambda device: self._predict(pixels.to(device)))
        candidates = yield from self._candidates(output)
        if not len(candidates):
            return _detections(candidates, [])
        kept = postprocess.best(postprocess.matrix_nms(candidates), postprocess.MAX_COUNT)
        height, width = pixels.shape[-2:]
        bitmaps = yield from self._bitmaps(kept, output.features, (height, width), size)
        return _detections(kept, bitmaps)

    def _predict(self, pixels: Tensor) -> NetworkOutput:
        with self.placement.half():
            output: NetworkOutput = self.placement.model(pixels)
        return output

    def _candidates(self, output: NetworkOutput) -> Steps[Candidates]:
        cells, features = postprocess.candidate_cells(output), output.features
        kept = postprocess.measure(cells[:0], features)

        def measure(part: slice, device: torch.device) -> Candidates:
            return postprocess.measure(cells[part].to(device), features.to(device))

        chunk = max(1, CHUNK_PIXELS // features[0].numel())
        for done, found in self.placement.batches(measure, len(cells), chunk, "candidates"):
            together = kept.to(found.scores.device).joined(found)
            kept = postprocess.best(together, postprocess.BEFORE_NMS)
            yield Progress("FreeSOLO candidates", done, len(cells))
        return kept

    def _bitmaps(
        self, kept: Candidates, features: Tensor, inside: Size, size: Size
    ) -> Steps[list[Bitmap]]:
        height, width = features.shape[-2:]
        upsampling = postprocess.upsampling((height, width), inside, size)
        bitmaps: list[Bitmap] = []

        def enlarge(part: slice, device: torch.device) -> list[Bitmap]:
            maps = postprocess.probabilities(kept.kernels[part].to(device), features.to(device))
            there = upsampling.to(device)
            return [there.bitmap(values, postprocess.MASK_THRESHOLD) for values in maps]

        for done, found in self.placement.batches(enlarge, len(kept), PHOTO_CHUNK, "masks"):
            bitmaps += found
            yield Progress("FreeSOLO masks", done, len(kept))
        return bitmaps


def network_input(image: npt.NDArray[np.uint8], short_side: int | None = SHORT_SIDE) -> Tensor:
    """Resize and normalise a photo as the published pipeline does.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The photo, RGB.
    short_side : int or None
        What the shorter side becomes (bilinear, antialiased by Pillow); None leaves the photo as
        it is.

    Returns
    -------
    (3, h, w) float32 tensor
        RGB, normalised with ImageNet's mean and deviation.
    """
    photo = Image.fromarray(image)
    if short_side is not None and min(photo.size) != short_side:
        short, long = min(photo.size), short_side * max(photo.size)
        sides = (short_side, int(long / short))
        photo = photo.resize(
            sides if photo.width <= photo.height else sides[::-1], Image.Resampling.BILINEAR
        )
    pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1).float() / 255
    return (pixels - _channels(MEAN)) / _channels(DEVIATION)


def _channels(values: tuple[float, float, float]) -> Tensor:
    return torch.tensor(values)[:, None, None]


def _detections(candidates: Candidates, bitmaps: list[Bitmap]) -> Detections:
    full = [index for index, bitmap in enumerate(bitmaps) if bitmap.height]
    kept = candidates[torch.tensor(full, dtype=torch.int64, device=candidates.scores.device)]
    boxes = [postprocess.published_box(bitmaps[index]) for index in full]
    return Detections(
        tuple(bitmaps[index] for index in full),
        np.array(boxes, np.float32).reshape(-1, 4),
        kept.scores.cpu().numpy(),
        kept.classes.cpu().numpy(),
        kept.class_scores.cpu().numpy(),
        kept.maskness.cpu().numpy(),
    )

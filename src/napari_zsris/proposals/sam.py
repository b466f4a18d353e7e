"""The Segment Anything family as a source: a grid of points, every point's masks, the good ones."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torchvision.ops import nms

from napari_zsris.placement import DevicePlacement
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.enlarging import Enlarging, Layout, ScoreMaps, as_size
from napari_zsris.proposals.pointgrid import Found, PointGrid, grid_points, judge, tidy
from napari_zsris.proposals.pretrained import load_pretrained
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.source import ProposalSource
from napari_zsris.proposals.upsampling import working_size

__all__ = ["DEFAULT_MODEL", "DEFAULT_QUALITY", "Sam"]

#: "More accurate and 6x faster than SAM" on images (Ravi et al., SAM 2, 2024, abstract).
DEFAULT_MODEL = "facebook/sam2.1-hiera-base-plus"
MODEL_TYPES = (
    "sam",
    "sam_hq",
    "sam2",
    "sam2_video",
    "edgetam",
    "edgetam_video",
    "sam3_tracker",
    "sam3_video",
)
DEFAULT_QUALITY = Quality(max_count=200, min_area=0.001, part_area=0.3)


class Sam(ProposalSource):
    """Segment Anything through transformers: SAM, SAM-HQ, SAM 2, SAM 2.1, SAM 3, EdgeTAM.

    Kirillov et al., "Segment Anything", ICCV 2023, and its successors. The image is encoded once;
    a grid of points then asks for masks, which are judged at low resolution as far as possible.
    With the same settings the masks are those of transformers' mask-generation pipeline, except
    that points on photos that are not square are right for SAM 2 and 3 too.

    Parameters
    ----------
    model : str
        An id on the model hub, or a local folder.
    device : torch.device
        Where the network runs.
    quality : Quality, optional
        Text-free controls; by default 200 masks, none below 0.1 % of the photo, parts last.
    grid : PointGrid, optional
        How the model is asked.

    Raises
    ------
    ModelUnavailableError
        The model is not here and cannot be fetched, or is of another family.
    """

    def __init__(
        self,
        model: str,
        device: torch.device,
        quality: Quality = DEFAULT_QUALITY,
        grid: PointGrid | None = None,
    ) -> None:
        self.name = "sam" if model == DEFAULT_MODEL else f"sam:{model}"
        self.quality = quality
        self.grid = grid or PointGrid()
        network, self.processor = load_pretrained(
            model, "AutoModelForMaskGeneration", "sam", MODEL_TYPES
        )
        self.placement = DevicePlacement(network, device, self.name)

    @property
    def settings(self) -> dict[str, object]:
        """All that shapes the masks besides the weights, fit for JSON."""
        return super().settings | {"grid": dataclasses.asdict(self.grid)}

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
            Before the image encoder, and after each batch of points and of masks.

        Returns
        -------
        Proposals
            Best first by the model's predicted IoU, parts of others last.
        """
        self.placement.restart()
        yield Progress("SAM image", 0, 1)
        pixels, layout = self._prepare(image)
        embeddings = self.placement.whole(lambda device: self._embed(pixels.to(device)))
        found = yield from self._found(embeddings, layout)
        found = found[nms(found.boxes, found.scores, self.grid.max_box_overlap)]
        found = tidy(found, layout.share, self.grid)
        maps = ScoreMaps(found.logits, found.scores, self.grid.mask_threshold)
        enlarging = Enlarging(self.placement, layout, self.grid.working_side, "SAM masks")
        return (yield from enlarging.proposals(maps, self.quality, self.name))

    def _prepare(self, image: npt.NDArray[np.uint8]) -> tuple[Tensor, Layout]:
        inputs = self.processor(images=image, return_tensors="pt")
        pixels: Tensor = inputs["pixel_values"]
        photo, padded = as_size(image.shape[:2]), as_size(pixels.shape[-2:])
        two_steps = "reshaped_input_sizes" in inputs
        inside = as_size(inputs["reshaped_input_sizes"][0]) if two_steps else padded
        return pixels, Layout(photo, padded, inside, two_steps)

    def _embed(self, pixels: Tensor) -> Any:  # noqa: ANN401
        """Encode the image: a tensor, a list or a tuple of tensors, as the family has it."""
        with self.placement.half():
            return self.placement.model.get_image_embeddings(pixels)

    def _found(self, embeddings: Any, layout: Layout) -> Steps[Found]:  # noqa: ANN401
        grid = self.grid
        points = grid_points(grid.points_per_side, layout.photo, layout.inside)
        working = working_size(layout.photo, grid.working_side)

        def ask(part: slice, device: torch.device) -> Found:
            logits, scores = self._predict(points[part].to(device), _moved(embeddings, device))
            enlarge = layout.upsampling(as_size(logits.shape[-2:]), working).to(device)
            return judge(logits, scores, enlarge, grid)

        parts = []
        size = grid.points_per_batch
        for done, found in self.placement.batches(ask, len(points), size, "points"):
            parts.append(found)
            yield Progress("SAM points", done, len(points))
        return Found.joined(parts)

    def _predict(self, points: Tensor, embeddings: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        prompt = {"input_points": points[None, :, None], "image_embeddings": embeddings}
        if isinstance(embeddings, tuple):
            prompt["image_embeddings"], prompt["intermediate_embeddings"] = embeddings
        labels = torch.ones((1, len(points), 1), dtype=torch.int64, device=points.device)
        with self.placement.half():
            output = self.placement.model(input_labels=labels, **prompt)
        return output.pred_masks[0].flatten(0, 1), output.iou_scores[0].flatten()


def _moved(value: Any, device: torch.device) -> Any:  # noqa: ANN401
    if isinstance(value, Tensor):
        return value.to(device)
    return type(value)(_moved(part, device) for part in value)

"""Universal segmenters as a source: Mask2Former, MaskFormer and OneFormer without classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from napari_zsris.placement import DevicePlacement
from napari_zsris.progress import Progress, Steps
from napari_zsris.proposals.enlarging import Enlarging, Layout, ScoreMaps, as_size
from napari_zsris.proposals.pretrained import load_pretrained, model_folder
from napari_zsris.proposals.proposals import Proposals
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.source import ProposalSource

__all__ = ["DEFAULT_MODEL", "DEFAULT_QUALITY", "Universal", "objectness"]

DEFAULT_MODEL = "facebook/mask2former-swin-small-coco-instance"
DEFAULT_QUALITY = Quality(max_count=100, min_area=0.0005, min_score=0.1, max_overlap=0.8)
MODEL_TYPES = ("mask2former", "maskformer", "oneformer")
TASK = "instance"
WORKING_SIDE = 1024


class Universal(ProposalSource):
    """Mask2Former, MaskFormer or OneFormer through transformers, used without their classes.

    Cheng et al., "Masked-attention Mask Transformer for Universal Image Segmentation", CVPR 2022,
    and its kin. Every query gives one mask, whatever it is of; checkpoints trained on instances or
    panoptically tell objects apart, semantic ones give one mask for all objects of a class.

    Parameters
    ----------
    model : str
        An id on the model hub, or a local folder.
    device : torch.device
        Where the network runs.
    quality : Quality, optional
        Text-free controls; by default 100 masks, none below a score of 0.1.

    Raises
    ------
    ModelUnavailableError
        The model is not here and cannot be fetched, or is of another family.
    """

    def __init__(
        self, model: str, device: torch.device, quality: Quality = DEFAULT_QUALITY
    ) -> None:
        self.name = "mask2former" if model == DEFAULT_MODEL else f"mask2former:{model}"
        self.quality = quality
        network, self.processor = load_pretrained(
            model, "AutoModelForUniversalSegmentation", "mask2former", MODEL_TYPES
        )
        self._task = _task_tokens(model, network.config)
        self.placement = DevicePlacement(network, device, self.name)

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """What has the source's weights."""
        return (self.placement.model,)

    def steps(self, image: npt.NDArray[np.uint8]) -> Steps[Proposals]:
        """Propose masks for a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            The photo, RGB; the network sees it at its own size, masks come back at the photo's.

        Yields
        ------
        Progress
            Before the network, and after each batch of masks.

        Returns
        -------
        Proposals
            Best first by objectness.
        """
        self.placement.restart()
        yield Progress("mask2former", 0, 1)
        inputs, layout = self._prepare(image)
        maps = self.placement.whole(lambda device: self._predict(inputs, device))
        enlarging = Enlarging(self.placement, layout, WORKING_SIDE, "mask2former masks")
        return (yield from enlarging.proposals(maps, self.quality, self.name))

    def _prepare(self, image: npt.NDArray[np.uint8]) -> tuple[dict[str, Tensor], Layout]:
        prepared = self.processor(images=image, return_tensors="pt")
        pixels, valid = prepared["pixel_values"], prepared["pixel_mask"][0].bool()
        inputs = {"pixel_values": pixels, "pixel_mask": prepared["pixel_mask"], **self._task}
        photo, padded = as_size(image.shape[:2]), as_size(pixels.shape[-2:])
        inside = int(valid.any(dim=1).sum()), int(valid.any(dim=0).sum())
        return inputs, Layout(photo, padded, inside, two_steps=inside != padded)

    def _predict(self, inputs: dict[str, Tensor], device: torch.device) -> ScoreMaps:
        with self.placement.half():
            output = self.placement.model(
                **{name: value.to(device) for name, value in inputs.items()}
            )
        logits = output.masks_queries_logits[0].float()
        scores = objectness(output.class_queries_logits[0].float(), logits)
        return ScoreMaps(logits, scores, 0.0)


def objectness(classes: Tensor, masks: Tensor) -> Tensor:
    """Score queries without asking what they are of.

    (1 - p("no object")) times the mean probability inside the mask: Mask2Former's instance score
    with the best class replaced by any class.

    Parameters
    ----------
    classes : (Q, C + 1) tensor
        Class logits; the last one is "no object".
    masks : (Q, h, w) tensor
        Mask logits.

    Returns
    -------
    (Q,) tensor
        0 to 1; 0 for an empty mask.
    """
    inside = masks > 0
    confidence = (masks.sigmoid() * inside).sum(dim=(1, 2)) / inside.sum(dim=(1, 2)).clamp(min=1)
    return (1 - classes.softmax(dim=1)[:, -1]) * confidence


def _task_tokens(model: str, config: Any) -> dict[str, Tensor]:  # noqa: ANN401
    """Tell OneFormer its task, in the words that it was trained with; the others need no words."""
    if config.model_type != "oneformer":
        return {}
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_folder(model, "mask2former"))
    words = tokenizer(
        f"the task is {TASK}",
        padding="max_length",
        max_length=config.task_seq_len,
        truncation=True,
        return_tensors="pt",
    )
    return {"task_inputs": words["input_ids"] * words["attention_mask"]}

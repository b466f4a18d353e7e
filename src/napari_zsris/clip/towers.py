"""What every CLIP tower offers, whatever its architecture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor

from napari_zsris.errors import MethodError

__all__ = ["ImageTower", "TextTower"]

# Accelerators want much more work at a time than what fits the caches of a CPU.
ACCELERATION = 16


class ImageTower(ABC):
    """An image encoder that is split at the point where the method masks it.

    Attributes
    ----------
    kind : {"vit", "resnet", "convolutional"}
        What is masked: the tokens of the last blocks, the map before the attention pool, or the
        map before the average pool.
    size : tuple of int
        Height and width of the pixels that the tower reads.
    mean, std : tuple of float
        Per-channel statistics that pixels in 0..1 are to be normalised with.
    grid : tuple of int
        Height and width of the grid of tokens, or of the feature map, that masks apply to.
    cost : int
        What one picture costs, in any unit.
    budget : int
        What is best spent at once on a CPU, in the same unit.
    """

    kind: Literal["vit", "resnet", "convolutional"]
    size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    grid: tuple[int, int]
    cost: int
    budget: int

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where the weights lie and features come out."""

    @property
    def batch_size(self) -> int:
        """Pictures that one pass encodes where the weights are; :meth:`encode` splits more."""
        here = self.budget if self.device.type == "cpu" else self.budget * ACCELERATION
        return max(1, here // self.cost)

    @property
    def frame(self) -> tuple[int, int]:
        """Height and width of the whole photo under masks; `size` unless a tower needs more."""
        return self.size

    @abstractmethod
    def encode(self, pixels: Tensor) -> Tensor:
        """Encode whole pictures, as in the paper's local features f^L.

        Parameters
        ----------
        pixels : (B, 3, h, w) float tensor
            Normalised pictures of the tower's `size`, on any device.

        Returns
        -------
        (B, D) float32 tensor
            Features on the tower's device, not normalised.
        """

    @abstractmethod
    def encode_masked(self, pixels: Tensor, masks: Tensor, layers: int) -> Tensor:
        """Encode one photo under many masks, the paper's global features f^G (section 3.2).

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `frame`, on any device.
        masks : (N, gh, gw) float tensor
            Masks on the tower's `grid`, in 0..1, on any device.
        layers : int
            How many of the last transformer blocks see masked tokens, the paper's k; of no
            effect on towers that are not transformers.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask on the tower's device, not normalised.

        Raises
        ------
        MethodError
            The tower has fewer blocks than `layers`, or `layers` is negative.
        """

    def encode_region_tokens(
        self,
        pixels: Tensor,  # noqa: ARG002
        masks: Tensor,  # noqa: ARG002
    ) -> Tensor:
        """Encode one photo with a class token per mask, the paper's baseline "Region Token".

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `frame`, on any device.
        masks : (N, gh, gw) bool tensor
            Masks on the tower's `grid`, on any device.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask on the tower's device, not normalised.

        Raises
        ------
        MethodError
            The tower reads no class token.
        """
        raise _without("region token", self.kind, "a vision transformer with a class token")

    def encode_score_map(
        self,
        pixels: Tensor,  # noqa: ARG002
        shares: Tensor,  # noqa: ARG002
    ) -> Tensor:
        """Average a dense map of image features over each mask, the baseline "Score Map".

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `frame`, on any device.
        shares : (N, gh, gw) float tensor
            How much each cell of the tower's `grid` counts for each mask; each sums to one.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask, whose product with a text feature of length one is the mean
            over the mask of the score map, a cosine per place.

        Raises
        ------
        MethodError
            The tower ends in no attention pool.
        """
        raise _without("score map", self.kind, "a ResNet such as RN50-quickgelu/openai")

    def encode_grad_cam(
        self,
        pixels: Tensor,  # noqa: ARG002
        shares: Tensor,  # noqa: ARG002
    ) -> Tensor:
        """Average Grad-CAM over each mask, for any text at once: the baseline "Grad-CAM".

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `frame`, on any device.
        shares : (N, gh, gw) float tensor
            How much each cell of the tower's `grid` counts for each mask; each sums to one.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask, whose product with a text feature of length one is the mean
            over the mask of the class activation map for that text.

        Raises
        ------
        MethodError
            The tower ends in no attention pool.
        """
        raise _without("Grad-CAM", self.kind, "a ResNet such as RN50-quickgelu/openai")


class TextTower(ABC):
    """A text encoder with its own tokenizer."""

    def moved(self) -> None:  # noqa: B027 - most towers have nothing to do
        """Let go of what was made of the weights where they were, after they have moved."""

    @abstractmethod
    def encode(self, texts: list[str]) -> Tensor:
        """Encode phrases.

        Parameters
        ----------
        texts : list of str
            n phrases.

        Returns
        -------
        (n, D) float32 tensor
            Features on the tower's device, not normalised.

        Warns
        -----
        ZsrisWarning
            A phrase is longer than the tower's context: its end is cut off.
        """


def _without(what: str, kind: str, instead: str) -> MethodError:
    return MethodError(
        f"there is no {what} for an image tower of kind '{kind}': choose {instead} with --clip"
    )

"""OpenAI's modified ResNets, split before the attention pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from napari_zsris.clip.towers import ImageTower

if TYPE_CHECKING:
    from open_clip.modified_resnet import ModifiedResNet

__all__ = ["ResNetTower"]

# On a CPU larger batches spill out of its caches and take up to twice the time.
PIXELS_AT_ONCE = 8 * 260 * 260


class ResNetTower(ImageTower):
    """A `ModifiedResNet` of open_clip.

    Parameters
    ----------
    visual : open_clip.modified_resnet.ModifiedResNet
        The tower, in evaluation mode.
    mean, std : tuple of float
        Per-channel statistics of the pixels it was trained on.
    """

    kind: Literal["resnet"] = "resnet"

    def __init__(
        self,
        visual: ModifiedResNet,
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
    ) -> None:
        # Not in channels_last: on CPU its convolutions round further from the published features.
        self.visual = visual
        size = visual.image_size
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        self.mean, self.std = mean, std
        self.grid = (self.size[0] // 32, self.size[1] // 32)
        self.cost, self.budget = self.size[0] * self.size[1], PIXELS_AT_ONCE

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        device: torch.device = self.visual.conv1.weight.device
        return device

    @torch.inference_mode()
    def encode(self, pixels: Tensor) -> Tensor:
        """Encode whole pictures, in batches of `batch_size`.

        Parameters
        ----------
        pixels : (B, 3, h, w) float tensor
            Normalised pictures of the tower's `size`, on any device.

        Returns
        -------
        (B, D) float32 tensor
            Features on the tower's device, not normalised.
        """
        batches = torch.split(pixels, self.batch_size)
        return torch.cat([self._pool(self._map(batch)) for batch in batches])

    @torch.inference_mode()
    def encode_masked(self, pixels: Tensor, masks: Tensor, layers: int) -> Tensor:  # noqa: ARG002
        """Encode one photo under many masks, the paper's f^G: its final map is computed once.

        The map is normalised over its channels, multiplied by each mask and pooled by attention.

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `size`.
        masks : (N, gh, gw) float tensor
            Masks on the tower's `grid`, in 0..1.
        layers : int
            Of no effect.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask on the tower's device, not normalised.
        """
        features = functional.normalize(self._map(pixels), dim=1)
        batches = torch.split(masks.to(features)[:, None], self.batch_size)
        return torch.cat([self._pool(features * batch) for batch in batches])

    @torch.inference_mode()
    def encode_score_map(self, pixels: Tensor, shares: Tensor) -> Tensor:
        """Average a dense map of image features over each mask, the baseline "Score Map".

        As MaskCLIP (Zhou, Loy and Dai, ECCV 2022) reads a ResNet: the attention pool's value and
        output projections become 1 x 1 convolutions of the final map, and every place of what
        they give is of length one. The published code left their biases as they were randomly
        initialised; these are the pool's own.

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `size`.
        shares : (N, gh, gw) float tensor
            How much each cell counts for each mask; each sums to one.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask.
        """
        pool = self.visual.attnpool
        places = self._map(pixels)[0].flatten(1).T
        dense = functional.normalize(pool.c_proj(pool.v_proj(places)), dim=1)
        averaged: Tensor = shares.flatten(1).to(dense) @ dense
        return averaged.float()

    def encode_grad_cam(self, pixels: Tensor, shares: Tensor) -> Tensor:
        """Average Grad-CAM over each mask, for any text at once: the baseline "Grad-CAM".

        For a text t of length one the class activation map (Selvaraju et al., ICCV 2017) is
        sum_c w_c A_c, with A the final map made of length one at every place, and w the mean over
        all places of the gradient of g . t by the map, g the photo's feature of length one. With a
        for the mean of A over a mask, its mean over that mask is t . (J a), where J, the mean
        over places of the derivative of g by the map, knows of no text: J a is what g gains when
        a is added at every place alike, a derivative in one direction per mask.

        Parameters
        ----------
        pixels : (1, 3, h, w) float tensor
            The whole photo, normalised and resized to the tower's `size`.
        shares : (N, gh, gw) float tensor
            How much each cell counts for each mask; each sums to one.

        Returns
        -------
        (N, D) float32 tensor
            One feature per mask. The published code has the map's sign turned round.
        """
        with torch.no_grad():
            features = self._map(pixels)
            activations = functional.normalize(features, dim=1)[0].flatten(1)
            pooled = shares.flatten(1).to(activations) @ activations.T
        batches = torch.split(pooled, self.batch_size)
        gains = [self._gain(features, batch) for batch in batches]
        return torch.cat(gains) / activations.shape[1]

    @torch.enable_grad()
    def _gain(self, features: Tensor, directions: Tensor) -> Tensor:
        """Say how the photo's direction changes with its map in each of (B, C) directions."""
        maps = features.expand(len(directions), -1, -1, -1).clone().requires_grad_()
        # Only this kind of attention can be differentiated twice.
        with sdpa_kernel(SDPBackend.MATH):
            photo = functional.normalize(self._pool(maps), dim=1)
        # The gradient of d . (J^T u) by u is J d; torch's forward derivatives import half of it.
        dual = torch.zeros_like(photo, requires_grad=True)
        (pulled,) = torch.autograd.grad(photo, maps, dual, create_graph=True)
        along = (pulled.sum(dim=(2, 3)) * directions).sum()
        gain: Tensor = torch.autograd.grad(along, dual)[0]
        return gain

    def _map(self, pixels: Tensor) -> Tensor:
        visual = self.visual
        features = visual.stem(pixels.to(visual.conv1.weight))
        for layer in (visual.layer1, visual.layer2, visual.layer3, visual.layer4):
            features = layer(features)
        result: Tensor = features
        return result

    def _pool(self, features: Tensor) -> Tensor:
        """Pool (B, C, gh, gw) maps by attention; only the mean's query is ever read out."""
        pool = self.visual.attnpool
        patches = features.flatten(2).transpose(1, 2)
        tokens = torch.cat([patches.mean(dim=1, keepdim=True), patches], dim=1)
        tokens = tokens + pool.positional_embedding.to(tokens)
        read = functional.scaled_dot_product_attention(
            self._heads(pool.q_proj(tokens[:, :1])),
            self._heads(pool.k_proj(tokens)),
            self._heads(pool.v_proj(tokens)),
        )
        projected: Tensor = pool.c_proj(read.flatten(1))
        return projected.float()

    def _heads(self, tokens: Tensor) -> Tensor:
        """Split (B, s, C) into (B, heads, s, C / heads)."""
        batch, length, width = tokens.shape
        heads: int = self.visual.attnpool.num_heads
        return tokens.reshape(batch, length, heads, width // heads).transpose(1, 2)

"""The eleven basic colour terms of English, as dimensions of the feature space.

A classifier is trained to look past colour, so its features cannot tell the red chair from the blue
one. Which share of a region people would call red, blue, ... is therefore appended to them. The
terms are those of B. Berlin and P. Kay, "Basic Color Terms", 1969; a pixel belongs to the term
whose focal colours are nearest in CIELAB.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["COLOURS", "colour_shares"]

# Focal colours in 8-bit sRGB: each term's ideal, then its common darker and lighter forms.
FOCAL: dict[str, tuple[tuple[int, int, int], ...]] = {
    "black": ((0, 0, 0), (28, 28, 30), (20, 24, 40)),
    "gray": ((75, 75, 75), (110, 110, 112), (150, 150, 150), (185, 185, 188)),
    "white": ((255, 255, 255), (238, 238, 235), (218, 220, 224)),
    "red": ((205, 20, 25), (140, 20, 28), (225, 60, 50), (170, 35, 45)),
    "orange": ((245, 130, 20), (225, 100, 30), (250, 165, 70)),
    "yellow": ((250, 230, 40), (225, 190, 40), (245, 225, 125)),
    "green": ((40, 140, 50), (25, 80, 40), (125, 185, 85), (95, 115, 55), (60, 180, 130)),
    "blue": ((30, 60, 180), (70, 120, 205), (25, 35, 90), (135, 185, 230), (20, 130, 190)),
    "purple": ((105, 40, 140), (150, 105, 180), (70, 40, 90)),
    "pink": ((240, 150, 180), (220, 75, 140), (250, 195, 205)),
    "brown": ((105, 65, 35), (150, 105, 65), (70, 48, 32), (200, 170, 130)),
}
COLOURS = tuple(FOCAL)
# Distance in CIELAB at which a second term is as good as forgotten; about 2 are just noticeable.
SOFTNESS = 8.0

# Linear sRGB to CIE XYZ, divided by the white point D65 (IEC 61966-2-1).
_XYZ = (
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)


def colour_shares(pixels: Tensor) -> Tensor:
    """Say how far each pixel is of each of the eleven colours.

    Parameters
    ----------
    pixels : (..., 3, h, w) float tensor
        sRGB in 0..1.

    Returns
    -------
    (..., 11, h, w) float32 tensor
        Shares that sum to 1 at each pixel, in the order of `COLOURS`.
    """
    lab = _lab(pixels.float()).movedim(-3, -1)
    focal = torch.tensor([colour for colours in FOCAL.values() for colour in colours])
    centres = _lab(focal[:, :, None, None] / 255.0)[:, :, 0, 0].to(lab)
    squares = (lab[..., None, :] - centres).square().sum(dim=-1)
    counts = [len(colours) for colours in FOCAL.values()]
    nearest = torch.stack(
        [part.amin(dim=-1) for part in torch.split(squares, counts, dim=-1)], dim=-1
    )
    shares = torch.softmax(-nearest / (2 * SOFTNESS**2), dim=-1)
    return shares.movedim(-1, -3)


def _lab(pixels: Tensor) -> Tensor:
    """Convert (..., 3, h, w) sRGB in 0..1 to CIELAB."""
    linear = torch.where(
        pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055).clamp(min=0) ** 2.4
    )
    xyz = torch.einsum("ij,...jhw->...ihw", linear.new_tensor(_XYZ), linear)
    bent = torch.where(
        xyz > (6 / 29) ** 3, xyz.clamp(min=0) ** (1 / 3), xyz / (3 * (6 / 29) ** 2) + 4 / 29
    )
    x, y, z = bent.unbind(dim=-3)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-3)

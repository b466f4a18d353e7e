"""A photo with one mask shown on it, so that it can be judged at a glance."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import maximum_filter

__all__ = ["draw_overlay"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
Photo: TypeAlias = npt.NDArray[np.uint8]

# Photos hardly ever hold this colour, and the dark rim sets it off from those that do.
TINT = (255, 45, 145)
RIM = (15, 15, 20)
BAR, INK, FAINT = (24, 24, 28), (245, 245, 245), (170, 170, 178)
LONGEST_SIDE, SHORTEST_LONG_SIDE = 1600, 480


def draw_overlay(photo: Photo, mask: BoolArray, caption: str, note: str, badge: str) -> Image.Image:
    """Draw a mask on its photo, with a caption below.

    The photo around the mask loses most of its colour, so that the mask stands out on any photo.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        The photo, RGB.
    mask : (H, W) bool array
        The mask.
    caption : str
        What stands below on the left, cut where there is no room for it.
    note : str
        What stands below on the right.
    badge : str
        One or two letters on the mask's upper edge.

    Returns
    -------
    PIL.Image.Image
        RGB; the photo's part has a longest side of 480 to 1,600 pixels.
    """
    size = _shown_size(photo.shape[1], photo.shape[0])
    picture = Image.fromarray(photo).resize(size, Image.Resampling.LANCZOS, reducing_gap=2)
    shown = Image.fromarray(mask.view(np.uint8) * np.uint8(255))
    inside = shown.resize(size, Image.Resampling.BOX).point(lambda value: 255 * (value >= 128))
    stroke = max(2, max(size) // 400)
    drawn = _outline(_tint(picture, inside), inside, stroke)
    if (box := inside.getbbox()) is not None:
        top_row = np.flatnonzero(np.array(inside)[box[1]])
        _draw_badge(drawn, int(np.median(top_row)), box[1], badge, 12 * stroke)
    return _with_caption(drawn, caption, note, max(14, max(size) // 48))


def _shown_size(width: int, height: int) -> tuple[int, int]:
    longest = max(width, height)
    scale = min(max(longest, SHORTEST_LONG_SIDE), LONGEST_SIDE) / longest
    return max(1, round(width * scale)), max(1, round(height * scale))


def _tint(picture: Image.Image, inside: Image.Image) -> Image.Image:
    pale = Image.blend(picture.convert("L").convert("RGB"), picture, 0.25)
    around = Image.blend(pale, Image.new("RGB", picture.size, RIM), 0.3)
    within = Image.blend(picture, Image.new("RGB", picture.size, TINT), 0.15)
    return Image.composite(within, around, inside)


def _outline(picture: Image.Image, inside: Image.Image, stroke: int) -> Image.Image:
    pixels = np.array(inside)
    for colour, width in ((RIM, 2 * stroke), (TINT, stroke)):
        # Far faster on a large picture than Pillow's MaxFilter.
        grown = maximum_filter(pixels, 2 * width + 1)
        picture.paste(colour, mask=Image.fromarray(grown - pixels))
    return picture


def _draw_badge(picture: Image.Image, x: int, y: int, text: str, side: int) -> None:
    half = side // 2
    x, y = max(half, min(x, picture.width - half)), max(half, min(y, picture.height - half))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((x - half, y - half, x + half, y + half), TINT, RIM, max(2, side // 14))
    draw.text((x, y), text, INK, ImageFont.load_default(side * 0.62), anchor="mm")


def _with_caption(picture: Image.Image, caption: str, note: str, size: int) -> Image.Image:
    font = ImageFont.load_default(size)
    room, height = size * 0.8, round(size * 2.2)
    width = max(picture.width, SHORTEST_LONG_SIDE)
    framed = Image.new("RGB", (width, picture.height + height), BAR)
    framed.paste(picture, ((width - picture.width) // 2, 0))
    draw = ImageDraw.Draw(framed)
    middle = picture.height + height / 2
    draw.text((width - room, middle), note, FAINT, font, anchor="rm")
    free = width - 3 * room - font.getlength(note)
    draw.text((room, middle), _fit(caption, font, free), INK, font, anchor="lm")
    return framed


def _fit(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> str:
    line = " ".join(text.split())[:500]
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(line + "...") > width:
        line = line[:-1]
    return line.rstrip() + "..."

"""Pictures of planes that no photo file shows as they are: of stacks, pyramids and arrays."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

__all__ = ["PICTURES", "PlanePicture", "spoken_plane"]

PICTURES = "zsris-pictures"
"""The folder beside a project's file that its pictures lie in."""


@dataclass(frozen=True)
class PlanePicture:
    """A plane that is kept as a picture beside the project, named by what it is taken from.

    Parameters
    ----------
    size : tuple of int
        (height, width) in pixels.
    source : str
        The file it was taken from, or the SHA-256 digest of an array's values. It tells planes
        apart and is told to people; it is never opened.
    plane : str
        The displayed axes and the place along the others, as JSON; empty for a single picture.
    channels : str
        How channels make the picture; empty for the plane as it is.
    """

    size: tuple[int, int]
    source: str
    plane: str = ""
    channels: str = ""

    @property
    def digest(self) -> bytes:
        """The SHA-256 digest of all that tells planes apart."""
        height, width = self.size
        parts = (self.source, self.plane, self.channels, f"{height} x {width}")
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()

    @property
    def path(self) -> str:
        """The picture's path below the project's folder, with forward slashes."""
        return f"{PICTURES}/{self.digest.hex()[:32]}.png"


def spoken_plane(source: str, plane: str | None) -> str:
    """Name a plane as people know it.

    Parameters
    ----------
    source, plane : str
        As in :class:`PlanePicture`.

    Returns
    -------
    str
        The file's name, or the beginning of an array's digest, and the plane's place.
    """
    name = re.split(r"[/\\]", source)[-1]
    known = f"array {source[:8]}" if re.fullmatch("[0-9a-f]{32,}", source) else name
    try:
        places = json.loads(plane or "{}").get("position", [])
        numbers = ", ".join(str(int(place)) for place in places)
    except (ValueError, TypeError, AttributeError):
        # It came out of a file that anybody may have written.
        return known
    return f"{known} [{numbers}]" if numbers else known

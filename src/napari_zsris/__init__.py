"""Zero-shot referring image segmentation for napari: a phrase in, ranked editable masks out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from napari_zsris._version import __version__
from napari_zsris.errors import ZsrisError

if TYPE_CHECKING:
    from napari_zsris.annotations import Project
    from napari_zsris.method import Candidate, Method, Ranking, Scene, Segmenter
    from napari_zsris.proposals import Proposals, create_proposals

__all__ = [
    "Candidate",
    "Method",
    "Project",
    "Proposals",
    "Ranking",
    "Scene",
    "Segmenter",
    "ZsrisError",
    "__version__",
    "create_proposals",
]

# Torch and spaCy take seconds to import, so each name is fetched from its room at first use.
_ROOMS = {
    "Candidate": "method",
    "Method": "method",
    "Project": "annotations",
    "Proposals": "proposals",
    "Ranking": "method",
    "Scene": "method",
    "Segmenter": "method",
    "create_proposals": "proposals",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return __all__

"""What others published, to stand beside what is measured here."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PUBLISHED", "SPLITS", "Published", "published_alpha"]

SPLITS = (
    "RefCOCO val", "RefCOCO testA", "RefCOCO testB",
    "RefCOCO+ val", "RefCOCO+ testA", "RefCOCO+ testB",
    "RefCOCOg val (U)", "RefCOCOg test (U)", "RefCOCOg val (G)",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """One published row of mean IoU.

    Parameters
    ----------
    name : str
        Method, model and masks.
    source : str
        Where it is published.
    mean_iou : tuple of float or None
        Percent, for each of `SPLITS`; None where the source has none.
    """

    name: str
    source: str
    mean_iou: tuple[float | None, ...]


PUBLISHED: tuple[Published, ...] = (
    Published(
        "Global-Local CLIP, ViT-B/32, FreeSOLO",
        "Yu, Seo and Son, CVPR 2023",
        (26.20, 24.94, 26.56, 27.80, 25.64, 27.84, 33.52, 33.67, 33.61),
    ),
    Published(
        "HybridGL, ViT-B/16, SAM ViT-H",
        "Liu and Li, CVPR 2025",
        (49.48, 53.37, 45.19, 43.40, 49.13, 37.17, 51.25, 51.59, None),
    ),
)


def published_alpha(dataset: str) -> str:
    """Tell which of the paper's datasets a dataset's settings are to be taken from.

    Parameters
    ----------
    dataset : str
        A dataset's name, as of its folder.

    Returns
    -------
    str
        For :meth:`Method.paper`: "refcocog" or "refcoco+" where the name holds it, "phrasecut" for
        PhraseCut's files, else "refcoco".
    """
    name = dataset.lower().split(" (")[0]
    if "refcocog" in name:
        return "refcocog"
    if "refcoco+" in name:
        return "refcoco+"
    return "phrasecut" if name.startswith(("refer_", "phrasecut")) else "refcoco"

"""What people decide, and how it lasts and travels."""

from napari_zsris.annotations.categories import Categories, Category
from napari_zsris.annotations.coco import CocoImage, CocoObject, CocoWriter, MaskFormat, write_coco
from napari_zsris.annotations.exportable import ExportReport
from napari_zsris.annotations.merging import MergeReport
from napari_zsris.annotations.project import Project
from napari_zsris.annotations.records import (
    DECIDED,
    STATUSES,
    Decision,
    Failure,
    Item,
    PendingPhoto,
    PendingPhrase,
    QueueEntry,
    RankedMask,
    Run,
    ScoredMask,
    Status,
)
from napari_zsris.annotations.refcoco import ReferredObject, write_refcoco
from napari_zsris.annotations.selection import Order, Selection
from napari_zsris.annotations.stats import RankAcceptance, Statistics
from napari_zsris.rle import Rle, decode_rle, encode_rle, rle_area, rle_bbox, rle_iou

__all__ = [
    "DECIDED",
    "STATUSES",
    "Categories",
    "Category",
    "CocoImage",
    "CocoObject",
    "CocoWriter",
    "Decision",
    "ExportReport",
    "Failure",
    "Item",
    "MaskFormat",
    "MergeReport",
    "Order",
    "PendingPhoto",
    "PendingPhrase",
    "Project",
    "QueueEntry",
    "RankAcceptance",
    "RankedMask",
    "ReferredObject",
    "Rle",
    "Run",
    "ScoredMask",
    "Selection",
    "Statistics",
    "Status",
    "decode_rle",
    "encode_rle",
    "rle_area",
    "rle_bbox",
    "rle_iou",
    "write_coco",
    "write_refcoco",
]

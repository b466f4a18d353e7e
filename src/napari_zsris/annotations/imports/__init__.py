"""Foreign datasets into a project, one file per format."""

from napari_zsris.annotations.imports.coco import import_coco, read_coco
from napari_zsris.annotations.imports.intake import take_in
from napari_zsris.annotations.imports.phrasecut import import_phrasecut, read_phrasecut
from napari_zsris.annotations.imports.records import (
    BadRow,
    Contents,
    Crowds,
    DatasetCategory,
    Entry,
    Given,
    ImportReport,
    MaskUse,
    Record,
)
from napari_zsris.annotations.imports.refcoco import import_refcoco, read_refcoco
from napari_zsris.annotations.imports.shards import Shard
from napari_zsris.annotations.imports.tables import import_table, read_table

__all__ = [
    "BadRow",
    "Contents",
    "Crowds",
    "DatasetCategory",
    "Entry",
    "Given",
    "ImportReport",
    "MaskUse",
    "Record",
    "Shard",
    "import_coco",
    "import_phrasecut",
    "import_refcoco",
    "import_table",
    "read_coco",
    "read_phrasecut",
    "read_refcoco",
    "read_table",
    "take_in",
]

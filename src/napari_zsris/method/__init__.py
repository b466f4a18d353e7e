"""Global-local referring segmentation: language, visual features, fusion and ranking."""

from napari_zsris.method.expression import Expression, Relation, RelationKind
from napari_zsris.method.language import Language
from napari_zsris.method.method import Method
from napari_zsris.method.ranking import Candidate, Ranking
from napari_zsris.method.reader import Reader, Reading
from napari_zsris.method.scene import Scene
from napari_zsris.method.segmenter import Segmenter

__all__ = [
    "Candidate",
    "Expression",
    "Language",
    "Method",
    "Ranking",
    "Reader",
    "Reading",
    "Relation",
    "RelationKind",
    "Scene",
    "Segmenter",
]

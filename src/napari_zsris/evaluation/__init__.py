"""How good the method is on a dataset: metrics, their bounds, and the paper's comparisons."""

from napari_zsris.evaluation.answer import Answer, Overlap, PhotoResult
from napari_zsris.evaluation.contestant import (
    GROUND_TRUTH,
    Comparison,
    Contestant,
    Start,
    contestants,
)
from napari_zsris.evaluation.dataset import Dataset, EvaluationPhoto, load_dataset
from napari_zsris.evaluation.examiner import Examiner, Panel
from napari_zsris.evaluation.journal import Journal
from napari_zsris.evaluation.metrics import METRICS, Metric
from napari_zsris.evaluation.plan import Plan
from napari_zsris.evaluation.report import Table, markdown, published_table, tables
from napari_zsris.evaluation.runner import evaluate
from napari_zsris.evaluation.summary import Summary, summarize

__all__ = [
    "GROUND_TRUTH",
    "METRICS",
    "Answer",
    "Comparison",
    "Contestant",
    "Dataset",
    "EvaluationPhoto",
    "Examiner",
    "Journal",
    "Metric",
    "Overlap",
    "Panel",
    "PhotoResult",
    "Plan",
    "Start",
    "Summary",
    "Table",
    "contestants",
    "evaluate",
    "load_dataset",
    "markdown",
    "published_table",
    "summarize",
    "tables",
]

"""Many photos: one loop, run in this process or on a Dask cluster, always into a project."""

from napari_zsris.prelabel.exchange import record, task_of
from napari_zsris.prelabel.loop import Summary, prelabelling
from napari_zsris.prelabel.ranker import Ranker
from napari_zsris.prelabel.settings import Settings
from napari_zsris.prelabel.task import Outcome, Task

__all__ = [
    "Outcome",
    "Ranker",
    "Settings",
    "Summary",
    "Task",
    "prelabelling",
    "record",
    "task_of",
]

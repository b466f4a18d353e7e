"""Measure how fast photos are pre-labelled: in this process, and on Dask workers of one core each.

    python docs/benchmarks/prelabel.py COCO [--photos 60] [--masks proposals] [--workers 2]

COCO is a folder with `images/`, `instances.json` and `refs(unc).p`; by default its own masks are
ranked, so that the time is the model's and not that of a source of masks. Throughput is counted
after a third of the photos, when every worker has long loaded its models. Figures of the day are in
prelabel.md.
"""

import argparse
import tempfile
import time
from pathlib import Path

import torch

from napari_zsris.annotations import Project
from napari_zsris.annotations.imports import import_refcoco
from napari_zsris.crew import Crew, InProcess
from napari_zsris.crew.cluster import Cluster
from napari_zsris.crew.connection import connect
from napari_zsris.prelabel import Outcome, Settings, Task, prelabelling
from napari_zsris.progress import finish


def prepared(path: Path, options: argparse.Namespace) -> Project:
    """Make a project of the first photos, with all their phrases."""
    project = Project.open(path, create=True)
    images = options.coco / "images"
    finish(import_refcoco(project, options.coco, "unc", images, masks=options.masks))
    for photo in list(project.rankings.pending())[options.photos :]:
        for phrase in photo.phrases:
            project.decide(phrase.id, "skipped")
    return project


def throughput(project: Project, crew: Crew[Task, Outcome]) -> float:
    """Photos per second, after the first third."""
    times = [time.perf_counter() for step in prelabelling(project, crew) if step.done]
    counted = times[len(times) // 3 :]
    return (len(counted) - 1) / (counted[-1] - counted[0])


def candidates(project: Project) -> dict[tuple[str, str], list[str]]:
    """Give what was found: the masks of each phrase, best first."""
    return {
        (item.photo, item.phrase): [each.rle["counts"] for each in item.candidates]
        for item in project.items("todo")
    }


def main() -> None:
    """Measure each way, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("coco", type=Path, metavar="COCO")
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--masks", choices=("proposals", "none"), default="proposals")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    settings = Settings(device="cpu")
    figures, found = {}, {}
    with tempfile.TemporaryDirectory() as name:
        for threads in (torch.get_num_threads(), 1):
            torch.set_num_threads(threads)
            way = f"in this process, {threads} threads"
            with prepared(Path(name) / f"{threads}.zsris", options) as project:
                figures[way] = throughput(project, InProcess(settings.ranker()))
                found[way] = candidates(project)
        way = f"Dask, {options.workers} workers of one thread"
        with (
            prepared(Path(name) / "dask.zsris", options) as project,
            connect("local", options.workers, "cpu") as client,
            Cluster(client, settings.ranker, Outcome.failed) as crew,
        ):
            figures[way] = throughput(project, crew)
            found[way] = candidates(project)
    first = next(iter(found.values()))
    for way, speed in figures.items():
        same = sum(found[way][key] == masks for key, masks in first.items())
        print(f"| {way} | {speed:.2f} photos/s | {same} of {len(first)} rankings as in the first |")


if __name__ == "__main__":
    main()

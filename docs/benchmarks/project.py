"""Measure a large annotation project: opening, moving on, deciding, exporting.

    python docs/benchmarks/project.py [--photos 10000] [--folder FOLDER]

The project is synthetic: 10,000 photos of 480 x 640 pixels (no files) with 5 phrases each and 5
candidates per phrase, ellipses with holes. Exports run in processes of their own, whose peak
memory is reported. Figures of the day are in project.md.
"""

import argparse
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from napari_zsris.annotations import Project, Rle, Run, ScoredMask, Selection, encode_rle
from napari_zsris.annotations.photo_file import PhotoFile

HEIGHT, WIDTH = 480, 640
PHRASES, CANDIDATES = 5, 5
WORDS = ("left", "small", "red", "dark", "front", "cat", "dog", "man", "bus", "cup")


def ellipses(count: int) -> list[Rle]:
    """Encode random ellipses, every other one with a hole."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    masks = []
    for number in range(count):
        y, x = rng.uniform(0, HEIGHT), rng.uniform(0, WIDTH)
        b, a = rng.uniform(10, 150, 2)
        distance = ((rows - y) / b) ** 2 + ((columns - x) / a) ** 2
        mask = (distance < 1) & ((distance > 0.2) | (number % 2 == 0))
        mask[int(y) % HEIGHT, int(x) % WIDTH] = True
        masks.append(encode_rle(mask))
    return masks


def build(path: Path, photos: int) -> None:
    """Make the project, ranked, and four of five phrases decided on."""
    rng = random.Random(0)  # noqa: S311 - not for secrets
    masks = ellipses(500)
    with Project.open(path, create=True) as project:
        with project.library.batch() as batch:
            for number in range(photos):
                file = PhotoFile(f"{number // 1000}/{number:06}.jpg", HEIGHT, WIDTH, 1, bytes(32))
                photo, _ = batch.photo(file)
                for place in range(PHRASES):
                    text = f"{' '.join(rng.choices(WORDS, k=4))} {place}"
                    batch.phrase(photo, text, split="val" if number % 10 else "train")
        start = time.perf_counter()
        for waiting in project.rankings.pending():
            candidates = {}
            for phrase in waiting.phrases:
                scores = sorted((rng.random() for _ in range(CANDIDATES)), reverse=True)
                candidates[phrase.id] = [ScoredMask(rng.choice(masks), score) for score in scores]
            heads = {phrase.id: rng.choice(WORDS) for phrase in waiting.phrases}
            project.rankings.save(waiting.id, candidates, Run("regions", "lite"), heads)
        report("save a photo's candidates", (time.perf_counter() - start) / photos, "ms")
        with project.library.batch() as batch:
            for item in range(1, photos * PHRASES + 1):
                if item % 5:
                    batch.finish(item, "accepted", rng.choice(masks), "benchmark")


def review(path: Path) -> None:
    """Measure what a person waits for."""
    start = time.perf_counter()
    project = Project.open(path)
    item = project.queue.next()
    report("open, and load the first item to do", time.perf_counter() - start, "ms")
    rng = random.Random(1)  # noqa: S311 - not for secrets
    count = sum(project.queue.counts().values())

    def anywhere() -> int:
        return rng.randrange(1, count + 1)

    for order in ("photo", "margin", "score"):
        times = timed(200, lambda order=order: project.queue.next(anywhere(), order=order))
        report(f"next item to do, by {order}", times, "ms")
    undecided = [entry.id for entry in project.queue.entries(Selection(status="todo"))]
    todo = iter(rng.sample(undecided, 200))
    report("decide (accept)", timed(100, lambda: project.decide(next(todo), "accepted")), "ms")
    mask = item.candidates[0].mask if item else None
    report(
        "decide (correct, 480 x 640 mask)",
        timed(100, lambda: project.decide(next(todo), "corrected", mask=mask)),
        "ms",
    )
    report("undo", timed(200, project.undo), "ms")
    report("counts by status", timed(20, project.queue.counts), "ms")
    report("list all items to do, by margin", timed(5, lambda: listed(project, "todo")), "ms")
    report("list all items, by margin", timed(5, lambda: listed(project, None)), "ms")
    report("find text among all phrases", timed(5, lambda: listed(project, None, "red cat")), "ms")
    report("statistics", timed(5, project.statistics), "ms")
    report("load every item with its candidates", timed(1, lambda: list_items(project)), "s")
    project.close()


def listed(project: Project, status: str | None, text: str | None = None) -> object:
    """List items as the review table does."""
    return project.queue.entries(Selection(status=status, text=text), order="margin")


def list_items(project: Project) -> int:
    """Load items one after another."""
    return sum(1 for _ in project.items())


def timed(count: int, task: Callable[[], object]) -> list[float]:
    """Time a task in seconds, run after run."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return times


def report(what: str, seconds: float | list[float], unit: str) -> None:
    """Print a row: the median, and the slowest where there are several."""
    times = seconds if isinstance(seconds, list) else [seconds]
    scale = 1000 if unit == "ms" else 1
    worst = f"{max(times) * scale:.1f} {unit}" if len(times) > 1 else ""
    print(f"| {what} | {statistics.median(times) * scale:.1f} {unit} | {worst} |", flush=True)


def peak_memory() -> float:
    """Give this process's peak memory in MB; getrusage would count its parent's in, on Linux."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def export(path: Path, kind: str) -> None:
    """Export everything; print CPU seconds, megabytes written and peak memory of this process."""
    before = peak_memory()
    start, clock = time.process_time(), time.perf_counter()
    out = path.with_name(f"out-{kind}")
    with Project.open(path, readonly=True) as project:
        if kind == "refcoco":
            count = project.export_refcoco(out)
        else:
            count = project.export_coco(out, "polygons" if kind == "polygons" else "rle")
    seconds, elapsed = time.process_time() - start, time.perf_counter() - clock
    files = [out] if out.is_file() else list(out.iterdir())
    size = sum(file.stat().st_size for file in files) / 1e6
    peak = peak_memory()
    print(
        f"| export {count:,} masks, {kind} | {seconds:.1f} s CPU ({elapsed:.0f} s elapsed) | "
        f"{size:.0f} MB written, "
        f"peak {peak:.0f} MB of memory ({peak - before:.0f} MB above the start) |",
        flush=True,
    )


def main() -> None:
    """Build the project, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    parser.add_argument("--export", nargs=2, metavar=("PROJECT", "KIND"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export:
        export(Path(options.export[0]), options.export[1])
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        path = Path(name) / "work.zsris"
        build(path, options.photos)
        print(f"| project file | {path.stat().st_size / 1e6:.0f} MB | |")
        review(path)
        for kind in ("rle", "polygons", "refcoco"):
            subprocess.run(  # noqa: S603 - this very script
                [sys.executable, __file__, "--export", str(path), kind], check=True
            )


if __name__ == "__main__":
    main()

"""Measure what weights and views are worth to the bundled model, with true masks as proposals.

    python docs/benchmarks/lite.py FOLDER [--views]

FOLDER holds `images/`, `instances.json` (COCO) and one `refs(NAME).p` (RefCOCO). All annotated
instances of a photo are its proposals; a phrase counts as right when the referred object's own mask
comes first. Location words do not count. Intervals are 95 % bootstraps over photos. `--views`
repeats it with other margins and backgrounds, which encodes all photos anew for each.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import napari_zsris as zs
from napari_zsris.crew import InProcess
from napari_zsris.evaluation import (
    GROUND_TRUTH,
    Contestant,
    Examiner,
    evaluate,
    load_dataset,
    summarize,
    tables,
)
from napari_zsris.progress import finish

VIEWS = ((0.0, "blur"), (0.3, "blur"), (0.0, "mean"), (0.15, "mean"))
ALPHAS = (0.0, 0.3, 0.4, 0.6, 1.0)
BETAS = (0.0, 1.0)


def methods(plain: zs.Method, *, views: bool) -> Iterator[zs.Method]:
    """Give the default settings without spatial terms, and the same with one of them changed."""
    others = VIEWS if views else ()
    for view in (plain, *(plain.replace(margin=m, background=b) for m, b in others)):
        yield view
        yield from (view.replace(alpha=alpha) for alpha in ALPHAS)
        yield from (view.replace(beta=beta) for beta in BETAS)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--views", action="store_true")
    chosen = parser.parse_args()
    segmenter = zs.Segmenter("lite")
    rows = [
        Contestant(
            f"alpha {each.alpha}, beta {each.beta}, margin {each.margin}, {each.background}",
            "lite",
            GROUND_TRUTH,
            each,
        )
        for each in methods(segmenter.method.replace(spatial=False), views=chosen.views)
    ]
    crew = InProcess(Examiner(rows, {"lite": segmenter}, {}))
    results = finish(evaluate(load_dataset(chosen.folder), crew))
    accuracy, *_ = tables(summarize(rows, results, {}))
    print(accuracy.markdown())


if __name__ == "__main__":
    main()

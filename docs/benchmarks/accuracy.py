r"""Write docs/benchmarks/accuracy.md from evaluations that were run before.

    zsris evaluate COCO --proposals ground-truth --compare terms --out terms
    zsris evaluate COCO --proposals regions --compare terms --out regions-terms
    zsris evaluate COCO --proposals ground-truth --compare settings --out settings
    zsris evaluate COCO --proposals ground-truth --compare baselines --out baselines
    zsris evaluate COCO --proposals ground-truth --compare contexts --out contexts
    python docs/benchmarks/spatial.py COCO > spatial.md
    python docs/benchmarks/accuracy.py terms regions-terms settings baselines contexts \
        --spatial spatial.md

COCO is a folder with `images/`, `instances.json` and `refs(NAME).p`. `spatial.py` beside this file
takes the spatial terms apart, `failures.py` draws what went wrong.
"""

import argparse
from pathlib import Path

from napari_zsris.evaluation import published_table
from napari_zsris.files import atomic_write

HERE = Path(__file__).parent

PREFACE = """\
# Accuracy

Written by `python docs/benchmarks/accuracy.py`, whose first lines list the commands that made each
part. Machine: 2 x86-64 cores, no GPU, shared with other work, so that times are upper bounds.

Intervals are 95 % bootstraps over photos; gains are paired, and one whose interval holds 0 shows
nothing. *Right* is the share of phrases whose best available mask was chosen. coco-mini is small
(60 photos, 492 phrases), was written for this project, and helped to choose defaults (by
cross-validation over photos): it shows that a term pays, not what to expect of other datasets.

## What pays, with `lite`

- **Place.** Spatial terms are worth 11 points of right masks among true masks, and nearly 3 of mean
  IoU with `regions`. Most of it is the order among objects of a kind; each of the other three
  (side of the frame, relations to other nouns, nearness to companions) adds 0.4 to 1.0, which
  492 phrases cannot tell from nothing; together they and the order's weight were cross-validated.
- **Consensus** changes nothing among true masks, which do not overlap, and adds 3 with `regions`.
- **Context, dense map, other nouns** pay on neither kind of masks, and are off.
- Of the settings, alpha and margin pay among true masks; pixel statistics, antialiasing and the
  background's colour are within the noise.

`python docs/benchmarks/failures.py COCO FOLDER` draws the phrases that cost most, each with the
chosen and the meant mask and the terms that decided.

## What is not measured

- **OpenAI's and LAION's CLIP models.** Their weights were out of reach of the machine that made
  these figures. The published method and its baselines are compared with the published code number
  by number on seeded random weights instead (`tests/method/test_parity.py`,
  `tests/method/test_baselines.py`): features, scores and winners agree within 1e-4.
- **RefCOCO, RefCOCO+, RefCOCOg, gRefCOCO and PhraseCut**, for lack of their photos. Their formats
  are read and tested on small files. The figures below are therefore not comparable with the
  published ones, which stand here to show where the field is.
- **FreeSOLO, SAM and Mask2Former masks**, for lack of their weights: Table 2 has `regions` and the
  dataset's own objects.
- **Grad-CAM, Score Map and Region Token**: `lite` is no ResNet and no vision transformer.

The paper's figures for its baselines, and those of its Tables 2 and 3, are not quoted: its tables
could not be read at the source when this was written. Where the published code left something
open, ours has one reading: a map's score for a mask is its mean inside, Grad-CAM's sign is such
that evidence for the phrase is positive (the published map is turned round), and Score Map uses
the attention pool's own biases (the published ones were never trained).

Whoever has the weights gets the paper's comparison with

    zsris evaluate refcoco --images train2014 --split val --compare baselines \\
        --clip RN50-quickgelu/openai --clip ViT-B-32-quickgelu/openai --proposals freesolo:FILE

and its Tables 2 and 3 with `--compare masks` (each source of masks as its own `--proposals`) and
`--compare contexts --method published`.
"""


def main() -> None:
    """Put the parts together."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="Folders that zsris evaluate wrote.")
    parser.add_argument("--spatial", type=Path, help="What spatial.py printed.")
    parser.add_argument("--out", type=Path, default=HERE / "accuracy.md")
    options = parser.parse_args()
    parts = [(run / "results.md").read_text(encoding="utf-8") for run in options.runs]
    if options.spatial:
        table = options.spatial.read_text(encoding="utf-8")
        parts.append(f"## Spatial terms one by one: right masks in % among true masks\n\n{table}")
    text = "\n".join([PREFACE, published_table().markdown() + "\n", *parts])
    with atomic_write(options.out) as part:
        part.write_text(text, encoding="utf-8")
    print(f"{options.out}: {len(parts)} evaluations")


if __name__ == "__main__":
    main()

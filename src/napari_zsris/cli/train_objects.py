"""`zsris train-objects`: learn from photos of one's own what their objects are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from napari_zsris.cli.terminal import follow
from napari_zsris.files import atomic_write

__all__ = ["train_objects"]


def train_objects(  # numpydoc ignore=PR01
    coco: Annotated[
        Path,
        typer.Argument(
            metavar="COCO",
            help="COCO instances: the file, or its folder. Photos lie beside it or in images/.",
            show_default=False,
        ),
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The model to write.", show_default=False)
    ],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of all that chance decides.")] = 0,
    most: Annotated[
        int, typer.Option("--most", min=5, help="Of more photos than this, so many are drawn.")
    ] = 200,
    folds: Annotated[
        Path | None,
        typer.Option(
            "--folds",
            metavar="FOLDER",
            help="Also write the models of cross-validation: FOLDER/0.safetensors has not seen "
            "photos 1, 6, 11, ...",
        ),
    ] = None,
) -> None:
    """Learn which masks are objects, for --proposals objects:FILE.

    A hundred photos with their instance masks take about ten minutes on two cores.
    """
    from napari_zsris.proposals.objects.lesson import teach

    # What cannot be written is told before the work, not after it.
    with atomic_write(out) as partial:
        taught = follow(teach(coco, seed, most))
        partial.write_bytes(taught.to_bytes())
    if folds is not None:
        taught.save_folds(folds)
    typer.echo(
        f"{out}: learnt from {taught.card.instances:,} objects in {taught.card.photos:,} photos; "
        f"use it with --proposals objects:{out}"
    )

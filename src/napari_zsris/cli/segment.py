"""`zsris segment`: what a phrase refers to in a photo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_zsris.cli.options import (
    Alpha,
    Assignments,
    Beta,
    ClipName,
    Consensus,
    DeviceName,
    LanguageName,
    MaskLayers,
    ProposalsName,
    Spatial,
    Top,
    given,
)
from napari_zsris.cli.results import check_folder, default_folder, write_results
from napari_zsris.cli.terminal import busy, follow, say
from napari_zsris.defaults import DEFAULT_CLIP, DEFAULT_PROPOSALS
from napari_zsris.errors import ProposalError
from napari_zsris.formats.names import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from napari_zsris.cli.finding import Finding
    from napari_zsris.proposals import Proposals

__all__ = ["find", "segment", "show"]


def segment(  # numpydoc ignore=PR01
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="A photo.", show_default=False)],
    phrase: Annotated[
        str,
        typer.Argument(
            metavar="PHRASE",
            help='What to find, such as "the cat on the left".',
            show_default=False,
        ),
    ],
    *,
    clip: ClipName = DEFAULT_CLIP,
    proposals: ProposalsName = DEFAULT_PROPOSALS,
    masks: Annotated[
        Path | None,
        typer.Option(
            help="Your own masks instead: an .npy or .npz stack (N, H, W), a picture of labels, "
            "or COCO annotations."
        ),
    ] = None,
    top: Top = 5,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results [default: a new one, after photo and phrase]."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print what each score is the sum of.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; write files only with --out.")
    ] = False,
    device: DeviceName = "auto",
    language: LanguageName = None,
    alpha: Alpha = None,
    beta: Beta = None,
    mask_layers: MaskLayers = None,
    spatial: Spatial = None,
    consensus: Consensus = None,
    assign: Assignments = None,
) -> None:
    """Rank masks of a photo by how well they fit a phrase.

    Prints a table, and writes a picture of the best mask, the masks and a COCO file.
    """
    from napari_zsris.images import read_image
    from napari_zsris.proposals.given import read_masks

    phrase = as_text(phrase)
    photo = read_image(image)
    own = read_masks(masks, photo.shape[:2], image) if masks else None
    folder = out or (None if as_json else default_folder(image, phrase))
    if folder:
        check_folder(folder, top)
    settings = given(
        assign,
        alpha=alpha,
        beta=beta,
        mask_layers=mask_layers,
        spatial=spatial,
        consensus=consensus,
    )
    models = {"clip": clip, "proposals": proposals, "device": device, "language": language}
    finding = find(image, photo, phrase, models, settings, own, top)
    show(finding, folder, as_json=as_json, explain=explain)


def find(
    source: Path,
    photo: npt.NDArray[np.uint8],
    phrase: str,
    models: Mapping[str, Any],
    settings: Mapping[str, object],
    masks: Proposals | None = None,
    top: int = 5,
) -> Finding:
    """Rank the masks of a photo, with progress shown on a terminal.

    Parameters
    ----------
    source : Path
        The photo's file.
    photo : (H, W, 3) uint8 array
        The photo, RGB.
    phrase : str
        What to find.
    models : mapping
        What :class:`~napari_zsris.Segmenter` takes, by name.
    settings : mapping
        What differs from the model's own :class:`~napari_zsris.Method`, by name.
    masks : Proposals, optional
        Masks of one's own.
    top : int
        How many candidates at most.

    Returns
    -------
    Finding
        The candidates, with what they were asked about.

    Raises
    ------
    ZsrisError
        A model is not there, a setting is out of range, the phrase has no words, or no mask was
        proposed.
    """
    with busy(f"Loading {models['clip']}"):
        from napari_zsris.cli.finding import Finding
        from napari_zsris.method import Segmenter

        segmenter = Segmenter(**models)
        segmenter.method = segmenter.method.replace(**settings)
        segmenter.reader.read(phrase)
    scene = follow(segmenter.encoding(photo, masks))
    if not len(scene.proposals):
        raise ProposalError(
            f"{scene.proposals.source} proposed no mask in {source}; choose others with --proposals"
        )
    return Finding(source, photo, segmenter.clip.name, scene.rank(phrase, top=top))


def show(finding: Finding, folder: Path | None, *, as_json: bool, explain: bool = False) -> None:
    """Print what was found, and write it to a folder.

    Parameters
    ----------
    finding : Finding
        What was found.
    folder : Path, optional
        Where the results go; nowhere by default.
    as_json : bool
        Whether to print JSON instead of a table.
    explain : bool
        Whether a second table tells what each score is the sum of, as JSON always does.

    Raises
    ------
    OutputError
        The folder cannot be written to.
    """
    files = write_results(folder, finding) if folder else []
    if finding.doubt:
        say("warning", finding.doubt)
    if as_json:
        document = finding.document() | {"folder": folder and as_text(str(folder)), "files": files}
        typer.echo(json.dumps(document, indent=2, allow_nan=False))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(f'"{finding.phrase}" in {as_text(str(finding.source))}', style="bold"))
    console.print(Text(finding.summary))
    console.print(finding.table())
    if explain:
        console.print(finding.explanation())
    if folder:
        console.print(Text(f"Results in {as_text(str(folder))}: {', '.join(files)}"))

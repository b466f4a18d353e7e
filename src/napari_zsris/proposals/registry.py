"""Proposal sources by name: what `--proposals` accepts, and what of it is usable here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from napari_zsris.errors import ModelUnavailableError, ProposalError, shortened
from napari_zsris.proposals import remedies
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.source import ProposalSource

__all__ = ["SOURCES", "Availability", "SourceEntry", "available", "create_proposals"]

Factory: TypeAlias = Callable[[str, str], ProposalSource]


@dataclass(frozen=True)
class SourceEntry:
    """One row of the table of sources.

    Parameters
    ----------
    name : str
        What stands before the colon on the command line.
    summary : str
        One line for `zsris models`.
    create : callable
        Makes the source from the argument after the colon ("" when there is none) and the device;
        it imports the source's module itself, so that the table costs nothing to read.
    argument : str
        What the argument is, as in a usage line ("FILE"); empty when the source takes none.
    needs : {"nothing", "argument"}
        Whether the source works without its argument.
    packages : tuple of str
        Importable packages that must be installed.
    remedy : str
        How to get the packages.
    weights : str
        The model that is used without an argument, by its id on the model hub; empty where the
        source needs none.
    """

    name: str
    summary: str
    create: Factory
    argument: str = ""
    needs: Literal["nothing", "argument"] = "nothing"
    packages: tuple[str, ...] = ()
    remedy: str = ""
    weights: str = ""

    @property
    def usage(self) -> str:
        """The name with its argument, as a manual writes it: `sam[:HF_ID_OR_DIR]`."""
        if not self.argument:
            return self.name
        if self.needs == "argument":
            return f"{self.name}:{self.argument}"
        return f"{self.name}[:{self.argument}]"

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed; none of them is imported to find out."""
        return [package for package in self.packages if find_spec(package) is None]


@dataclass(frozen=True)
class Availability:
    """Whether a source can be used on this machine.

    Parameters
    ----------
    usage : str
        The source's name with its argument.
    summary : str
        What the source is.
    usable : bool
        Whether its packages are installed; weights are looked for when the source is made.
    reason : str
        Why it is not usable; empty when it is.
    remedy : str
        How to make it usable; empty when it is.
    """

    usage: str
    summary: str
    usable: bool
    reason: str = ""
    remedy: str = ""


def _regions(argument: str, device: str) -> ProposalSource:  # noqa: ARG001
    from napari_zsris.proposals.regions import Regions

    return Regions()


def _objects(argument: str, device: str) -> ProposalSource:
    from napari_zsris.device import choose_device
    from napari_zsris.imagenet import load_classifier
    from napari_zsris.proposals.objects import Objects, load_bundled, load_model

    model = load_model(Path(argument).expanduser()) if argument else load_bundled()
    return Objects(model, load_classifier(), device=choose_device(device))


def _freesolo(argument: str, device: str) -> ProposalSource:
    from napari_zsris.device import choose_device
    from napari_zsris.proposals.freesolo import FreeSolo

    return FreeSolo(Path(argument).expanduser(), choose_device(device))


def _sam(argument: str, device: str) -> ProposalSource:
    from napari_zsris.device import choose_device
    from napari_zsris.proposals.sam import DEFAULT_MODEL, Sam

    return Sam(argument or DEFAULT_MODEL, choose_device(device))


def _universal(argument: str, device: str) -> ProposalSource:
    from napari_zsris.device import choose_device
    from napari_zsris.proposals.universal import DEFAULT_MODEL, Universal

    return Universal(argument or DEFAULT_MODEL, choose_device(device))


def _detectron2(argument: str, device: str) -> ProposalSource:
    from napari_zsris.device import choose_device
    from napari_zsris.proposals.detectron2 import Detectron2

    config, _, weights = argument.partition(":")
    return Detectron2(config, weights, choose_device(device))


SOURCES: tuple[SourceEntry, ...] = (
    SourceEntry(
        "objects",
        "learnt grouping and objectness; offline, bundled, or FILE of zsris train-objects",
        _objects,
        "FILE",
    ),
    SourceEntry("regions", "unsupervised hierarchical grouping; offline, no weights", _regions),
    SourceEntry(
        "sam",
        "Segment Anything: SAM, SAM-HQ, SAM 2 and 3, EdgeTAM; the best masks, wants a "
        "GPU; fetches its weights once (0.3 GB)",
        _sam,
        "HF_ID_OR_DIR",
        packages=("transformers",),
        remedy=remedies.TRANSFORMERS,
        weights="facebook/sam2.1-hiera-base-plus",
    ),
    SourceEntry(
        "mask2former",
        "Mask2Former, MaskFormer or OneFormer, their classes ignored; fetches its weights "
        "once (0.3 GB)",
        _universal,
        "HF_ID_OR_DIR",
        packages=("transformers",),
        remedy=remedies.TRANSFORMERS,
        weights="facebook/mask2former-swin-small-coco-instance",
    ),
    SourceEntry(
        "freesolo", "the paper's own generator; its weights FILE", _freesolo, "FILE", "argument"
    ),
    SourceEntry(
        "detectron2",
        "any detectron2 model with masks, its classes ignored: Mask R-CNN, PointRend, ...",
        _detectron2,
        "CONFIG[:WEIGHTS]",
        "argument",
        packages=("detectron2",),
        remedy=remedies.DETECTRON2,
    ),
)


def create_proposals(
    name: str, *, device: str = "cpu", quality: Quality | None = None
) -> ProposalSource:
    """Make a proposal source from its name.

    Parameters
    ----------
    name : str
        `NAME` or `NAME:ARGUMENT`, as on the command line; `available` lists the names.
    device : str
        Where its model runs ("cpu", "cuda", "auto"); sources without a model ignore it.
    quality : Quality, optional
        Text-free controls in place of the source's own.

    Returns
    -------
    ProposalSource
        The source; calling it with a photo gives its proposals.

    Raises
    ------
    ModelUnavailableError
        No source has this name, or a package it needs is not installed.
    ProposalError
        The argument is missing, or the source takes none.
    """
    if not isinstance(name, str):
        raise ProposalError(
            f"proposals {shortened(name)} is no name; give a text such as 'regions'"
        )
    kind, _, argument = name.strip().partition(":")
    entry = _find(kind.lower())
    if argument and not entry.argument:
        raise ProposalError(
            f"proposals {shortened(name)}: {entry.name} takes no argument; use {entry.name}"
        )
    if entry.needs == "argument" and not argument:
        raise ProposalError(f"proposals {name!r} lacks its argument: write {entry.usage}")
    if entry.missing:
        raise ModelUnavailableError(
            f"proposals {entry.name!r} needs {', '.join(entry.missing)}, which is not installed: "
            f"{entry.remedy}, or use regions, which needs nothing"
        )
    source = entry.create(argument, device)
    if quality is not None:
        source.quality = quality
    return source


def available() -> list[Availability]:
    """Tell which sources are usable here, without importing what they need.

    Returns
    -------
    list of Availability
        One per source, in the table's order.
    """
    return [_availability(entry) for entry in SOURCES]


def _availability(entry: SourceEntry) -> Availability:
    missing = entry.missing
    if not missing:
        return Availability(entry.usage, entry.summary, usable=True)
    reason = f"{', '.join(missing)} is not installed"
    return Availability(
        entry.usage, entry.summary, usable=False, reason=reason, remedy=entry.remedy
    )


def _find(kind: str) -> SourceEntry:
    table = {entry.name: entry for entry in SOURCES}
    if kind in table:
        return table[kind]
    close = get_close_matches(kind, table, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    known = ", ".join(entry.usage for entry in SOURCES)
    raise ModelUnavailableError(
        f"no proposal source is named {shortened(kind)}: choose one of {known}{hint}"
    )

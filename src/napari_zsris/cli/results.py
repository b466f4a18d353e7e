"""The folder of results: a picture to look at, masks to edit, and a COCO file."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from napari_zsris.files import OutputError
from napari_zsris.formats.names import as_system_name, as_text

if TYPE_CHECKING:
    from napari_zsris.annotations.coco import CocoObject
    from napari_zsris.cli.finding import Finding, Row

__all__ = ["check_folder", "default_folder", "write_results"]

OVERLAY, COCO = "overlay.png", "annotations.json"
_MASK = re.compile(r"mask-\d+\.png")


def default_folder(photo: Path, phrase: str) -> Path:
    """Name a folder after a photo and a phrase, so that two questions do not share one.

    Parameters
    ----------
    photo : Path
        The photo's file.
    phrase : str
        What was asked.

    Returns
    -------
    Path
        A name in the current folder.
    """
    words = re.sub(r"\W+", "-", phrase.lower()).strip("-")[:50].rstrip("-")
    return Path(as_system_name(f"{as_text(photo.stem)[:50]}-{words or 'phrase'}"))


def check_folder(folder: Path, count: int) -> None:
    """Refuse, before any work is done, a folder that cannot take the results.

    Parameters
    ----------
    folder : Path
        Where they would go.
    count : int
        How many masks at most.

    Raises
    ------
    OutputError
        It is a file, may not be written to, or holds files of these names from elsewhere.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder.absolute()} is a file; choose another folder with --out")
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        raise OutputError(
            f"cannot write {folder.absolute()}: {existing.absolute()} may not be written to; "
            "choose another folder with --out"
        )
    for name in sorted(_names(count) - _own_files(folder)):
        if os.path.lexists(folder / name):
            raise OutputError(
                f"{(folder / name).absolute()} is there already and not from an earlier run; "
                "choose another folder with --out"
            )


def write_results(folder: Path, finding: Finding) -> list[str]:
    """Write all results, or none.

    Parameters
    ----------
    folder : Path
        Where they go; results of an earlier run in it are replaced.
    finding : Finding
        What was found.

    Returns
    -------
    list of str
        The files' names.

    Raises
    ------
    OutputError
        The folder cannot be written to, or holds files of these names from elsewhere.
    """
    rows = finding.rows()
    check_folder(folder, len(rows))
    replace = folder.is_dir()
    # Beside the results, because a file cannot be moved in one step between file systems.
    staging = (folder if replace else folder.absolute().parent) / f".{secrets.token_hex(6)}.part"
    try:
        staging.mkdir(parents=True)
        _write_files(staging, finding, rows)
        if replace:
            _move_in(staging, folder)
        else:
            staging.rename(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write {folder.absolute()}: {error.strerror or error}; "
            "choose another folder with --out"
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return [OVERLAY, *(_mask_name(row.rank) for row in rows), COCO]


def _write_files(folder: Path, finding: Finding, rows: list[Row]) -> None:
    import numpy as np
    from PIL import Image

    from napari_zsris.annotations.coco import CocoImage, write_coco
    from napari_zsris.cli.overlay import draw_overlay

    best = rows[0]
    count = len(finding.ranking.proposals)
    note = f"best of {count}   {finding.clip}, {finding.ranking.proposals.source}"
    overlay = draw_overlay(finding.photo, best.candidate.mask, finding.phrase, note, "1")
    overlay.save(folder / OVERLAY)
    for row in rows:
        mask = row.candidate.mask.view(np.uint8) * np.uint8(255)
        Image.fromarray(mask).save(folder / _mask_name(row.rank))
    height, width = finding.photo.shape[:2]
    images = [CocoImage(1, as_text(finding.source.name), height, width)]
    write_coco(folder / COCO, images, _objects(finding, rows))


def _objects(finding: Finding, rows: list[Row]) -> Iterator[CocoObject]:
    from napari_zsris.annotations.coco import CocoObject
    from napari_zsris.rle import encode_rle

    for row in rows:
        extra: dict[str, str | int | float] = {
            "phrase": finding.phrase,
            "rank": row.rank,
            "score": row.score,
            "mask_file": _mask_name(row.rank),
        }
        head = finding.ranking.expression.head
        yield CocoObject(1, head, encode_rle(row.candidate.mask), extra)


def _move_in(staging: Path, folder: Path) -> None:
    for name in _own_files(folder) - {path.name for path in staging.iterdir()}:
        (folder / name).unlink(missing_ok=True)
    for path in sorted(staging.iterdir()):
        path.replace(folder / path.name)


def _names(count: int) -> set[str]:
    return {OVERLAY, COCO} | {_mask_name(rank) for rank in range(1, count + 1)}


def _mask_name(rank: int) -> str:
    return f"mask-{rank}.png"


def _own_files(folder: Path) -> set[str]:
    """Tell which files in the folder an earlier run left there."""
    try:
        annotations = json.loads((folder / COCO).read_bytes())["annotations"]
        masks = {str(annotation["mask_file"]) for annotation in annotations}
    except (OSError, ValueError, LookupError, TypeError):
        return set()
    return {OVERLAY, COCO} | {name for name in masks if _MASK.fullmatch(name)}

"""Encoded photos on disk, found again by what they were made of."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from napari_zsris._version import __version__
from napari_zsris.errors import ImageError, warn
from napari_zsris.files import OutputError
from napari_zsris.method.scene import Scene
from napari_zsris.method.scene_file import SceneFileError

if TYPE_CHECKING:
    from napari_zsris.method import Segmenter
    from napari_zsris.prelabel.task import Task

__all__ = ["SceneStore"]


class SceneStore:
    """A folder of scenes, which several processes may share.

    A scene's name is a digest of the photo's bytes and of all that shapes its masks and features:
    the package's version, the CLIP model's weights, the source's version, settings and weights,
    and the method. So another phrase or another alpha finds it, and another model or a later
    version does not.

    Parameters
    ----------
    folder : Path
        Where they are; made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, task: Task, segmenter: Segmenter) -> Path:
        """Tell where the scene of a photo is kept, or would be.

        Parameters
        ----------
        task : Task
            The photo, with its imported masks where it has some.
        segmenter : Segmenter
            The models and the method.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ImageError
            The photo cannot be read.
        """
        clip, source = segmenter.clip, segmenter.proposals
        made_of = {
            "package": __version__,
            "photo": _digest(task.path),
            "clip": (clip.digest, str(clip.dtype)),
            "proposals": task.masks or source.description(),
            "method": [str(value) for value in segmenter.method.visual],
        }
        name = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.safetensors"

    def load(self, place: Path, segmenter: Segmenter) -> Scene | None:
        """Take up a scene that is kept.

        Parameters
        ----------
        place : Path
            From :meth:`place`.
        segmenter : Segmenter
            The models, and the method that the scene is to be ranked with.

        Returns
        -------
        Scene or None
            None where there is none that can be read.

        Warns
        -----
        ZsrisWarning
            The file is damaged; it will be replaced.
        """
        if not os.path.lexists(place):
            return None
        try:
            scene = Scene.load(place, segmenter.reader)
        except SceneFileError as error:
            warn(str(error))
            return None
        return dataclasses.replace(scene, method=segmenter.method)

    def save(self, place: Path, scene: Scene) -> None:
        """Keep a scene, if there is room for it.

        Parameters
        ----------
        place : Path
            From :meth:`place`.
        scene : Scene
            The scene.

        Warns
        -----
        ZsrisWarning
            It cannot be kept; the ranking does not need it.
        """
        try:
            scene.save(place)
        except OutputError as error:
            warn(str(error))


def _digest(photo: Path) -> str:
    try:
        with photo.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImageError(
            f"cannot read {photo}: {error.strerror or error}; check the name and your rights"
        ) from error

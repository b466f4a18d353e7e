"""Photos under the names that data files have for them."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from napari_zsris.annotations.imports.coco_names import name_on_disk
from napari_zsris.annotations.paths import inside, plain_path
from napari_zsris.errors import AnnotationError
from napari_zsris.formats.names import as_text

__all__ = ["FoundPhoto", "PhotoNames"]

_SPELLING = "was found under another spelling of its name"
_ENDING = "was found by the end of its path"


@dataclass(frozen=True)
class FoundPhoto:
    """Where a photo is.

    Parameters
    ----------
    path : str
        Its path below the folder of photos, with forward slashes.
    remark : str or None
        How it was found, where not under its own name.
    """

    path: str
    remark: str | None = None


class PhotoNames:
    """Finds the photos that a dataset names in the folder that a person named.

    A name may be a path on another machine, be written with percent signs or in another Unicode
    form. Whatever is found lies in the folder, and a photo that two names lead to is nobody's but
    that of the name that it has.

    Parameters
    ----------
    folder : Path
        The folder of photos.
    names : iterable of str
        All names of the dataset.
    """

    def __init__(self, folder: Path, names: Iterable[str] = ()) -> None:
        self._folder = folder
        self._names = frozenset(names)

    def find(self, name: str) -> FoundPhoto:
        """Find a photo.

        Parameters
        ----------
        name : str
            Its name in the dataset.

        Returns
        -------
        FoundPhoto
            Where it is; the name as a path where no file fits.

        Raises
        ------
        AnnotationError
            The name leads out of the folder and no file in it fits, or it is not certain which.
        """
        found = self._look(name)
        if found is None:
            return FoundPhoto(plain_path(name))
        if found.remark is not None:
            self._check_rivals(name, found)
        return found

    def _look(self, name: str) -> FoundPhoto | None:
        if self._is_there(name):
            return FoundPhoto(plain_path(name))
        edition = self._edition(name)
        if edition is not None:
            return FoundPhoto(edition)
        for spelling in dict.fromkeys((name, unquote(name))):
            spelt = self._spellings.get(_composed(_slashed(spelling)))
            if spelt is not None:
                return FoundPhoto(spelt, _SPELLING)
        if self._folder_is_there(name):
            return None
        for spelling in dict.fromkeys((name, unquote(name))):
            ending = self._by_ending(_composed(_slashed(spelling)))
            if ending is not None:
                return FoundPhoto(ending, _ENDING)
        return None

    def _is_there(self, name: str) -> bool:
        try:
            return inside(self._folder, name).is_file()
        except (AnnotationError, OSError):
            return False

    def _edition(self, name: str) -> str | None:
        try:
            path = plain_path(name)
        except AnnotationError:
            return None
        other = name_on_disk(self._folder, path)
        return None if other == path else other

    def _folder_is_there(self, name: str) -> bool:
        """Tell whether the photo itself is missing, from a folder that is there."""
        try:
            path = plain_path(name)
            return "/" in path and inside(self._folder, path).parent.is_dir()
        except (AnnotationError, OSError):
            return False

    def _by_ending(self, path: str) -> str | None:
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts:
            parts = parts[len(parts) - parts[::-1].index("..") :]
        for start in range(len(parts) - 1):
            found = self._spellings.get("/".join(parts[start:]))
            if found is not None:
                return found
        alike = self._base_names.get(parts[-1], []) if parts else []
        if len(alike) > 1:
            raise AnnotationError(
                f"several photos are named {parts[-1]!a} ({alike[0]!a}, {alike[1]!a}): give its "
                "path relative to the folder of photos"
            )
        return alike[0] if alike else None

    def _check_rivals(self, name: str, found: FoundPhoto) -> None:
        base = found.path.rpartition("/")[2]
        for rival in self._by_base.get(_composed(base), ()):
            if _slashed(rival) != _slashed(name) and self._leads_to(rival, found.path):
                raise AnnotationError(
                    f"{found.path!a} may be {name[:200]!a} or {rival[:200]!a}: give paths relative "
                    "to the folder of photos"
                )

    def _leads_to(self, name: str, path: str) -> bool:
        try:
            found = self._look(name)
        except AnnotationError:
            return False
        return found is not None and found.path == path

    @cached_property
    def _by_base(self) -> dict[str, list[str]]:
        alike: dict[str, list[str]] = {}
        for name in sorted(self._names):
            for spelling in dict.fromkeys((name, unquote(name))):
                base = _composed(_slashed(spelling)).rpartition("/")[2]
                alike.setdefault(base, []).append(name)
        return alike

    @cached_property
    def _spellings(self) -> dict[str, str]:
        """The folder's files by their path in composed Unicode, where that tells them apart."""
        files: dict[str, str | None] = {}
        for path in self._files:
            composed = _composed(path)
            files[composed] = None if composed in files else path
        return {composed: path for composed, path in files.items() if path is not None}

    @cached_property
    def _base_names(self) -> dict[str, list[str]]:
        alike: dict[str, list[str]] = {}
        for path in self._files:
            alike.setdefault(_composed(path.rpartition("/")[2]), []).append(path)
        return alike

    @cached_property
    def _files(self) -> list[str]:
        return sorted(_walk(self._folder))


def _walk(folder: Path) -> Iterator[str]:
    """Give all files below a folder, links followed, each folder once."""
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        below = Path(place).relative_to(folder).as_posix()
        for name in files:
            yield as_text(name if below == "." else f"{below}/{name}")


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _slashed(name: str) -> str:
    return name.replace("\\", "/")

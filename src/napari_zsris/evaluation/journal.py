"""What an evaluation has found so far, on disk after every photo, so that it can go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_zsris.evaluation.answer import PhotoResult
from napari_zsris.files import OutputError, atomic_write

__all__ = ["Journal"]

_FILE = "answers.jsonl"


class Journal:
    """A folder's ``answers.jsonl``: the run's settings on the first line, then a line per photo.

    Parameters
    ----------
    folder : Path
        Where the run is kept; it is made where it is missing.
    settings : mapping
        What the answers depend on, fit for JSON.

    Attributes
    ----------
    done : dict of str to PhotoResult
        Results by photo, those of an earlier run among them.

    Raises
    ------
    OutputError
        The folder holds a run with other settings, or cannot be read or written.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.path = folder / _FILE
        header = json.dumps({"settings": settings}, sort_keys=True)
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        except FileNotFoundError:
            lines = []
        except (OSError, ValueError) as error:
            raise self._unreadable(str(error)) from error
        # Whoever was killed while writing left a last line without an end.
        whole = [line for line in lines if line.endswith("\n")]
        if whole and whole[0].rstrip("\n") != header:
            raise OutputError(
                f"{folder} holds an evaluation with {self._difference(whole[0], settings)}: give "
                "another --out, or remove it"
            )
        self.done = self._results(whole[1:])
        if not whole or len(whole) != len(lines):
            with atomic_write(self.path) as part:
                part.write_text("".join(whole) or header + "\n", encoding="utf-8")

    def append(self, result: PhotoResult) -> None:
        """Keep what became of a photo.

        Parameters
        ----------
        result : PhotoResult
            The photo's answers.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        try:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(result.to_json()) + "\n")
        except OSError as error:
            raise OutputError(
                f"cannot write {self.path}: {error.strerror or error}; make room and run it again"
            ) from error
        self.done[result.photo] = result

    def _results(self, lines: list[str]) -> dict[str, PhotoResult]:
        try:
            results = [PhotoResult.from_json(json.loads(line)) for line in lines]
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise self._unreadable(f"{type(error).__name__}: {error}") from error
        return {result.photo: result for result in results}

    def _unreadable(self, reason: str) -> OutputError:
        return OutputError(f"cannot read {self.path}: {reason}; remove it, or give another --out")

    def _difference(self, header: str, settings: Mapping[str, Any]) -> str:
        try:
            before = json.loads(header)["settings"]
            names = sorted(
                name
                for name in {*before, *settings}
                if json.dumps(before.get(name)) != json.dumps(settings.get(name))
            )
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise self._unreadable("its first line holds no settings") from error
        return f"other settings ({', '.join(names)})"

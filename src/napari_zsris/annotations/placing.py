"""Where the photos of a project lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from napari_zsris.annotations.database import Writer
from napari_zsris.formats.names import as_text

__all__ = ["Place", "keep_root", "root_from"]


@dataclass(frozen=True)
class Place:
    """Where a dataset's photos lie in a project.

    Parameters
    ----------
    root : Path
        The folder that the project's photo paths are relative to.
    prefix : str
        What to put before the dataset's paths: empty, or a path that ends with a slash.
    kept : str, optional
        What the project is to keep as its root; nothing where it has one.
    """

    root: Path
    prefix: str = ""
    kept: str | None = None

    def settle(self, writer: Writer) -> None:
        """Keep the root together with the first photos, so that none is kept without any.

        Parameters
        ----------
        writer : Writer
            The transaction that adds photos.
        """
        if self.kept is not None:
            keep_root(writer, self.kept)


def root_from(home: Path, folder: Path) -> str:
    """Give a folder as a project keeps its root.

    Parameters
    ----------
    home : Path
        The folder of the project's file.
    folder : Path
        The folder of photos.

    Returns
    -------
    str
        Relative to `home` where it lies at or below it, so that both can be moved together;
        otherwise an absolute path.
    """
    there, home = folder.resolve(), home.resolve()
    return as_text(there.relative_to(home).as_posix() if there.is_relative_to(home) else str(there))


def keep_root(writer: Writer, kept: str) -> None:
    """Write the root of a project.

    Parameters
    ----------
    writer : Writer
        An open transaction.
    kept : str
        As of :func:`root_from`.
    """
    writer.run("REPLACE INTO setting (name, value) VALUES ('root', ?)", (kept,))

"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path

from napari_zsris.errors import ZsrisError

__all__ = ["OutputError", "atomic_write"]


class OutputError(ZsrisError):
    """A file cannot be written where the user asked for it."""


@contextlib.contextmanager
def atomic_write(path: Path) -> Generator[Path]:
    """Write to a temporary neighbour and rename it over `path` once it is whole and on disk.

    Parameters
    ----------
    path : Path
        The file to make or replace; missing parent folders are made.

    Yields
    ------
    Path
        An empty file in the same folder and with the same suffix, to be filled by the caller.

    Raises
    ------
    OutputError
        The folder cannot be made or written to.
    """
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem[:60]}-", suffix=f".part{path.suffix}"
        )
        os.close(handle)
        partial = Path(name)
        yield partial
        _publish(partial, path)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; choose a folder you may write to"
        ) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _publish(partial: Path, path: Path) -> None:
    # mkstemp makes files private; the finished file gets the rights any new file would have.
    umask = os.umask(0)
    os.umask(umask)
    partial.chmod(0o666 & ~umask)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(path)

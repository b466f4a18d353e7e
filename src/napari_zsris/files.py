"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import secrets
import socket
import sys
import time
import zlib
from collections.abc import Generator
from pathlib import Path

from napari_zsris.errors import ZsrisError

__all__ = ["OutputError", "atomic_write"]


# A file that has not grown for a day is nobody's any more, on whichever machine it was begun.
SECONDS_TO_FINISH = 24 * 3600


class OutputError(ZsrisError):
    """A file cannot be written where the user asked for it."""


@contextlib.contextmanager
def atomic_write(path: Path) -> Generator[Path]:
    """Write to a temporary neighbour and rename it over `path` once it is whole and on disk.

    What earlier writers of the same file left when they were killed is removed on the way.

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
        _clear_leftovers(path)
        partial = _begin(path)
        yield partial
        _publish(partial, path)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; choose a folder you may write to"
        ) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _begin(path: Path) -> Path:
    writer = f"{_beginning(path)}{_host()}-{os.getpid()}"
    while True:
        partial = path.with_name(f"{writer}-{secrets.token_hex(4)}.part{path.suffix}")
        with contextlib.suppress(FileExistsError):
            # Made by the system with the rights that any new file has. Asking for the umask, which
            # is only possible by setting it, would for a moment give those of other threads to all.
            partial.touch(exist_ok=False)
            return partial


def _beginning(path: Path) -> str:
    return f".{path.stem[:60]}-"


def _host() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _clear_leftovers(path: Path) -> None:
    """Remove what writers of the same file left behind when they were killed."""
    pattern = f"{glob.escape(_beginning(path))}*.part{glob.escape(path.suffix)}*"
    for leftover in path.parent.glob(pattern):
        # What cannot be removed is in use, or somebody else's to remove.
        with contextlib.suppress(OSError):
            if _is_abandoned(leftover):
                leftover.unlink()


def _is_abandoned(partial: Path) -> bool:
    writer = re.search(r"-([0-9a-f]{8})-([0-9]{1,9})-[^-]*(-journal|-wal|-shm)?$", partial.name)
    if writer and writer[1] == _host() and not _is_running(int(writer[2])):
        return True
    return time.time() - partial.stat().st_mtime > SECONDS_TO_FINISH


def _is_running(process: int) -> bool:
    if sys.platform == "win32":
        # There signal 0 would be Ctrl-C; age alone tells.
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _publish(partial: Path, path: Path) -> None:
    # Opened for writing, without which Windows does not flush.
    with partial.open("r+b") as written:
        os.fsync(written.fileno())
    partial.replace(path)

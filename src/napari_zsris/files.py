"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
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


_ADVICE = {
    errno.ENOSPC: "make room on the disk and try again",
    errno.EDQUOT: "make room on the disk and try again",
    errno.EFBIG: "choose a file system that takes files of this size",
    errno.EIO: "check the disk, or choose another one",
    errno.EROFS: "choose a folder that is not read-only",
    errno.EISDIR: "choose a name that is not a folder's",
    errno.ENOTDIR: "choose another folder: a part of this path is a file",
    errno.EEXIST: "choose another folder: a part of this path is a file",
    errno.ENAMETOOLONG: "choose a shorter name",
}
_OF_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


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
        The folder cannot be made or written to, or the disk is full. What the caller's block raises
        besides, such as an error of a file that it reads, is passed on as it is.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(path)
        partial = _begin(path)
    try:
        try:
            yield partial
        except OSError as error:
            if _is_about(error, partial):
                raise _cannot_write(path, error) from error
            raise
        with _explained(path):
            _publish(partial, path)
    finally:
        # A folder that is gone, or was made read-only meanwhile, must not hide why.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def _explained(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise _cannot_write(path, error) from error


def _is_about(error: OSError, partial: Path) -> bool:
    """Tell whether an error is one of writing; that of a full disk names no file."""
    if not isinstance(error.filename, str | bytes):
        return error.errno in _OF_WRITING
    # Some writers make further files beside it.
    return os.fsdecode(error.filename).startswith(str(partial))


def _cannot_write(path: Path, error: OSError) -> OutputError:
    advice = _ADVICE.get(error.errno or 0, "choose a folder you may write to")
    return OutputError(f"cannot write {path}: {error.strerror or error}; {advice}")


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

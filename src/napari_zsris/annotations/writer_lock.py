"""One writer per project: a lock that the operating system takes back when its process dies."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

from napari_zsris.errors import AnnotationError

__all__ = ["WriterLock", "user_name"]

# Windows locks bytes against reading too, so the lock lies beyond the holder's particulars.
_LOCKED_BYTE = 1 << 20


class WriterLock:
    """The right to write one project, held until released or until the process ends.

    The lock is the operating system's, on a small file beside the project that names its holder;
    the file goes when the lock is released. One left behind by a crash locks nothing.

    Parameters
    ----------
    project : Path
        The project's file; it need not exist yet.

    Raises
    ------
    AnnotationError
        Somebody else writes the project, or the folder cannot hold a lock.
    """

    def __init__(self, project: Path) -> None:
        self._path = project.with_name(f"{project.name}-lock")
        self._handle = -1
        try:
            self._handle = self._open(project)
            self._sign()
        except BaseException as error:
            self.release()
            if not isinstance(error, OSError):
                raise
            raise AnnotationError(
                f"cannot lock {project} for writing: {error.strerror or error}; "
                "choose a folder on a local disk that has space and that you may write to, or open "
                "it for reading only"
            ) from error

    def release(self) -> None:
        """Let others write; releasing twice does no harm."""
        if self._handle < 0:
            return
        handle, self._handle = self._handle, -1
        if sys.platform == "win32":
            os.close(handle)
            self._remove()
        else:
            # Removed while still held, or a newcomer's lock would be removed.
            self._remove()
            os.close(handle)

    def _open(self, project: Path) -> int:
        while True:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                locked = _lock(handle)
                # The last holder may have removed the file between our opening and locking it.
                if locked and _is_still_at(handle, self._path):
                    return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
            if not locked:
                raise _taken(project, self._path)

    def _sign(self) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        holder = {
            "who": user_name(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": now,
        }
        os.ftruncate(self._handle, 0)
        os.write(self._handle, json.dumps(holder, allow_nan=False).encode())

    def _remove(self) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            # Another process holds the file open on Windows; the file locks nothing.
            return


def user_name() -> str:
    """Name the person at the keyboard.

    Returns
    -------
    str
        The login name, or "unknown" where the system has none.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        os.lseek(handle, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _is_still_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _taken(project: Path, path: Path) -> AnnotationError:
    try:
        holder = json.loads(path.read_bytes())
        since = f"since {holder['since']}"
        by = f"{holder['who']} on {holder['host']} (process {holder['pid']}, {since})"
        if holder["pid"] == os.getpid() and holder["host"] == socket.gethostname():
            by = f"this very process ({since})"
    except (OSError, ValueError, LookupError, TypeError):
        by = "another process"
    return AnnotationError(
        f"{project} is being written by {by}: close it there, or open it for reading only"
    )

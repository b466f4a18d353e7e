"""Memory that two processes share, without a name that could be left behind."""

from __future__ import annotations

import mmap
import os
import secrets
import sys
import tempfile
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

__all__ = ["SharedMemory"]

Buffer: TypeAlias = bytes | bytearray | memoryview


class SharedMemory:
    """One block at a time, written by one process and copied out by another.

    On POSIX it is a file without a name, inherited by its number, so that it is gone with the last
    of the two processes, however they end; on Windows a mapping that the system counts likewise.

    Parameters
    ----------
    place : str
        From :attr:`place` of the other process's object; a new block by default.

    Attributes
    ----------
    place : str
        What the other process needs to find it.
    """

    def __init__(self, place: str = "") -> None:
        self.place = place or _new_place()
        self._kept: mmap.mmap | None = None

    @property
    def inherited(self) -> tuple[int, ...]:
        """The file descriptors that a child needs."""
        return () if sys.platform == "win32" else (int(self.place),)

    def write(self, buffers: Sequence[Buffer]) -> None:
        """Replace the block, one buffer after the other.

        Parameters
        ----------
        buffers : sequence of bytes-like
            What to write.
        """
        self.clear()
        total = sum(len(each) for each in buffers)
        if total:
            if sys.platform != "win32":
                os.ftruncate(int(self.place), total)
            # Windows drops a mapping with its last user, so the writer's has to stay.
            self._kept = self._map(total)
            start = 0
            for each in buffers:
                start = _copy_in(each, self._kept, start)

    def read(self, sizes: Sequence[int]) -> list[bytearray]:
        """Copy the block's buffers out.

        Parameters
        ----------
        sizes : sequence of int
            Their lengths in bytes.

        Returns
        -------
        list of bytearray
            One each.
        """
        if not sum(sizes):
            return [bytearray() for _ in sizes]
        block = self._map(sum(sizes))
        parts, start = [], 0
        for size in sizes:
            parts.append(_copy_out(block, start, size))
            start += size
        block.close()
        return parts

    def clear(self) -> None:
        """Give the block's memory back, once the other process has copied it."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
            if sys.platform != "win32":
                os.ftruncate(int(self.place), 0)

    def close(self) -> None:
        """Let go of the memory."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        if sys.platform != "win32":
            os.close(int(self.place))

    def _map(self, size: int) -> mmap.mmap:
        if sys.platform == "win32":
            return mmap.mmap(-1, size, tagname=self.place)
        return mmap.mmap(int(self.place), size)


def _new_place() -> str:
    if sys.platform == "win32":
        return f"napari-zsris-{secrets.token_hex(16)}"
    if hasattr(os, "memfd_create"):
        return str(os.memfd_create("napari-zsris"))
    with tempfile.TemporaryFile() as file:
        return str(os.dup(file.fileno()))


# numpy copies without holding the interpreter's lock, so the window lives on meanwhile.
def _copy_in(source: Buffer, block: mmap.mmap, start: int) -> int:
    values = np.frombuffer(source, np.uint8)
    np.frombuffer(block, np.uint8, len(values), start)[:] = values
    return start + len(values)


def _copy_out(block: mmap.mmap, start: int, size: int) -> bytearray:
    part = bytearray(size)
    if size:
        np.frombuffer(part, np.uint8)[:] = np.frombuffer(block, np.uint8, size, start)
    return part

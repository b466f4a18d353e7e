"""Messages between two processes: small ones through a pipe, their arrays through shared memory."""

from __future__ import annotations

import io
import pickle
import queue
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO, cast

from napari_zsris.engine.memory import SharedMemory

__all__ = ["Channel", "ChannelBlockedError"]

_HEADER = struct.Struct("<cQ")
_MESSAGE, _COPIED = b"m", b"c"

# What messages are made of besides this package's own classes; nothing of it runs code of others.
_PLAIN = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
}


class ChannelBlockedError(Exception):
    """The other process does not take what was sent."""


class Channel:
    """Both directions between a process and its child.

    Parameters
    ----------
    source, sink : binary file
        The pipes' ends of this process, unbuffered.
    incoming, outgoing : SharedMemory
        Where arrays are found, and where they are put.
    ended : callable
        Called in the reading thread when the other process is gone.
    patience : float, optional
        For how many seconds the other process may leave arrays uncopied; for ever by default.
    """

    def __init__(
        self,
        source: BinaryIO,
        sink: BinaryIO,
        incoming: SharedMemory,
        outgoing: SharedMemory,
        ended: Callable[[], object],
        patience: float | None = None,
    ) -> None:
        self._source, self._sink = source, sink
        self._incoming, self._outgoing = incoming, outgoing
        self._tell_end, self._patience = ended, patience
        self._messages: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._free = threading.Event()
        self._free.set()
        self._over = False
        threading.Thread(target=self._read, name="zsris-engine-reader", daemon=True).start()

    def send(self, message: object) -> None:
        """Send a message; waits until the arrays of the one before were copied.

        Parameters
        ----------
        message : object
            Of this package's own classes, plain values and arrays.

        Raises
        ------
        EOFError
            The other process is gone.
        ChannelBlockedError
            It does not copy the arrays of the message before.
        """
        buffers: list[pickle.PickleBuffer] = []
        body = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
        arrays = [buffer.raw() for buffer in buffers]
        if arrays and not self._free.wait(self._patience):
            raise ChannelBlockedError
        sizes = [len(array) for array in arrays]
        self._write(_MESSAGE, pickle.dumps((body, sizes)), arrays)

    def receive(self, seconds: float | None = None) -> object:
        """Take the next message.

        Parameters
        ----------
        seconds : float, optional
            How long to wait for it; for ever by default.

        Returns
        -------
        object
            The message.

        Raises
        ------
        queue.Empty
            There is none yet.
        EOFError
            The other process is gone, and all that it sent was taken.
        """
        message = self._messages.get(timeout=seconds)
        if message is _END:
            self._messages.put(_END)
            raise EOFError
        return message

    def _write(self, kind: bytes, payload: bytes = b"", arrays: Sequence[memoryview] = ()) -> None:
        frame = memoryview(_HEADER.pack(kind, len(payload)) + payload)
        with self._writing:
            if self._over:
                raise EOFError
            if arrays:
                self._free.clear()
                self._outgoing.write(arrays)
            try:
                while frame:
                    frame = frame[self._sink.write(frame) or 0 :]
            except (OSError, ValueError):
                raise EOFError from None

    def _read(self) -> None:
        try:
            while True:
                kind, length = _HEADER.unpack(self._exactly(_HEADER.size))
                if kind == _COPIED:
                    with self._writing:
                        self._outgoing.clear()
                    self._free.set()
                else:
                    self._take(self._exactly(length))
        except (EOFError, OSError, ValueError):
            pass
        finally:
            self._end()

    def _take(self, payload: bytes) -> None:
        body, sizes = cast("tuple[bytes, list[int]]", _load(payload))
        arrays = self._incoming.read(sizes)
        if arrays:
            self._write(_COPIED)
        self._messages.put(_load(body, arrays))

    def _exactly(self, length: int) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            part = self._source.read(length - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def _end(self) -> None:
        with self._writing:
            self._over = True
            for file in (self._source, self._sink):
                file.close()
            self._incoming.close()
            self._outgoing.close()
        self._messages.put(_END)
        self._free.set()
        self._tell_end()


_END = object()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _PLAIN and not module.startswith(("napari_zsris.", "pathlib")):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a message")
        found = super().find_class(module, name)
        if (module, name) not in _PLAIN and not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is no class")
        return found


def _load(payload: bytes, buffers: Iterable[bytearray] = ()) -> object:
    return _Unpickler(io.BytesIO(payload), buffers=buffers).load()

"""The engine's process as the window's process sees it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import time
import weakref
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, cast

from napari_zsris.engine.channel import Channel
from napari_zsris.engine.memory import SharedMemory
from napari_zsris.engine.messages import Ask, Failed, Returned, Stop, Stopped, Work

__all__ = ["PROGRAM", "EngineProcess"]

PROGRAM = "from napari_zsris.engine.child import main; main()"

SECONDS_TO_END = 5.0
SECONDS_TO_COPY = 20.0
# Before anything is imported, so that the same modules are found as here.
_SAME_PATH = "import json, sys; sys.path[:] = json.loads(sys.argv[2])\n"


class EngineProcess:
    """A child process that does one piece of work at a time; it ends with this object.

    It is a plain Python, not one of `multiprocessing`, which would run the user's script again. It
    is spoken with through pipes that no other process can open.

    Parameters
    ----------
    program : str
        The Python that it runs.

    Attributes
    ----------
    heard : int
        The last ticket that something was heard of; 0 for a process that has said nothing yet.
    """

    def __init__(self, program: str = PROGRAM) -> None:
        there, here = SharedMemory(), SharedMemory()
        about = json.dumps([os.getpid(), there.place, here.place])
        command = [sys.executable, "-P", "-c", _SAME_PATH + program, about, json.dumps(_path())]
        self._child = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            **_inheriting(there, here),
        )
        self._end = weakref.finalize(self, _end, self._child)
        self._channel = Channel(
            cast("BinaryIO", self._child.stdout),
            cast("BinaryIO", self._child.stdin),
            incoming=here,
            outgoing=there,
            ended=partial(_end, self._child, SECONDS_TO_END),
            patience=SECONDS_TO_COPY,
        )
        self._tickets = count(1)
        self._stopping: dict[int, float] = {}
        self.heard = 0

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it is running."""
        return self._child.poll() is None

    @property
    def stuck(self) -> bool:
        """Whether it goes on with what it should have stopped by now."""
        return any(deadline < time.monotonic() for deadline in self._stopping.values())

    @property
    def reason(self) -> str:
        """Why it ended, for people."""
        code = self._child.wait()
        if code in (-signal.SIGKILL if os.name == "posix" else 0, 137):
            return "the system killed it, most likely because memory ran out"
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"it crashed with {signal.Signals(-code).name}"
        return f"it ended with code {code}"

    def ask(self, work: Work) -> int:
        """Begin a piece of work.

        Parameters
        ----------
        work : Prepare, Encode, Rank or RankTask
            What to do.

        Returns
        -------
        int
            Its ticket.
        """
        ticket = next(self._tickets)
        self.send(Ask(ticket, work))
        return ticket

    def stop(self, ticket: int, seconds: float) -> None:
        """Give a piece of work up, without waiting until it is.

        Parameters
        ----------
        ticket : int
            Its ticket.
        seconds : float
            How long that may take, until the process counts as stuck.
        """
        self._stopping[ticket] = time.monotonic() + seconds
        with contextlib.suppress(EOFError):
            self.send(Stop(ticket))

    def send(self, message: object) -> None:
        """Send any other message; raises EOFError when the process is gone.

        Parameters
        ----------
        message : object
            The message.
        """
        self._channel.send(message)

    def receive(self, ticket: int, seconds: float) -> object:
        """Take the next message about a piece of work.

        Parameters
        ----------
        ticket : int
            Its ticket; what is said about others is passed over.
        seconds : float
            How long to wait.

        Returns
        -------
        object
            The message, or None where there is none yet.

        Raises
        ------
        EOFError
            The process is gone.
        """
        with contextlib.suppress(queue.Empty):
            message = self._channel.receive(seconds)
            about = getattr(message, "ticket", ticket)
            if isinstance(message, (Stopped, Returned, Failed)):
                self._stopping.pop(about, None)
            self.heard = max(self.heard, about)
            if about == ticket:
                return message
        return None

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        self._child.kill()


def _end(child: subprocess.Popen[bytes], seconds: float = 0.0) -> None:
    """Reap the process, which may take some seconds to end by itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
        return
    child.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(SECONDS_TO_END)


def _path() -> list[str]:
    return [entry or str(Path.cwd()) for entry in sys.path]


def _inheriting(*memories: SharedMemory) -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW}
    return {"pass_fds": [number for memory in memories for number in memory.inherited]}

"""A screen for machines that have none."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from napari_zsris.errors import ZsrisError

__all__ = ["DisplayError", "some_display"]

SECONDS_TO_END = 10


class DisplayError(ZsrisError):
    """There is no screen to draw on."""


@contextlib.contextmanager
def some_display(size: tuple[int, int]) -> Iterator[None]:
    """Make sure that windows can be opened: on the screen there is, or on a virtual one (Xvfb).

    Parameters
    ----------
    size : tuple of int
        Width and height of the virtual screen, in pixels.

    Raises
    ------
    DisplayError
        There is no screen, and no Xvfb either.
    """
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield
        return
    server = shutil.which("Xvfb")
    if server is None:
        raise DisplayError(
            "there is no screen to draw on: install Xvfb (on Debian: apt install xvfb), "
            "or run this on a desktop"
        )
    with _virtual(server, size) as name:
        os.environ["DISPLAY"] = name
        try:
            yield
        finally:
            del os.environ["DISPLAY"]


@contextlib.contextmanager
def _virtual(server: str, size: tuple[int, int]) -> Iterator[str]:
    reading, writing = os.pipe()
    screen = f"{size[0]}x{size[1]}x24"
    command = [server, "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp"]
    process = subprocess.Popen(  # noqa: S603 - a program found by name, with fixed arguments
        command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        os.close(writing)
        with os.fdopen(reading) as stream:
            number = stream.readline().strip()
        if not number:
            raise DisplayError(f"{server} did not start: run it by hand to see why")
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(SECONDS_TO_END)

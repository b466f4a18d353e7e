"""Heavy imports off the main thread, without long stops of the others."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

__all__ = ["collector_at_rest", "count_as_old", "import_engine"]


@contextlib.contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep Python's cycle collector from running while millions of lasting objects are made.

    Every full pass of the collector stops all threads; an import of torch provokes several, of up
    to 0.4 s each, with nothing to collect.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def count_as_old() -> None:
    """Put all objects there are among the collector's old ones, without a pass over them.

    They are collected like others, but what is known to last brings no full pass nearer.
    """
    # Thawing is for all objects, so what somebody else froze would be thawed as well.
    if gc.get_freeze_count() < _MORE_THAN_PYTHON_FREEZES:
        gc.freeze()
        gc.unfreeze()


def import_engine() -> None:
    """Import the segmentation engine, torch and spaCy with it, and what its results need."""
    if all(module in sys.modules for module in _MODULES):
        return
    with collector_at_rest():
        for package, pattern, flags in _LIBRARIES:
            _map(package, pattern, flags)
        for module in _MODULES:
            importlib.import_module(module)
        count_as_old()


def _map(package: str, pattern: str, flags: int) -> None:
    """Load a package's library through ctypes, which lets the other threads go on meanwhile.

    An import holds the interpreter's lock while the system maps and links a library, 0.3 s for
    torch. Where this fails or does not exist, the import does the work a moment later.
    """
    spec = find_spec(package)
    if os.name != "posix" or spec is None or spec.origin is None:
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    for library in Path(spec.origin).parent.glob(pattern):
        dlopen(os.fsencode(library), flags)


# triton, which torchvision imports by way of torch, exports all of its LLVM. In a process that
# draws with Mesa's software renderer or AMD driver another LLVM is loaded already, its symbols
# win, and the import crashes; binding triton's symbols to its own prevents that.
_LIBRARIES = (
    ("torch", "lib/libtorch_python.*", os.RTLD_LAZY if os.name == "posix" else 0),
    (
        "triton",
        "_C/libtriton.so",
        (os.RTLD_LAZY if os.name == "posix" else 0) | getattr(os, "RTLD_DEEPBIND", 0),
    ),
)

# Python 3.12 freezes some hundred objects at its start; that they are thawed does no harm.
_MORE_THAN_PYTHON_FREEZES = 1000

# napari imports pandas, for a second, when the first Labels layer is made.
_MODULES = ("napari_zsris.method", "open_clip", "pandas")

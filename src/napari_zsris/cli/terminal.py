"""What the command says on the terminal besides its results: progress, warnings, errors."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import Literal, TypeVar

import typer

from napari_zsris.errors import ZsrisWarning, one_line
from napari_zsris.progress import Progress, Steps, finish

__all__ = ["busy", "follow", "own_words_only", "say"]

Result = TypeVar("Result")


def say(kind: Literal["error", "warning"], message: str) -> None:
    """Tell the user something on stderr, on one line whatever a file's name holds.

    Parameters
    ----------
    kind : {"error", "warning"}
        What it is.
    message : str
        What to say.
    """
    typer.echo(f"zsris: {kind}: {one_line(message)}", err=True)


@contextlib.contextmanager
def own_words_only() -> Generator[None]:
    """Show this project's warnings, each once and on one line, and nothing that libraries say.

    Yields
    ------
    None
        While warnings and logging are changed.
    """
    # Read by libraries that bring a log handler of their own, when they are imported.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    disabled = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", ZsrisWarning)
            warnings.showwarning = _show_once()
            yield
    finally:
        logging.disable(disabled)


def _show_once() -> Callable[..., None]:
    shown: set[str] = set()

    def show(message: Warning | str, *_where: object, **_file: object) -> None:
        if str(message) not in shown:
            shown.add(str(message))
            say("warning", str(message))

    return show


def busy(what: str) -> AbstractContextManager[object]:
    """Show on a terminal that something is going on that cannot be counted.

    Parameters
    ----------
    what : str
        What it is, as "Loading lite".

    Returns
    -------
    context manager
        The line is there while it is open.
    """
    from rich.console import Console

    console = Console(stderr=True)
    return console.status(what) if console.is_terminal else contextlib.nullcontext()


def follow(steps: Steps[Result]) -> Result:
    """Run long work to its end, with a progress bar where stderr is a terminal.

    Parameters
    ----------
    steps : generator of Progress
        The work; its return value is the result.

    Returns
    -------
    Result
        What the generator returned.
    """
    from rich.console import Console
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    with Bars(console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("", total=None)

        def tell(step: Progress) -> None:
            total = step.total or None
            bars.update(bar, description=step.stage, completed=step.done, total=total)

        return finish(steps, tell)

"""The command as a whole: its verbs, and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from napari_zsris._version import __version__
from napari_zsris.cli.demo import demo
from napari_zsris.cli.evaluate import evaluate
from napari_zsris.cli.export import export
from napari_zsris.cli.merge import merge
from napari_zsris.cli.models import models
from napari_zsris.cli.prelabel import prelabel
from napari_zsris.cli.segment import segment
from napari_zsris.cli.stats import stats
from napari_zsris.cli.terminal import own_words_only, say
from napari_zsris.cli.train_objects import train_objects
from napari_zsris.errors import ZsrisError
from napari_zsris.memory import out_of_memory, why

__all__ = ["create_app", "main"]

_MISUSED = 2
_INTERRUPTED = 130


def create_app() -> typer.Typer:
    """Put the command together from its verbs.

    Returns
    -------
    typer.Typer
        The command, which raises errors for :func:`main` to report.
    """
    app = typer.Typer(
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(_begin)
    for verb in (segment, prelabel, merge, evaluate, export, stats, models, train_objects, demo):
        app.command()(verb)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands behind the command's name; what it was called with by default.

    Returns
    -------
    int
        The exit code: 0 when all went well, 1 where nothing or not all could be done or whoever
        read the output went away, 2 after an error that the user can mend, told in one line on
        stderr, 130 after Ctrl-C. A bug is not caught.
    """
    for stream in (sys.stdout, sys.stderr):
        # A phrase may hold what the terminal cannot show, such as an emoji.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with own_words_only():
            code = create_app()(arguments, prog_name="zsris", standalone_mode=False)
            # None where the shell closed it.
            if sys.stdout:
                sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001
        return _reported(error)
    return code or 0


def _reported(error: Exception) -> int:
    """Tell an error that the user can mend, give the exit code, and raise any other again."""
    if out_of_memory(error):
        say("error", why(error))
        return _MISUSED
    match error:
        case ZsrisError():
            say("error", str(error))
        case typer.TyperException():
            say("error", f"{error.format_message()} ({_command(error)} --help shows how to use it)")
        case BrokenPipeError():
            # The reader went away, as `head` does.
            _discard_output()
            return 1
        case OSError():
            place = f"cannot use {error.filename}" if error.filename else "cannot write the output"
            reason = error.strerror or error
            say("error", f"{place}: {reason}; check the path, your rights and the room on the disk")
            if not error.filename:
                _discard_output()
        case _:
            raise error
    return _MISUSED


def _discard_output() -> None:
    """Have Python's own flush at exit succeed, which would complain of what cannot be written."""
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _command(error: typer.TyperException) -> str:
    """Name the command that was used in another way than its own."""
    context: typer.Context | None = getattr(error, "ctx", None)
    return context.command_path if context else "zsris"


def _begin(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Find what a phrase refers to in a photo, as ranked masks."""
    if version:
        typer.echo(f"zsris {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
    else:
        return
    raise typer.Exit

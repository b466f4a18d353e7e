"""What README and documentation tell people to type is true."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from napari_zsris.annotations import Project
from napari_zsris.cli import main
from napari_zsris.cli.app import create_app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
# Verbs that open a window.
SHOWN = {"demo"}
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def blocks(page: Path, *languages: str) -> list[str]:
    return [text for _, language, text in FENCE.findall(page.read_text()) if language in languages]


def commands(page: Path, *languages: str) -> list[list[str]]:
    """Give the arguments of every `zsris ...` line."""
    lines = "".join(blocks(page, *languages)).splitlines()
    typed = [line.strip().removeprefix("$ ") for line in lines]
    found = [shlex.split(line, comments=True) for line in typed if line.startswith("zsris ")]
    return [arguments for _, *arguments in found]


def pages_with(find, *languages: str) -> list:
    found = [page for page in PAGES if find(page, *languages)]
    return [pytest.param(page, id=page.stem) for page in found]


def parse(arguments: list[str]) -> None:
    """Read a command line as `zsris` does, without doing what it says."""
    group = typer.main.get_command(create_app())
    context = group.make_context("zsris", list(arguments))
    name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
    command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", pages_with(commands, "console", "shell"))
def test_every_command_can_be_read(page):
    for arguments in commands(page, "console", "shell"):
        parse(arguments)


def test_a_command_that_cannot_be_read_is_noticed():
    with pytest.raises(Exception, match="No such option"):
        parse(["stats", "work.zsris", "--nonsense"])


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_with(commands, "console"))
def test_commands_do_what_they_are_for(page, desk, capsys):
    for arguments in commands(page, "console"):
        if arguments[0] in SHOWN or any(word.startswith("tcp:") for word in arguments):
            continue
        assert main(arguments) == 0, (arguments, capsys.readouterr())


def prelabel_work() -> None:
    """Make the project that snippets go on from: one phrase accepted, one to do."""
    given = ["--images", "photos", "--phrases", "phrases.csv"]
    assert main(["prelabel", "--project", "work.zsris", *given]) == 0
    with Project.open("work.zsris") as project:
        first, _ = project.items()
        project.decide(first.id, "accepted", candidate=0)


@pytest.mark.slow
@pytest.mark.parametrize("page", pages_with(blocks, "python"))
def test_python_runs(page, desk):
    snippets = blocks(page, "python")
    if any("work.zsris" in code for code in snippets):
        prelabel_work()
    names: dict[str, object] = {"__name__": "__main__"}
    for code in snippets:
        exec(compile(code, str(page), "exec"), names)  # noqa: S102 - our own documentation


@pytest.mark.parametrize("page", [pytest.param(page, id=page.stem) for page in PAGES])
def test_links_lead_to_files(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target

"""Progress is shown on terminals alone, and long work gives its result either way."""

import logging
import os
import subprocess
import sys

import pytest

from napari_zsris.cli.terminal import busy, follow, own_words_only
from napari_zsris.progress import Progress

PROGRAM = """
import time
from napari_zsris.cli.terminal import busy, follow
from napari_zsris.progress import Progress

def work():
    for done in range(3):
        yield Progress("local features", done, 3)
        time.sleep(0.15)
    return "found"

with busy("Loading lite"):
    time.sleep(0.15)
print(follow(work()))
"""


def work(steps):
    for done in range(steps):
        yield Progress("local features", done, 0)
    return "found"


@pytest.mark.parametrize("steps", [0, 3])
def test_without_a_terminal_there_is_only_the_result(capsys, steps):
    with busy("Loading lite"):
        assert follow(work(steps)) == "found"
    assert capsys.readouterr() == ("", "")


def test_an_error_in_the_work_comes_through():
    def fail():
        yield Progress("regions", 0, 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        follow(fail())


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_shows_stage_and_count():
    import pty

    screen, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=environment,
        check=True,
        text=True,
    )
    os.close(terminal)
    shown = os.read(screen, 100_000).decode()
    os.close(screen)
    assert ended.stdout == "found\n"
    assert "Loading lite" in shown
    assert "local features" in shown
    assert "67%" in shown


def test_logging_is_as_before_afterwards():
    before = logging.root.manager.disable
    with own_words_only():
        assert not logging.getLogger("transformers").isEnabledFor(logging.ERROR)
    assert logging.root.manager.disable == before

"""The command as a whole: how it starts, and how it ends."""

import os
import subprocess
import sys
import threading
import warnings

import pytest

from napari_zsris import __version__, errors, images


def run(*arguments, **options):
    program = "import sys; from napari_zsris.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, text=True, check=False, **options)


def test_without_arguments_it_shows_help(zsris):
    ended = zsris()
    assert ended.code == 0
    assert "Usage: zsris" in ended.out
    for verb in ("segment", "models", "demo"):
        assert f"  {verb} " in ended.out


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["segment", "--help"], ["demo", "-h"]])
def test_help(zsris, arguments):
    ended = zsris(*arguments)
    assert ended.code == 0
    assert "Usage: zsris" in ended.out
    assert max(len(line) for line in ended.out.splitlines()) <= 80


def test_version(zsris):
    assert zsris("--version").out == f"zsris {__version__}\n"


def test_help_and_version_load_no_model_library():
    program = (
        "import sys; from napari_zsris.cli import main; main(['--version']); main(['--help']);"
        "heavy = {'torch', 'spacy', 'open_clip', 'skimage', 'napari', 'qtpy', 'numpy', 'rich'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["sgement"], "No such command 'sgement'"),
        (["segment"], "Missing argument 'IMAGE'"),
        (["segment", "a.png"], "Missing argument 'PHRASE'"),
        (["segment", "a.png", "cat", "--tpo", "3"], "No such option: --tpo"),
        (["segment", "a.png", "cat", "--top", "0"], "Invalid value for '--top'"),
        (["segment", "a.png", "cat", "--top", "many"], "Invalid value for '--top'"),
        (["segment", "a.png", "the", "cat"], "unexpected extra argument"),
    ],
)
def test_misuse_is_told_in_one_line(refused, arguments, reason):
    line = refused(*arguments)
    assert reason in line
    command = "zsris segment" if arguments[0] == "segment" else "zsris"
    assert line.endswith(f"({command} --help shows how to use it)\n")


def test_an_error_in_a_process_of_its_own(tmp_path):
    ended = run("segment", "no\x1b[31m.jpg", "the cat", cwd=tmp_path, capture_output=True)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        "zsris: error: there is no file no?[31m.jpg; check the name and the folder\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_terminal_that_cannot_show_the_phrase(tmp_path):
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    ended = run("segment", "🐈.jpg", "the 🐈", cwd=tmp_path, capture_output=True, env=environment)
    assert ended.returncode == 2
    assert ended.stderr.startswith("zsris: error: there is no file ")
    assert ended.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error():
    receiver, sender = os.pipe()
    os.close(receiver)
    ended = run("--help", stdout=sender, stderr=subprocess.PIPE)
    os.close(sender)
    assert ended.returncode == 1
    assert ended.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_output_that_cannot_be_written_is_told_in_one_line():
    with open("/dev/full", "w") as full:  # noqa: PTH123
        ended = run("--help", stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 2
    assert ended.stderr == (
        "zsris: error: cannot write the output: No space left on device; check the path, your "
        "rights and the room on the disk\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell's way of closing")
@pytest.mark.parametrize("closed", [1, 2])
def test_output_that_the_shell_closed_is_no_error(closed):
    ended = run("--version", capture_output=True, preexec_fn=lambda: os.close(closed))
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_input_that_the_system_refuses_is_told_in_one_line(refused, monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied", "a\nb.png")

    monkeypatch.setattr(images, "read_image", refuse)
    line = refused("segment", "a.png", "the cat")
    assert "cannot use a b.png: Permission denied; check the path, your rights" in line


def test_a_lack_of_memory_is_told_in_one_line(refused, monkeypatch, run_out):
    monkeypatch.setattr(images, "read_image", lambda _: run_out["numpy"]())
    line = refused("segment", "a.png", "the cat")
    assert "memory ran out; close other programs, or choose a smaller photo" in line


def test_ctrl_c_ends_quietly(zsris, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(images, "read_image", interrupt)
    ended = zsris("segment", "a.png", "the cat")
    assert (ended.code, ended.out, ended.err) == (130, "", "")


def test_a_bug_is_not_hidden(zsris, monkeypatch):
    def fail(_):
        raise ZeroDivisionError

    monkeypatch.setattr(images, "read_image", fail)
    with pytest.raises(ZeroDivisionError):
        zsris("segment", "a.png", "the cat")


def test_our_warnings_take_one_line_each_once_and_others_none(zsris, monkeypatch):
    def warn(_):
        warnings.warn("a library\nspeaks", UserWarning, stacklevel=1)
        for message in ("the first\none is used", "the rest is not", "the first\none is used"):
            told = threading.Thread(target=errors.warn, args=(message,))
            told.start()
            told.join()
        raise KeyboardInterrupt

    monkeypatch.setattr(images, "read_image", warn)
    filters = list(warnings.filters)
    assert zsris("segment", "a.png", "cat").err == (
        "zsris: warning: the first one is used\nzsris: warning: the rest is not\n"
    )
    assert warnings.filters == filters

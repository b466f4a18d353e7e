"""A run that is broken off and goes on."""

import pytest

from napari_zsris.evaluation import Journal, PhotoResult
from napari_zsris.files import OutputError

SETTINGS = {"clips": ["lite"], "none_below": 0.0}


@pytest.fixture
def result(answer):
    def make(photo):
        answers = {"ours": (answer(), answer(kind=None, category_right=None))}
        return PhotoResult(photo, answers, {"ours": 12.5}, ("line 3: it has no words",))

    return make


def test_results_are_there_again(tmp_path, result):
    journal = Journal(tmp_path / "run", SETTINGS)
    assert journal.done == {}
    for photo in ("a.png", "b.png"):
        journal.append(result(photo))
    again = Journal(tmp_path / "run", SETTINGS)
    assert again.done == {"a.png": result("a.png"), "b.png": result("b.png")}


@pytest.mark.parametrize("cut", [1, 40, 10_000])
def test_a_line_cut_short_is_done_again(tmp_path, result, cut):
    journal = Journal(tmp_path, SETTINGS)
    journal.append(result("a.png"))
    first = len(journal.path.read_bytes())
    journal.append(result("b.png"))
    both = journal.path.read_bytes()
    journal.path.write_bytes(both[: max(first + 5, len(both) - cut)])
    again = Journal(tmp_path, SETTINGS)
    assert list(again.done) == ["a.png"]
    again.append(result("b.png"))
    assert list(Journal(tmp_path, SETTINGS).done) == ["a.png", "b.png"]


def test_a_header_cut_short_begins_anew(tmp_path):
    (tmp_path / "answers.jsonl").write_text('{"settings": {"cl')
    assert Journal(tmp_path, SETTINGS).done == {}
    assert Journal(tmp_path, SETTINGS).done == {}


def test_other_settings_are_refused(tmp_path):
    Journal(tmp_path, SETTINGS)
    with pytest.raises(
        OutputError, match=r"holds an evaluation with other settings \(clips\): giv"
    ):
        Journal(tmp_path, SETTINGS | {"clips": ["RN50/openai"]})


@pytest.mark.parametrize("line", ["no JSON\n", "[]\n", '{"photo": "a.png"}\n'])
def test_a_damaged_file_is_refused(tmp_path, line):
    journal = Journal(tmp_path, SETTINGS)
    with journal.path.open("a") as stream:
        stream.write(line)
    with pytest.raises(OutputError, match=r"cannot read .*answers\.jsonl: .*; remove it, or give"):
        Journal(tmp_path, SETTINGS)


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "answers.jsonl").write_text("hello\n")
    with pytest.raises(OutputError, match="its first line holds no settings; remove it"):
        Journal(tmp_path, SETTINGS)


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot (read|write)"):
        Journal(tmp_path / "file", SETTINGS)

"""Every error that users can mend, and every warning, is in the documentation."""

import importlib.util
import re
from pathlib import Path

import pytest

from napari_zsris import errors
from napari_zsris.images import read_image
from napari_zsris.method.method import Method
from napari_zsris.proposals import create_proposals

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def hook():
    """The hook that fills in the messages when the documentation is built."""
    place = importlib.util.spec_from_file_location("messages", ROOT / "docs" / "messages.py")
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(hook):
    return hook.on_page_markdown((ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8"))


def test_the_page_asks_for_the_messages(hook, page):
    assert hook.PLACE not in page
    assert page.count("\n- ") > 150


def test_other_pages_stay_as_they_are(hook):
    assert hook.on_page_markdown("# Page") == "# Page"


def test_every_kind_of_error_has_its_section(hook, page):
    kinds = {name for name in errors.__all__ if name[0].isupper()} - {"ZsrisError"}
    assert kinds <= set(hook.messages())
    for kind in kinds:
        meaning = getattr(errors, kind).__doc__.splitlines()[0].rstrip(".")
        assert f"### {meaning}\n" in page


MISTAKES = {
    "photo": lambda: read_image("/nowhere.jpg"),
    "name": lambda: create_proposals("regoins"),
    "argument": lambda: create_proposals("freesolo"),
    "setting": lambda: Method(alpha=2.0),
    "dataset": lambda: Method.paper("flickr"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_what_is_raised_is_on_the_page(page, mistake):
    with pytest.raises(errors.ZsrisError) as caught:
        mistake()
    shown = re.findall(r"^- (.*)$", page, re.MULTILINE)
    patterns = [".*".join(map(re.escape, unmarked(line).split("…"))) for line in shown]
    assert any(re.fullmatch(pattern, str(caught.value)) for pattern in patterns)


def unmarked(line):
    return re.sub(r"\\(.)", r"\1", line)

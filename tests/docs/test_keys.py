"""The documentation has every key as the code has it."""

import importlib.util
from pathlib import Path

import pytest

from napari_zsris.review.actions import ACTIONS, NAPARI_S_OWN, printed

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def page():
    """The page on keys as it is built."""
    place = importlib.util.spec_from_file_location("keys_hook", DOCS / "keys.py")
    hook = importlib.util.module_from_spec(place)
    place.loader.exec_module(hook)
    page = hook.on_page_markdown((DOCS / "keys.md").read_text(encoding="utf-8"))
    assert hook.PLACE not in page
    return page


def test_every_key_is_on_the_page(page):
    for one in ACTIONS:
        assert f"| `{printed(one.key)}` | {one.purpose} |" in page
    for key, purpose in NAPARI_S_OWN:
        assert f"| `{key}` | {purpose} |" in page


def test_the_site_has_the_page(page):
    site = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    assert "docs/keys.py" in site
    assert "keys.md" in site

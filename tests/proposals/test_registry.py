"""Sources by name: what is found, what is missing, and what a wrong name is told."""

import subprocess
import sys

import pytest

from napari_zsris.errors import ModelUnavailableError, ProposalError
from napari_zsris.proposals import registry
from napari_zsris.proposals.registry import SourceEntry, available, create_proposals
from napari_zsris.proposals.source import ProposalSource


def test_every_name_is_unique_and_documented():
    names = [entry.name for entry in registry.SOURCES]
    assert names[:2] == ["objects", "regions"]
    assert len(set(names)) == len(names)
    assert all(entry.summary for entry in registry.SOURCES)


def test_regions_is_made_and_named():
    source = create_proposals(" Regions ")
    assert isinstance(source, ProposalSource)
    assert source.name == "regions"


def test_unknown_name_lists_the_known_and_the_nearest():
    with pytest.raises(ModelUnavailableError, match=r"'region'.*regions.*did you mean regions\?"):
        create_proposals("region")


@pytest.mark.parametrize("name", ["", ":", "🦓", "x" * 1000])
def test_hopeless_name_gets_one_line_without_a_hint(name):
    with pytest.raises(ModelUnavailableError, match=r"^no proposal source[^\n]*$") as caught:
        create_proposals(name)
    assert "did you mean" not in str(caught.value)


def test_argument_where_none_is_taken():
    with pytest.raises(ProposalError, match="regions takes no argument; use regions"):
        create_proposals("regions:fast")


@pytest.fixture
def tables(monkeypatch):
    """Rows that no real source has, so that the table's own rules can be seen."""
    rows = (
        SourceEntry("plain", "p", lambda argument, device: (argument, device)),
        SourceEntry("filed", "f", lambda *given: given, "FILE", "argument"),
        SourceEntry(
            "both",
            "b",
            lambda *given: given,
            "ID",
            packages=("json", "zsris_absent"),
            remedy="install zsris_absent",
        ),
        SourceEntry("free", "f", lambda *given: given, "ID", packages=("json",)),
    )
    monkeypatch.setattr(registry, "SOURCES", rows)


def test_usage_shows_what_may_be_left_out(tables):
    assert [row.usage for row in available()] == ["plain", "filed:FILE", "both[:ID]", "free[:ID]"]


def test_missing_argument_names_the_usage(tables):
    with pytest.raises(ProposalError, match="lacks its argument: write filed:FILE"):
        create_proposals("filed:")


def test_missing_package_names_the_remedy(tables):
    with pytest.raises(ModelUnavailableError, match=r"needs zsris_absent.*install zsris_absent"):
        create_proposals("both:x")


def test_available_tells_why_not_and_what_to_do(tables):
    row = available()[2]
    assert (row.usable, row.reason) == (False, "zsris_absent is not installed")
    assert row.remedy == "install zsris_absent"
    assert available()[3].usable


def test_everything_after_the_first_colon_is_the_argument(tables):
    assert create_proposals("filed:C:/a:b", device="cuda") == ("C:/a:b", "cuda")


def test_listing_imports_nothing_heavy():
    code = (
        "import sys; from napari_zsris.proposals.registry import available; available();"
        "print(sorted({'torch', 'transformers', 'skimage', 'scipy'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"

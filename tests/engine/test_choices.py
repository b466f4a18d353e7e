"""What can be chosen in the dock, and why some cannot."""

import pytest

from napari_zsris._qt.widgets.settings_form import NameChooser
from napari_zsris.engine.choices import proposal_choices
from napari_zsris.proposals import registry, sam, universal


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of models, as on a new machine."""
    for name in ("HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "huggingface" / "hub"


def choice(name):
    return {each.name: each for each in proposal_choices()}[name]


@pytest.mark.parametrize("name", ["sam", "mask2former"])
def test_fault_14_a_source_without_its_weights_is_greyed_and_says_how_to_get_them(
    name, cache, qtbot
):
    assert choice("regions").usable
    greyed = choice(name)
    assert not greyed.usable
    assert "not on this machine" in greyed.explanation or "not installed" in greyed.explanation
    assert greyed.remedy
    chooser = NameChooser("which?")
    qtbot.addWidget(chooser)
    chooser.offer(proposal_choices(), "regions")
    item = chooser.model().item(chooser.findText(name))
    assert not item.isEnabled()
    assert greyed.remedy in item.toolTip()


def test_a_source_with_its_weights_can_be_chosen(cache):
    pytest.importorskip("transformers")
    weights = {entry.name: entry.weights for entry in registry.SOURCES}
    folder = cache / f"models--{weights['sam'].replace('/', '--')}" / "snapshots" / "1"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"")
    assert choice("sam").usable


def test_the_weights_looked_for_are_those_that_are_used():
    weights = {entry.name: entry.weights for entry in registry.SOURCES}
    assert weights["sam"] == sam.DEFAULT_MODEL
    assert weights["mask2former"] == universal.DEFAULT_MODEL

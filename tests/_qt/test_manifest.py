"""What napari reads about the plugin."""

import inspect
from importlib.resources import files

import pytest
from npe2 import PluginManifest
from npe2.manifest.utils import import_python_name
from qtpy.QtSvg import QSvgRenderer

from napari_zsris._qt.preferences import Preferences
from napari_zsris.engine.request import Settings, Weights
from napari_zsris.review.actions import ACTIONS


@pytest.fixture
def manifest():
    return PluginManifest.from_distribution("napari-zsris")


def test_every_command_leads_somewhere(manifest):
    for command in manifest.contributions.commands:
        assert callable(command.python_name and _load(command.python_name)), command.id


def test_the_icon_is_a_picture(manifest):
    package, _, name = manifest.icon.partition(":")
    picture = QSvgRenderer(str(files(package) / name))
    assert picture.isValid()
    assert picture.defaultSize().width() == picture.defaultSize().height()


def test_every_contribution_has_its_command(manifest):
    known = {command.id for command in manifest.contributions.commands}
    contributed = manifest.contributions
    items = [item for menu in contributed.menus.values() for item in menu]
    used = {item.command for item in (*contributed.widgets, *contributed.sample_data, *items)}
    assert used == known


def test_the_dock_is_in_the_menu_of_segmentation(manifest):
    menu = manifest.contributions.menus["napari/layers/segment"]
    assert [item.command for item in menu] == ["napari-zsris.segment"]


def test_samples_are_those_of_the_package(manifest):
    from napari_zsris.samples import photos

    declared = [(sample.key, sample.display_name) for sample in manifest.contributions.sample_data]
    assert declared == [(sample.name, sample.title) for sample in photos()]


def test_samples_bring_phrases_to_try(manifest):
    for sample in manifest.contributions.sample_data:
        command = next(one for one in manifest.contributions.commands if one.id == sample.command)
        ((pixels, options, kind),) = _load(command.python_name)()
        assert kind == "image"
        assert pixels.shape[2] == 3
        assert options["metadata"]["referring_phrases"]


def test_default_settings_are_the_manifest_s(plugin):
    assert Preferences().settings == Settings()


def test_settings_last(plugin):
    wanted = Settings(
        "RN50-quickgelu/openai", "sam", "cpu", 7, Weights(0.25, 0.75, 2, spatial=False)
    )
    Preferences().settings = wanted
    assert Preferences().settings == wanted
    from napari.settings import get_plugin_settings

    saved = get_plugin_settings("napari-zsris").config_path.read_text()
    assert "RN50-quickgelu/openai" in saved


def test_recommended_settings_leave_own_ones_as_they_were(plugin):
    preferences = Preferences()
    preferences.settings = Settings(weights=Weights(0.25, 0.75, 2, spatial=False))
    preferences.settings = Settings()
    assert preferences.settings.weights is None


def test_phrases_are_remembered_newest_first_and_once(plugin):
    preferences = Preferences()
    for phrase in ("a dog", "a cat", "a dog"):
        preferences.remember(phrase)
    assert Preferences().phrases == ["a dog", "a cat"]
    for number in range(50):
        preferences.remember(f"phrase {number}")
    assert len(preferences.phrases) == 20
    assert preferences.phrases[0] == "phrase 49"


def test_changes_on_the_preferences_page_are_told(plugin):
    from napari.settings import get_plugin_settings

    class Listener:
        heard = 0

        def listen(self, _event=None):
            self.heard += 1

    listener, preferences = Listener(), Preferences()
    preferences.connect(listener.listen)
    get_plugin_settings("napari-zsris").models.clip = "lite2"
    assert listener.heard == 1
    preferences.disconnect(listener.listen)
    get_plugin_settings("napari-zsris").ranking.alpha = 0.1
    assert listener.heard == 1


def _load(name):
    found = import_python_name(name)
    assert inspect.isclass(found) or inspect.isfunction(found)
    return found


def test_every_key_can_be_set(manifest):
    keys = manifest.contributions.configurations["keys"]
    declared = {
        name: (setting.title, setting.description, setting.default)
        for name, setting in keys.properties.items()
    }
    assert declared == {one.name: (one.label, one.purpose, one.key) for one in ACTIONS}


def test_the_preferences_give_the_keys(plugin):
    assert Preferences().keys == {one.name: one.key for one in ACTIONS}

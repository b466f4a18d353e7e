"""`zsris demo` shows the main job wherever it is run."""

import pytest

from napari_zsris.cli import demo


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty current folder, and no screen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.slow
def test_without_a_screen_it_writes_files(folder, zsris):
    ended = zsris("demo")
    assert ended.code == 0
    assert '"the woman\'s helmet" in astronaut.png' in ended.out
    assert "NASA" in ended.out
    assert names(folder) == ["astronaut-the-woman-s-helmet"]
    assert "overlay.png" in names(folder / "astronaut-the-woman-s-helmet")


@pytest.mark.slow
def test_a_photo_and_a_folder_can_be_chosen(folder, zsris, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":99")
    ended = zsris("demo", "--photo", "rocket", "--out", "results")
    assert ended.code == 0
    assert "SpaceX" in ended.out
    assert names(folder) == ["results"]


def test_an_unknown_photo(folder, refused):
    assert "no sample photo 'mona'; choose one of astronaut, " in refused("demo", "--photo", "mona")
    assert not names(folder)


def test_a_screenshot_without_qt(refused, monkeypatch):
    monkeypatch.setattr(demo, "find_spec", lambda _: None)
    assert "pip install 'napari-zsris[all]'" in refused("demo", "--screenshot", "a.png")

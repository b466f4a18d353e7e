"""Projects that commands fill."""

import pytest

from napari_zsris.annotations import Project


@pytest.fixture
def typed(tmp_path):
    """What people type when a file's name is wrong."""
    (tmp_path / "photos").mkdir()
    missing = tmp_path / "missing"
    return {
        "prelabel": ["--images", tmp_path / "photos", "--phrases", missing, "--project"],
        "merge": [],
    }, missing


@pytest.mark.parametrize("verb", ["prelabel", "merge"])
def test_a_project_that_an_error_kept_empty_is_not_left_behind(refused, typed, tmp_path, verb):
    options, missing = typed
    path = tmp_path / "work.zsris"
    assert str(missing) in refused(verb, *options[verb], path, *([missing] * (verb == "merge")))
    assert not list(tmp_path.glob("*.zsris*"))


@pytest.mark.parametrize("verb", ["prelabel", "merge"])
def test_a_project_that_was_there_stays(refused, typed, tmp_path, verb):
    options, missing = typed
    path = tmp_path / "work.zsris"
    Project.open(path, create=True).close()
    refused(verb, *options[verb], path, *([missing] * (verb == "merge")))
    assert path.exists()

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.annotations.paths import inside, plain_path
from napari_zsris.errors import AnnotationError


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.jpg", "a.jpg"),
        ("./sub//a.jpg", "sub/a.jpg"),
        ("sub\\a.jpg", "sub/a.jpg"),
        ("ünï cödé/ä b.jpg", "ünï cödé/ä b.jpg"),
        ("..a/b..jpg", "..a/b..jpg"),
    ],
)
def test_paths_below_the_folder(tmp_path, name, path):
    assert plain_path(name) == path
    assert inside(tmp_path, name) == tmp_path / path


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "/",
        "/etc/passwd",
        "../a.jpg",
        "sub/../../a.jpg",
        "sub/..",
        "..\\a.jpg",
        "\\\\server\\share\\a.jpg",
        "//server/share/a.jpg",
        "C:\\a.jpg",
        "C:a.jpg",
        "c:/a.jpg",
        "\\a.jpg",
        "a\0.jpg",
    ],
)
def test_ways_out_are_refused(tmp_path, name):
    with pytest.raises(AnnotationError, match="is not a path inside the folder of photos: give it"):
        inside(tmp_path, name)


@given(st.text(max_size=30))
def test_any_text_stays_below_or_is_refused(tmp_path_factory, name):
    root = tmp_path_factory.getbasetemp()
    try:
        path = inside(root, name)
    except AnnotationError:
        return
    assert path.absolute().is_relative_to(root.absolute())


def test_a_person_s_own_links_are_followed_and_names_may_not_climb(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "cached.jpg").write_bytes(b"")
    (root / "link.jpg").symlink_to(tmp_path / "cached.jpg")
    (root / "cache").symlink_to(tmp_path)
    for name in ("link.jpg", "cache/cached.jpg"):
        assert inside(root, name).is_file()
    for name in ("../cached.jpg", "cache/../../cached.jpg", str(tmp_path / "cached.jpg")):
        with pytest.raises(AnnotationError, match="is not a path inside the folder of photos"):
            inside(root, name)


def test_links_within_the_folder_and_to_the_folder_are_followed(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.jpg").write_bytes(b"")
    (root / "b.jpg").symlink_to(root / "a.jpg")
    (tmp_path / "alias").symlink_to(root)
    assert inside(root, "b.jpg").exists()
    assert inside(tmp_path / "alias", "a.jpg").exists()


def test_a_link_in_circles(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(AnnotationError, match=r"cannot be followed: .*; check its links"):
        inside(tmp_path, "a/c.jpg")

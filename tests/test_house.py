"""The house's own rules: who imports whom, and what an import costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import napari_zsris

PACKAGE = Path(napari_zsris.__file__).parent

IMPORT_ALL = """
import importlib, sys
for blocked in ("napari", "qtpy", "magicgui", "superqt", "napari_zsris._qt"):
    sys.modules[blocked] = None
for module in sys.argv[1:]:
    importlib.import_module(module)
"""


def run(code: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    ).stdout


def modules_outside_qt() -> list[str]:
    files = (path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*.py"))
    names = (".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files)
    return sorted(name for name in names if "_qt" not in name.split("."))


@pytest.mark.slow
def test_everything_outside_qt_imports_without_qt_and_napari():
    run(IMPORT_ALL, *modules_outside_qt())


def test_the_package_itself_imports_nothing_heavy():
    heavy = run(
        "import sys, napari_zsris;"
        "print([name for name in ('torch', 'spacy', 'open_clip', 'skimage', 'PIL', 'napari')"
        " if name in sys.modules])"
    )
    assert heavy.strip() == "[]"


def test_every_public_name_is_there():
    for name in napari_zsris.__all__:
        assert getattr(napari_zsris, name) is not None
    assert set(dir(napari_zsris)) == set(napari_zsris.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = napari_zsris.nonsense

"""Heavy imports leave the process as it was, and the core needs neither Qt nor napari."""

import gc
import subprocess
import sys

import pytest

from napari_zsris._qt.core.imports import collector_at_rest, import_engine

BLOCKED = """
import sys
for name in ("napari", "qtpy", "PyQt6", "PySide6", "magicgui", "superqt", "torch", "spacy"):
    sys.modules[name] = None
import napari_zsris._qt.core.engine, napari_zsris._qt.core.review
import napari_zsris._qt.core.export, napari_zsris._qt.core.collection
"""


def test_the_core_imports_without_qt_napari_and_models():
    subprocess.run([sys.executable, "-c", BLOCKED], check=True, timeout=120)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled):
    before = gc.isenabled()
    try:
        gc.enable() if enabled else gc.disable()
        with collector_at_rest():
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
    finally:
        gc.enable() if before else gc.disable()


def test_the_engine_is_imported():
    import_engine()
    assert "napari_zsris.method" in sys.modules


def test_what_labels_layers_need_is_imported_too():
    import_engine()
    assert "pandas" in sys.modules

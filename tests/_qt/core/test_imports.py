"""Heavy imports leave the process as it was, and the core needs neither Qt nor napari."""

import gc
import subprocess
import sys
import weakref

import pytest

from napari_zsris._qt.core.imports import collector_at_rest, count_as_old, import_engine

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


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self):
        self.itself = self


def test_what_lasts_counts_as_old():
    with collector_at_rest():
        lasting = [[number] for number in range(100_000)]
        count_as_old()
    assert gc.get_count()[0] < len(lasting)
    assert any(known is lasting for known in gc.get_objects(2))
    assert gc.get_freeze_count() == 0


def test_nothing_that_was_there_is_kept_from_the_collector():
    before = Ring()
    with collector_at_rest():
        during = Ring()
        count_as_old()
    gone = weakref.ref(before), weakref.ref(during)
    del before, during
    gc.collect()
    assert [each() for each in gone] == [None, None]


def test_what_somebody_else_froze_stays_frozen():
    gc.freeze()
    try:
        count_as_old()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_the_engine_is_imported():
    import_engine()
    assert "napari_zsris.method" in sys.modules


def test_what_labels_layers_need_is_imported_too():
    import_engine()
    assert "pandas" in sys.modules

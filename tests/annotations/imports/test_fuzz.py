"""A few hundred of the files that docs/benchmarks/fuzz_readers.py reads by the thousand."""

import runpy
from pathlib import Path

import pytest

from napari_zsris.annotations import Project
from napari_zsris.annotations.imports import import_table
from napari_zsris.progress import finish

SCRIPT = Path(__file__).parents[3] / "docs" / "benchmarks" / "fuzz_readers.py"


@pytest.mark.slow
def test_mutated_files_are_read_or_refused_by_name(tmp_path):
    counts = runpy.run_path(str(SCRIPT))["fuzz"](300, 7, tmp_path)
    assert sum(counts.values()) == 300
    outcomes = {what for _, what in counts}
    assert {"read in full", "rows left out, and named", "refused as a whole"} <= outcomes


def test_a_name_too_long_for_any_file(tmp_path, photos):
    (tmp_path / "t.csv").write_text(f"image,phrase\n{'9' * 5000}.jpg,a cat\na.png,a cat\n")
    with Project.open(tmp_path / "work.zsris", create=True) as project:
        report = finish(import_table(project, tmp_path / "t.csv", photos))
    assert [bad.where for bad in report.bad] == ["line 2"]
    assert report.phrases == 1

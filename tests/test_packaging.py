"""What an installation brings, and what it costs."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from napari_zsris import __version__

ROOT = Path(__file__).resolve().parents[1]
BINDINGS = {"pyqt5", "pyqt6", "pyside2", "pyside6"}
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def required(name: str, extras: frozenset[str] = frozenset(), seen: set | None = None) -> set[str]:
    """Gather what installing a distribution installs, as far as it is installed here."""
    seen = set() if seen is None else seen
    if (name, extras) in seen:
        return set()
    seen.add((name, extras))
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return {name}
    found = {name}
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
            continue
        found |= required(requirement.name.lower(), frozenset(requirement.extras), seen)
    return found


def test_the_base_installation_brings_no_qt():
    installed = required("napari-zsris")

    assert {"napari", "superqt", "torch"} <= installed
    assert not installed & BINDINGS


def test_every_extra_is_defined_by_itself_or_by_known_ones(project):
    extras = project["optional-dependencies"]

    assert {"all", "dev", "distributed", "docs", "sam", "test", "train"} <= set(extras)
    for requirement in map(Requirement, chain.from_iterable(extras.values())):
        if requirement.name == project["name"]:
            assert requirement.extras <= set(extras)


def test_every_dependency_has_a_lower_bound(project):
    for requirement in map(Requirement, project["dependencies"]):
        assert any(bound.operator == ">=" for bound in requirement.specifier), requirement


def test_napari_finds_the_plugin(project):
    assert "Framework :: napari" in project["classifiers"]
    assert project["description"]
    (manifest,) = project["entry-points"]["napari.manifest"].values()
    package, file = manifest.split(":")
    assert (ROOT / "src" / package / file).is_file()


def test_the_citation_is_of_this_version():
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()


def build(target: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@pytest.mark.slow
def test_the_wheel_holds_the_package_its_data_and_its_licences(tmp_path):
    pytest.importorskip("hatchling")
    wheel = build("wheel", tmp_path)

    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert wheel.stat().st_size <= 20 * MEGABYTE
    inside = {name.removeprefix("napari_zsris/") for name in names}
    lite = {"clip/lite/weights.safetensors", "clip/lite/vocabulary.txt", "clip/lite/README.md"}
    assert {"icon.svg", "napari.yaml", "py.typed", "clip/lite/words/grammar.toml", *lite} <= inside
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert {name.split("/")[0].split("-")[0] for name in names} == {"napari_zsris"}
    assert not [name for name in names if "__pycache__" in name]


@pytest.mark.slow
def test_the_source_distribution_can_be_tested_and_documented_from(tmp_path):
    pytest.importorskip("hatchling")
    sdist = build("sdist", tmp_path)

    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}

    assert sdist.stat().st_size <= 20 * MEGABYTE
    files = {"CITATION.cff", "CHANGELOG.md", "LICENSE", "NOTICE", "README.md", "tox.ini"}
    assert {*files, "docs/benchmarks/README.md", "tests/test_packaging.py"} <= names

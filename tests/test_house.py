"""The house's own rules: who imports whom, and what an import costs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import napari_zsris

PACKAGE = Path(napari_zsris.__file__).parent

# From the ground up. Rooms on one floor do not know each other, but for those on the ground.
GROUND = (
    "_version arrays defaults device errors files formats imagenet images mask_shapes memory "
    "pixels placement png polygons progress rle tiff weights wording"
)
FLOORS = [
    floor.split()
    for floor in (
        GROUND,
        "annotations clip crew proposals samples",
        "method",
        "evaluation prelabel",
        "engine",
        "review",
        "_qt",
        "cli",
    )
]

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


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    """Name the rooms that a file imports from, also those that it needs for its types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            package, _, rest = name.partition(".")
            if package == "napari_zsris":
                yield rest.split(".")[0]


def test_every_room_has_its_floor():
    rooms = {room_of(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert rooms == {room for floor in FLOORS for room in floor}


@pytest.mark.parametrize("storey", range(len(FLOORS)))
def test_no_floor_imports_from_above_nor_next_door(storey):
    below = {room for floor in FLOORS[:storey] for room in floor}
    for path in PACKAGE.rglob("*.py"):
        room = room_of(path)
        if room in FLOORS[storey]:
            allowed = {room} | below | set(FLOORS[0])
            assert set(imported_rooms(path)) <= allowed, path.relative_to(PACKAGE)


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


def functions_that_warn(file: Path) -> Iterator[str]:
    """Name the functions of a file that warn by themselves, which need not reach a person."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for node in ast.walk(function):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in ("warnings.warn", "warnings.warn_explicit"):
                yield function.name
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "warnings":
            yield from (name.name for name in node.names if name.name.startswith("warn"))


def test_every_warning_of_the_package_is_given_by_one_function():
    found = {
        (str(file.relative_to(PACKAGE)), name)
        for file in PACKAGE.rglob("*.py")
        for name in functions_that_warn(file)
    }
    assert found == {("errors.py", "warn")}


def json_that_allows_nan(file: Path) -> Iterator[int]:
    """Give the lines on which a file writes JSON for others that may hold NaN, which is no JSON."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("json.dump", "json.dumps"):
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            if given.get("allow_nan") != "False":
                yield node.lineno


@pytest.mark.parametrize("folder", ["cli", "annotations"])
def test_json_for_others_never_holds_nan(folder):
    found = {
        f"{file.relative_to(PACKAGE)}:{line}"
        for file in (PACKAGE / folder).rglob("*.py")
        for line in json_that_allows_nan(file)
    }
    assert found == set()


def test_every_public_name_is_there():
    for name in napari_zsris.__all__:
        assert getattr(napari_zsris, name) is not None
    assert set(dir(napari_zsris)) == set(napari_zsris.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = napari_zsris.nonsense

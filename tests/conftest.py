"""What tests of several rooms share."""

import json
from pathlib import Path

import numpy as np
import pytest

# It brings triton, whose LLVM must be there before Mesa's: a viewer's process that imports it
# later dies. The package never has both in one process, but tests of all rooms share theirs.
import timm  # noqa: F401
import torch
import torch._lazy.ts_backend
from hypothesis import settings
from PIL import Image
from pycocotools import mask as coco_mask

# A slow machine, or one at work, is no reason to fail.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of parity fixtures and real photos that lies beside a developer's checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("needs the fixtures in ../shared, which this checkout does not have beside it")
    return folder


@pytest.fixture
def referring(tmp_path) -> Path:
    """A RefCOCO folder: two photos of coloured shapes, each with two objects and their phrases."""
    folder = tmp_path / "shapes"
    (folder / "images").mkdir(parents=True)
    images, annotations, refs = [], [], []
    colours = {"red ball": (200, 30, 30), "blue box": (30, 60, 200)}
    for photo, left in enumerate(("red ball", "blue box"), start=1):
        name = f"{photo}.png"
        images.append({"id": photo, "file_name": name, "height": 48, "width": 64})
        pixels = np.full((48, 64, 3), 230, np.uint8)
        for place, (what, colour) in enumerate(colours.items(), start=1):
            column = 4 if what == left else 36
            pixels[12:36, column : column + 24] = colour
            key = 10 * photo + place
            mask = np.zeros((48, 64), np.uint8)
            mask[12:36, column : column + 24] = 1
            runs = coco_mask.encode(np.asfortranarray(mask))
            segmentation = {"size": [48, 64], "counts": runs["counts"].decode()}
            annotations.append(
                {"id": key, "image_id": photo, "category_id": place, "segmentation": segmentation}
            )
            phrases = {what: "short", f"{what.split()[1]} on the left": "full"}
            refs.append(
                {
                    "ref_id": key,
                    "ann_id": key,
                    "category_id": place,
                    "image_id": photo,
                    "split": "val" if photo == 1 else "testA",
                    "sentences": [
                        {"sent_id": 10 * key + number, "sent": phrase, "kind": kind}
                        for number, (phrase, kind) in enumerate(phrases.items())
                    ],
                }
            )
        Image.fromarray(pixels).save(folder / "images" / name)
    categories = [{"id": 1, "name": "ball"}, {"id": 2, "name": "box"}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "instances.json").write_text(json.dumps(content))
    (folder / "refs(unc).json").write_text(json.dumps(refs))
    return folder


@pytest.fixture(scope="session")
def second_device() -> torch.device:
    """A device beside the CPU that every machine has: torch's lazy tensors, computed on the CPU."""
    torch._lazy.ts_backend.init()
    return torch.device("lazy", 0)


def _allocate():
    torch.empty(1 << 50, dtype=torch.uint8)


def _allocate_array():
    np.empty(1 << 50, np.uint8)


def _raise(error):
    raise error


_SHORTAGES = {
    # These two are real; what other devices and libraries say was copied from where they ran out.
    "cpu": _allocate,
    "numpy": _allocate_array,
    "cuda": lambda: _raise(
        torch.OutOfMemoryError(
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB"
        )
    ),
    "mps": lambda: _raise(
        RuntimeError(
            "MPS backend out of memory (MPS allocated: 16.92 GB, other allocations: 1.04 GB, max "
            "allowed: 18.13 GB). Tried to allocate 256.00 MB on private pool."
        )
    ),
    "metal": lambda: _raise(RuntimeError("Invalid buffer size: 19.45 GB")),
    "oneDNN": lambda: _raise(RuntimeError("could not create a primitive")),
    "cuBLAS": lambda: _raise(
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
    ),
}


@pytest.fixture(scope="session")
def run_out():
    """Run out of memory as a device or library does: what to call, by their names."""
    return _SHORTAGES


def _disc(height=60, width=80, y=30, x=40, radius=20):
    rows, columns = np.mgrid[:height, :width]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def _cases():
    """Masks that have broken annotation formats before."""
    holes = _disc(radius=25) & ~_disc(radius=12) | _disc(radius=5)
    holes[20, 35] = False
    many = np.zeros((60, 80), bool)
    many[::7, ::5] = True
    many[30:40, 60:75] = True
    diagonal = np.zeros((60, 80), bool)
    diagonal[np.arange(60), np.arange(60)] = True
    one_pixel = np.zeros((60, 80), bool)
    one_pixel[17, 23] = True
    border = np.zeros((60, 80), bool)
    border[0, :] = border[-1, :] = border[:, 0] = border[:, -1] = True
    corner = np.zeros((60, 80), bool)
    corner[-9:, -9:] = True
    return {
        "disc": _disc(),
        "holes": holes,
        "many components": many,
        "touching by corners": diagonal,
        "one pixel": one_pixel,
        "full frame": np.ones((60, 80), bool),
        "along the border": border,
        "in the corner": corner,
    }


_CASES = _cases()


@pytest.fixture(params=sorted(_CASES))
def hard_mask(request):
    """(60, 80) bool masks, one test each."""
    return _CASES[request.param].copy()


@pytest.fixture
def hard_masks():
    """All of them, by name."""
    return {name: mask.copy() for name, mask in _CASES.items()}


@pytest.fixture(scope="session")
def photo():
    """A real photo, small enough to be encoded in a moment."""
    from napari_zsris.samples import find_photo

    whole = find_photo("coffee").load()
    return np.ascontiguousarray(whole[::2, ::2])


def program(call):
    """What the engine's process runs: one of the functions in engine/programs.py."""
    folder = str(Path(__file__).parent / "engine")
    return f"""
import sys
sys.path.insert(0, {folder!r})
for blocked in ("napari", "qtpy", "PyQt6", "PySide6", "magicgui", "superqt"):
    sys.modules[blocked] = None
import programs
programs.{call}
"""


@pytest.fixture(scope="session")
def engine():
    """One process for all tests, with the real model and few proposals; see engine/programs.py."""
    from napari_zsris.engine.engine import Engine
    from napari_zsris.engine.picture import Picture, Plane
    from napari_zsris.engine.request import Request, Settings
    from napari_zsris.progress import finish

    engine = Engine(program("real()"))
    release = engine.hold()
    # Here, because on a busy machine it takes longer than tests are ready to wait.
    plane = Plane(np.zeros((8, 8, 3), np.uint8), (slice(None), slice(None)), (0.0, 255.0), rgb=True)
    finish(engine.encode(Request(Picture("small", (plane,)), "", Settings())))
    yield engine
    release()


@pytest.fixture
def light_engine(tmp_path):
    """A process of its own that needs no models, and notes what it does in a file."""
    from napari_zsris.engine.engine import Engine

    log = tmp_path / "log.txt"
    engine = Engine(program(f"light({str(log)!r})"))
    engine.log = lambda: log.read_text().splitlines() if log.exists() else []
    yield engine
    engine.close()

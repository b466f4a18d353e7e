"""Scenes in safetensors files: numbers and plain text, nothing that could run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.errors import ZsrisError
from napari_zsris.files import atomic_write
from napari_zsris.method.method import Method
from napari_zsris.method.provenance import Provenance
from napari_zsris.proposals import Bitmap, Proposals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_zsris.method.scene import Scene

__all__ = ["SceneFileError", "SceneParts", "checksum", "read_scene", "write_scene"]

Tensors: TypeAlias = dict[str, npt.NDArray[Any]]
FloatArray: TypeAlias = npt.NDArray[np.float32]

FORMAT = "napari-zsris scene 3"
CHECKSUM = "checksum"
LARGEST_SIDE = 1 << 20


class SceneFileError(ZsrisError):
    """A file holds no scene, or one that was made otherwise."""


@dataclasses.dataclass(frozen=True, eq=False)
class SceneParts:
    """What a file keeps of a scene.

    Parameters
    ----------
    proposals : Proposals
        The N masks.
    global_features, local_features : (N, D) float32 array
        As in a scene.
    method : Method
        The settings the features were made with.
    clip, weights : str
        The CLIP model's name, and what tells its weights from others.
    provenance : Provenance
        As in a scene.
    context_features, dense_features : float32 array or None
        As in a scene.
    """

    proposals: Proposals
    global_features: FloatArray
    local_features: FloatArray
    method: Method
    clip: str
    weights: str
    provenance: Provenance
    context_features: FloatArray | None
    dense_features: FloatArray | None


def write_scene(path: Path, scene: Scene) -> None:
    """Write a scene to a file, which appears whole or not at all.

    Parameters
    ----------
    path : Path
        The file to make or replace.
    scene : Scene
        The scene; its reader is not kept.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    from safetensors.numpy import save

    proposals = scene.proposals
    places = [(each.top, each.left, each.height, each.width) for each in proposals.bitmaps]
    bits = [each.packed.ravel() for each in proposals.bitmaps]
    tensors = {
        "global_features": scene.global_features,
        "local_features": scene.local_features,
        "boxes": proposals.boxes,
        "scores": proposals.scores,
        "places": np.array(places, np.int32).reshape(-1, 4),
        "bits": np.concatenate([np.zeros(0, np.uint8), *bits]),
    }
    optional = {
        "context_features": scene.context_features,
        "dense_features": scene.dense_features,
    }
    tensors |= {name: values for name, values in optional.items() if values is not None}
    about = {
        "format": FORMAT,
        "size": json.dumps(proposals.size),
        # In JSON a file name that is no UTF-8 is text all the same.
        "source": json.dumps(proposals.source),
        "clip": json.dumps(scene.reader.clip.name),
        "weights": scene.reader.clip.digest,
        "package": scene.provenance.package,
        "proposals": scene.provenance.proposals,
        "method": json.dumps(dataclasses.asdict(scene.method), sort_keys=True),
    }
    contiguous = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    about[CHECKSUM] = checksum(contiguous, about)
    with atomic_write(path) as partial:
        partial.write_bytes(save(contiguous, about))


def read_scene(path: Path) -> SceneParts:
    """Read a scene from a file, all of it checked.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    SceneParts
        What it holds.

    Raises
    ------
    SceneFileError
        The file cannot be read, or is damaged, or is something else.
    """
    tensors, about = _load(path)
    if about.get("format") != FORMAT:
        _refuse(path, "it is of another kind or version")
    if about.get(CHECKSUM) != checksum(tensors, about):
        _refuse(path, "its content is damaged: it is not what was written")
    try:
        size = _size(json.loads(about["size"]))
        method = Method(**json.loads(about["method"]))
        bitmaps = tuple(_bitmaps(tensors["places"], tensors["bits"], size))
        source, clip = _text(about["source"]), _text(about["clip"])
        boxes, scores = _numbers(tensors, "boxes"), _numbers(tensors, "scores")
        proposals = Proposals.from_bitmaps(bitmaps, size, boxes, scores, source)
        return SceneParts(
            proposals,
            method=method,
            clip=clip,
            weights=about["weights"],
            provenance=Provenance(about["package"], about["proposals"]),
            **_features(tensors, method, len(bitmaps)),
        )
    except (ZsrisError, ValueError, TypeError, LookupError, AttributeError) as error:
        _refuse(path, f"its content is damaged: {' '.join(str(error).split())}")


def checksum(tensors: Tensors, about: Mapping[str, str]) -> str:
    """Sum up all that a scene file says, so that no change of it goes unseen.

    Parameters
    ----------
    tensors : dict of str to array
        Its numbers.
    about : mapping of str to str
        Its words; the checksum among them does not count.

    Returns
    -------
    str
        A SHA-256 digest, in hexadecimal digits.
    """
    words = sorted((name, word) for name, word in about.items() if name != CHECKSUM)
    digest = hashlib.sha256(json.dumps(words).encode())
    for name, values in sorted(tensors.items()):
        digest.update(json.dumps([name, values.dtype.str, values.shape]).encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def _load(path: Path) -> tuple[Tensors, Mapping[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, TypeError, KeyError) as error:
        _refuse(path, " ".join(str(error).split()))


def _refuse(path: Path, reason: str) -> NoReturn:
    raise SceneFileError(
        f"{path} holds no scene ({reason}): name a file that Scene.save wrote, or encode the "
        "photo again"
    )


def _size(value: object) -> tuple[int, int]:
    match value:
        case [int(height), int(width)] if 0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE:
            return height, width
    raise ValueError(f"size {value!r:.60}")


def _text(word: str) -> str:
    value = json.loads(word)
    if not isinstance(value, str):
        raise TypeError(f"{word:.60} for a name")
    return value


def _numbers(tensors: Tensors, name: str) -> FloatArray:
    values = tensors[name]
    if values.dtype != np.float32:
        raise ValueError(f"{name} of type {values.dtype}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} that are not finite")
    return values


def _bitmaps(
    places: npt.NDArray[Any], bits: npt.NDArray[Any], size: tuple[int, int]
) -> Iterator[Bitmap]:
    if places.dtype != np.int32 or places.ndim != 2 or places.shape[1] != 4:
        raise ValueError("places of masks")
    if bits.dtype != np.uint8 or bits.ndim != 1:
        raise ValueError("bits of masks")
    begin = 0
    for top, left, height, width in places.tolist():
        inside = 0 <= top <= top + height <= size[0] and 0 <= left <= left + width <= size[1]
        end = begin + height * (-(-width // 8))
        if not inside or end > len(bits):
            raise ValueError(f"a mask at {top}, {left}")
        packed = bits[begin:end].reshape(height, -(-width // 8)).copy()
        # Bits beyond the last column would count as pixels.
        packed[:, -1:] &= (0xFF << (-width % 8)) & 0xFF
        yield Bitmap(top, left, height, width, packed)
        begin = end
    if begin != len(bits):
        raise ValueError("more bits than masks")


def _features(tensors: Tensors, method: Method, count: int) -> dict[str, Any]:
    """Check features by the settings that they were made with; give them by their names."""
    width = tensors["global_features"].shape[-1]
    shapes = {"global_features": (count, width), "local_features": (count, width)}
    # Without masks there is nothing to see of them.
    if method.context != "none" and count:
        shapes["context_features"] = (count, width)
    if method.coherence:
        shapes["dense_features"] = (*tensors["dense_features"].shape[:2], width)
    for name, shape in shapes.items():
        values = _numbers(tensors, name)
        if values.shape != shape:
            raise ValueError(f"{name} of shape {values.shape}")
    return {name: tensors.get(name) for name in (*shapes, "context_features", "dense_features")}

"""Read mutated datasets: nothing but named bad rows, and no mask on a photo that was not named.

    python docs/benchmarks/fuzz_readers.py [--files 10000] [--seed 0]

Small sound COCO, RefCOCO, PhraseCut and CSV files are changed at random, in their bytes or in their
values, and imported as finished work. Counted by kind: files that were read, in whole or in part,
and files that were refused with a message. It fails where anything else happens: another error, a
file that takes more than 5 seconds, or a mask on a photo that its row does not name.
"""

import argparse
import copy
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from napari_zsris.annotations import Project
from napari_zsris.annotations.imports import (
    import_coco,
    import_phrasecut,
    import_refcoco,
    import_table,
)
from napari_zsris.errors import ZsrisError
from napari_zsris.progress import finish

HEIGHT, WIDTH = 24, 32
PHOTOS = ("1.jpg", "2.jpg", "3.jpg")
LONGEST = 5.0
ODD = (None, True, -1, 0, 1, 2, 3, "1", 2.0, 1e400, float("nan"), 10**30, "", "x", "\0", "\ud800",
       "../1.jpg", "C:\\1.jpg", "2.jpg", [], {}, [[]], [1, 2, 3], {"size": [9, 9], "counts": "x"},
       "9" * 5000)  # fmt: skip


def outline(photo: int) -> list[int]:
    """Draw the box that tells which photo a mask was drawn on: its first column is 8 times it."""
    left = 8 * photo
    return [left, 2, left + 4, 2, left + 4, 20, left, 20]


def polygons(photo: int, kind: str) -> list[object]:
    """Give the outline as a dataset has it."""
    line = outline(photo)
    if kind != "PhraseCut":
        return [line]
    return [[[list(pair) for pair in zip(line[::2], line[1::2], strict=True)]]]


def coco() -> dict[str, object]:
    """Make a sound COCO file: two objects in every photo."""
    return {
        "images": [
            {"id": key, "file_name": name, "height": HEIGHT, "width": WIDTH}
            for key, name in enumerate(PHOTOS, start=1)
        ],
        "annotations": [
            {"id": number, "image_id": photo, "category_id": 1, "iscrowd": 0,
             "segmentation": polygons(photo, "COCO"), "phrase": f"thing {photo}"}
            for number, photo in enumerate((1, 2, 3, 1, 2, 3), start=1)
        ],
        "categories": [{"id": 1, "name": "thing", "supercategory": "object"}],
    }  # fmt: skip


def refs() -> list[object]:
    """Make sound refs to every object."""
    return [
        {"ref_id": number, "ann_id": number, "image_id": photo, "category_id": 1, "split": "val",
         "sentences": [{"sent_id": number, "sent": f"thing {photo}"}]}
        for number, photo in enumerate((1, 2, 3, 1, 2, 3), start=1)
    ]  # fmt: skip


def tasks() -> list[object]:
    """Make a sound PhraseCut file."""
    return [
        {"task_id": f"{photo}__1", "image_id": photo, "phrase": f"thing {photo}",
         "phrase_structure": {"name": "thing"},
         "Polygons": polygons(photo, "PhraseCut")}
        for photo in (1, 2, 3)
    ]  # fmt: skip


def table() -> str:
    """Make a sound table."""
    rows = [f'{name},"thing {number}",thing,val' for number, name in enumerate(PHOTOS, start=1)]
    return "\n".join(["image,phrase,category,split", *rows, ""])


def change(value: object, rng: random.Random) -> object:
    """Change a few values somewhere inside."""
    value = copy.deepcopy(value)
    for _ in range(rng.randint(1, 3)):
        place, key = value, None
        while isinstance(place, dict | list) and place:
            inside = list(place) if isinstance(place, dict) else range(len(place))
            key = rng.choice(inside)
            if rng.random() < 0.25 or not isinstance(place[key], dict | list) or not place[key]:
                break
            place = place[key]
        if key is None or not isinstance(place, dict | list) or not place:
            continue
        act = rng.randrange(4)
        if act == 0:
            del place[key]
        elif act == 1 and isinstance(place, list):
            place.insert(rng.randrange(len(place) + 1), copy.deepcopy(rng.choice(place)))
        else:
            place[key] = copy.deepcopy(rng.choice(ODD))
    return value


def damage(data: bytes, rng: random.Random) -> bytes:
    """Change a few bytes, cut, repeat, or write in another encoding."""
    act = rng.randrange(6)
    if act == 0:
        return data[: rng.randrange(len(data) + 1)]
    if act == 1:
        text = data.decode("utf-8", "replace")
        return text.encode(rng.choice(["utf-16", "utf-8-sig", "utf-32", "utf-16-le", "cp037"]))
    if act == 2:
        start = rng.randrange(len(data) + 1)
        return data[:start] + data[start : start + 200] * rng.randint(0, 3) + data[start:]
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if changed:
            changed[rng.randrange(len(changed))] = rng.choice(b'\0\xff",;\n\r\t{}[]:-0129e\\x')
    return bytes(changed)


def encoded(value: object, rng: random.Random) -> bytes:
    """Write a value as JSON, changed in one way or another."""
    if rng.random() < 0.3:
        return damage(json.dumps(value).encode(), rng)
    return json.dumps(change(value, rng)).encode("utf-8", "surrogatepass")


def write_coco(folder: Path, rng: random.Random) -> None:
    """Write a mutated COCO file."""
    (folder / "instances.json").write_bytes(encoded(coco(), rng))


def write_refcoco(folder: Path, rng: random.Random) -> None:
    """Write a mutated RefCOCO folder: its refs, its instances, or both."""
    which = rng.randrange(3)
    (folder / "refs(x).json").write_bytes(
        encoded(refs(), rng) if which != 1 else json.dumps(refs()).encode()
    )
    (folder / "instances.json").write_bytes(
        encoded(coco(), rng) if which else json.dumps(coco()).encode()
    )


def write_phrasecut(folder: Path, rng: random.Random) -> None:
    """Write a mutated PhraseCut file."""
    (folder / "refer_val.json").write_bytes(encoded(tasks(), rng))


def write_table(folder: Path, rng: random.Random) -> None:
    """Write a mutated table."""
    (folder / "phrases.csv").write_bytes(damage(table().encode(), rng))


KINDS: dict[str, tuple[Callable[[Path, random.Random], None], Callable[..., object]]] = {
    "COCO": (
        write_coco,
        lambda p, folder, images: import_coco(
            p, folder / "instances.json", images, masks="finished"
        ),
    ),
    "RefCOCO": (
        write_refcoco,
        lambda p, folder, images: import_refcoco(p, folder, "x", images, masks="finished"),
    ),
    "PhraseCut": (
        write_phrasecut,
        lambda p, folder, images: import_phrasecut(
            p, folder / "refer_val.json", images, masks="finished"
        ),
    ),
    "CSV": (
        write_table,
        lambda p, folder, images: import_table(p, folder / "phrases.csv", images),
    ),
}


def named_pairs(folder: Path, kind: str) -> set[tuple[str, str]]:
    """List the (photo, outline) that a file's rows themselves name, read without our readers."""
    path = folder / ("refer_val.json" if kind == "PhraseCut" else "instances.json")
    data = path.read_bytes()
    try:
        content = json.loads(data)
    except ValueError:
        try:
            content = json.loads(data.decode("utf-8-sig", "surrogateescape"))
        except ValueError:
            return set()
    pairs: set[tuple[str, str]] = set()
    if kind == "PhraseCut":
        for row in content if isinstance(content, list) else []:
            if isinstance(row, dict):
                pairs.add((_base(f"{_id(row.get('image_id'))}.jpg"), _text(row.get("Polygons"))))
        return pairs
    if not isinstance(content, dict):
        return pairs
    for row in _rows(content.get("annotations")):
        for photo in _rows(content.get("images")):
            if _id(photo.get("id")) == _id(row.get("image_id")):
                pairs.add((_base(photo.get("file_name")), _text(row.get("segmentation"))))
    return pairs


def _rows(value: object) -> list[dict[str, object]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _id(value: object) -> str:
    return str(value).strip().removesuffix(".0")


def _base(name: object) -> str:
    return str(name).replace("\\", "/").rpartition("/")[2]


def _text(value: object) -> str:
    return json.dumps(value)


def check_masks(project: Project, pairs: set[tuple[str, str]], kind: str) -> None:
    """Assert that every mask lies on a photo that a row with its outline names."""
    sound = {_text(polygons(photo, kind)): photo for photo in (1, 2, 3)}
    for item in project.items(status="accepted"):
        photo = _base(item.photo)
        drawn_on = int(item.final_mask.any(axis=0).nonzero()[0][0]) // 8
        # An outline that was itself changed tells nothing of its photo.
        there = {sound.get(text, 0) for name, text in pairs if name == photo}
        require(bool(there & {0, drawn_on}), f"a mask of photo {drawn_on} is on {photo}")


def require(condition: bool, message: str) -> None:
    """Fail where something is not as it must be."""
    if not condition:
        raise AssertionError(message)


def fuzz(files: int, seed: int, folder: Path) -> Counter[tuple[str, str]]:
    """Import mutated files; count by kind and by what became of them."""
    images = folder / "images"
    images.mkdir()
    for name in PHOTOS:
        Image.new("RGB", (WIDTH, HEIGHT), "grey").save(images / name)
    counts: Counter[tuple[str, str]] = Counter()
    for number in range(files):
        kind = list(KINDS)[number % len(KINDS)]
        write, importing = KINDS[kind]
        rng = random.Random(f"{seed}-{number}")  # noqa: S311 - not for secrets
        place = folder / "file"
        place.mkdir(exist_ok=True)
        for old in place.iterdir():
            old.unlink()
        write(place, rng)
        began = time.process_time()
        try:
            counts[kind, _outcome(place, images, kind, importing)] += 1
        except Exception as error:
            raise AssertionError(f"file {number} of seed {seed} ({kind})") from error
        seconds = time.process_time() - began
        require(seconds < LONGEST, f"file {number} of seed {seed} took {seconds:.1f} s")
    return counts


def _outcome(place: Path, images: Path, kind: str, importing: Callable[..., object]) -> str:
    work = place / "work.zsris"
    with Project.open(work, create=True) as project:
        try:
            report = finish(importing(project, place, images))
        except ZsrisError as error:
            require("\n" not in str(error), "a message of several lines")
            return "refused as a whole"
        require(not any("\n" in bad.reason for bad in report.bad), "a reason of several lines")
        if kind != "CSV":
            check_masks(project, named_pairs(place, kind), kind)
        if report.took_nothing:
            return "nothing taken"
        return "rows left out, and named" if report.bad else "read in full"


def main() -> None:
    """Fuzz, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        counts = fuzz(options.files, options.seed, Path(name))
    for (kind, what), count in sorted(counts.items()):
        print(f"| {kind} | {what} | {count:,} |")


if __name__ == "__main__":
    main()

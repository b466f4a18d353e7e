"""Kill a process that writes a project, again and again, and look at what it leaves.

Run as a script: ``python tests/annotations/crash.py --kills 200``. Every round a child process
pre-labels, reviews, merges a colleague's project or exports until it is killed with SIGKILL at a
random moment. What the child was told to be done it has noted in a journal; afterwards the project
must hold all of it, and at most the one step more that it had no time to note. At the end both
projects are merged into new ones, in both orders and twice, which must give the same.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from refer import Refer

from napari_zsris.annotations import Project, Run, ScoredMask, decode_rle, encode_rle
from napari_zsris.annotations.photo_file import measure
from napari_zsris.progress import finish

PHOTOS, PHRASES, HEIGHT, WIDTH = 600, 3, 48, 64
STATUSES = ("accepted", "corrected", "rejected", "skipped", "none-fits")


def make(folder):
    """Make a project of small photos, nothing ranked yet."""
    with Project.open(folder / "work.zsris", create=True) as project:
        for number in range(PHOTOS):
            Image.new("RGB", (WIDTH, HEIGHT)).save(folder / f"{number}.png")
        files = [measure(folder, f"{number}.png") for number in range(PHOTOS)]
        with project.library.batch() as batch:
            for file in files:
                photo, _ = batch.photo(file)
                for phrase in range(PHRASES):
                    batch.phrase(photo, f"phrase {phrase} of {file.path}")
    shutil.copy(folder / "work.zsris", folder / "theirs.zsris")


def random_mask(rng):
    mask = np.zeros((HEIGHT, WIDTH), bool)
    y, x = rng.randrange(HEIGHT - 1), rng.randrange(WIDTH - 1)
    mask[y : y + rng.randrange(1, 20), x : x + rng.randrange(1, 30)] = True
    return mask


class Child:
    """Works on the project until it is killed, noting each step once it has returned."""

    def __init__(self, folder, seed):
        self.folder = folder
        self.rng = random.Random(seed)  # noqa: S311 - a test
        self.journal = os.open(folder / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.project = Project.open(folder / "work.zsris", who="anna")

    def note(self, *step):
        os.write(self.journal, json.dumps(step).encode() + b"\n")

    def prelabel(self):
        for photo in self.project.rankings.pending():
            masks = {
                phrase.id: [
                    ScoredMask(encode_rle(random_mask(self.rng)), 1 / rank) for rank in range(1, 4)
                ]
                for phrase in photo.phrases
            }
            self.project.rankings.save(photo.id, masks, Run("regions", "lite"))
            self.note("ranked", photo.id)

    def review(self):
        while True:
            if self.rng.random() < 0.2:
                item = self.project.undo()
                self.note("undo", item and item.id)
                continue
            item_id = self.rng.randrange(1, PHOTOS * PHRASES + 1)
            status = self.rng.choice(STATUSES)
            if status == "accepted" and not self.project.queue.item(item_id).candidates:
                continue
            mask = random_mask(self.rng) if status == "corrected" else None
            self.project.decide(item_id, status, mask=mask)
            self.note("decide", item_id, status)

    def merge(self):
        while True:
            with Project.open(self.folder / "theirs.zsris", who="berta") as theirs:
                for _ in range(20):
                    if self.rng.random() < 0.2:
                        theirs.undo()
                        continue
                    item_id = self.rng.randrange(1, PHOTOS * PHRASES + 1)
                    theirs.decide(item_id, "corrected", mask=random_mask(self.rng))
            finish(self.project.merging(self.folder / "theirs.zsris"))
            self.note("merged")

    def export(self):
        while True:
            self.project.export_coco(self.folder / "out.json", self.rng.choice(["rle", "polygons"]))
            self.project.export_refcoco(self.folder / "refs")
            self.project.decide(1, "rejected")
            self.note("decide", 1, "rejected")


def killed_while(task, folder, seed, patience):
    """Run a task in a child and kill it after `patience` seconds."""
    child = os.fork()
    if not child:
        getattr(Child(folder, seed), task)()
        os._exit(0)
    time.sleep(patience)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def check(folder):
    """Hold what the child left against its journal; give how many steps were made so far."""
    text = (folder / "journal").read_text() if (folder / "journal").exists() else ""
    journal = [json.loads(line) for line in text.splitlines()]
    with Project.open(folder / "work.zsris") as project:
        database = project._database
        assert database.row("PRAGMA integrity_check") == ("ok",)
        assert database.rows("PRAGMA foreign_key_check") == []
        check_rankings(database, {step[1] for step in journal if step[0] == "ranked"})
        noted = [step for step in journal if step[0] not in ("ranked", "merged")]
        missed = check_decisions(project, noted)
    check_exports(folder)
    with (folder / "journal").open("a") as stream:
        stream.writelines(json.dumps(step) + "\n" for step in missed)
    return len(journal)


def check_rankings(database, noted):
    ranked = dict(database.rows("SELECT photo_id, count(run_id) FROM phrase GROUP BY photo_id"))
    assert {photo for photo, count in ranked.items() if count} >= noted
    # A phrase that was decided on first is not ranked any more.
    pending = database.rows("SELECT photo_id FROM phrase WHERE run_id IS NULL AND status = 'todo'")
    undone = database.rows("SELECT p.photo_id FROM phrase p JOIN decision d ON d.phrase_id = p.id")
    assert not {photo for (photo,) in pending} & noted - {photo for (photo,) in undone}
    counts = database.rows(
        "SELECT count(c.id) FROM phrase p LEFT JOIN candidate c ON c.phrase_id = p.id "
        "WHERE p.run_id IS NOT NULL GROUP BY p.id"
    )
    assert all(count == 3 for (count,) in counts)


def check_decisions(project, noted):
    """The log is the journal, and perhaps one step more; the items are as the log says."""
    log = project._database.rows(
        "SELECT id, phrase_id, status, undoes, merged FROM decision ORDER BY merged DESC, at, id"
    )
    steps = [
        ["decide", item, status] if not undoes else ["undo", item]
        for _, item, status, undoes, merged in sorted(log)
        if not merged
    ]
    noted = [step for step in noted if step != ["undo", None]]
    missed = steps[len(noted) :]
    assert steps[: len(noted)] == noted, "a decision that had returned is lost"
    assert len(missed) <= 1
    undone = {undoes for *_, undoes, _ in log if undoes}
    # What was decided here comes last, and so is what counts.
    expected = {
        item: status
        for number, item, status, undoes, _ in log
        if not undoes and number not in undone
    }
    for item in project.items():
        assert item.status == expected.get(item.id, "todo")
        mask = item.final_mask
        assert (mask is None) == (item.status not in ("accepted", "corrected"))
    return missed


def check_exports(folder):
    """An export is whole or not there."""
    path = folder / "out.json"
    if path.exists():
        content = json.loads(path.read_bytes())
        assert content["categories"] or not content["annotations"]
        for row in content["annotations"]:
            if isinstance(row["segmentation"], dict):
                assert decode_rle(row["segmentation"]).sum() == row["area"]
    if (folder / "refs" / "refs(zsris).p").exists():
        refer = Refer(folder / "refs", "zsris")
        assert len(refer.refs) == len(refer.annotations)
        assert list(refer.refs.values()) == json.loads(
            (folder / "refs" / "refs(zsris).json").read_bytes()
        )


def export_once_more(folder):
    """An export that ends removes what killed ones left."""
    with Project.open(folder / "work.zsris") as project:
        project.export_coco(folder / "out.json")
        project.export_refcoco(folder / "refs")
    assert list(folder.rglob(".*.part*")) == []


def merged(folder, name, parts):
    """Give all that new project holds once others are merged into it."""
    with Project.open(folder / name, create=True) as project:
        for part in parts:
            finish(project.merging(folder / part))
        return {
            (item.photo, item.phrase): (
                item.status,
                item.candidates,
                item.decision and (item.decision.who, item.decision.at, item.decision.rle),
                sorted((each.who, each.at, each.undone) for each in project.history(item.id)),
            )
            for item in project.items()
        }


def check_merges(folder):
    """Projects merged twice, in both orders, and after kills hold the same, and every decision."""
    one = merged(folder, "one.zsris", ["work.zsris", "theirs.zsris"])
    assert one == merged(folder, "two.zsris", ["theirs.zsris", "work.zsris"])
    assert one == merged(folder, "one.zsris", ["theirs.zsris", "work.zsris", "theirs.zsris"])
    with Project.open(folder / "theirs.zsris") as theirs:
        decisions = 0
        for item in theirs.items():
            log = {(each.who, each.at, each.undone) for each in theirs.history(item.id)}
            assert log <= set(one[item.photo, item.phrase][-1]), "a merged decision is lost"
            decisions += len(log)
    return decisions


def main(kills, seed):
    """Kill children until `kills` is reached; an assertion fails at the first loss."""
    rng = random.Random(seed)  # noqa: S311 - a test
    steps = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder)
        for number in range(kills):
            task = ("prelabel", "review", "merge", "export")[number % 4]
            # A merge goes through all photos in steps of fifty.
            patience = rng.uniform(0, 1.5 if task == "merge" else 0.25)
            killed_while(task, folder, rng.random(), patience)
            steps = check(folder)
        left = len(list(folder.rglob(".*.part*")))
        export_once_more(folder)
        theirs = check_merges(folder)
    sys.stdout.write(
        f"{kills} kills, {steps} steps noted, none lost, nor any of {theirs} decisions of the "
        f"merged project, which in both orders gave the same; {left} partial files were left, "
        "which the next export removed\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    main(options.kills, options.seed)

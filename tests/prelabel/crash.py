"""Kill a process that pre-labels with the bundled model, again and again, and look at what it left.

Run as a script: ``python tests/prelabel/crash.py --kills 200``. Every round a child process goes on
with the project until it is killed with SIGKILL at a random moment; it keeps scenes, too. Photos
that it was told to be done it has noted in a journal.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from napari_zsris.annotations import Project, encode_rle
from napari_zsris.crew import InProcess
from napari_zsris.method import Segmenter
from napari_zsris.method.scene_file import read_scene
from napari_zsris.prelabel import Ranker, prelabelling, task_of
from napari_zsris.prelabel.scenes import SceneStore
from napari_zsris.progress import finish

PHOTOS, PHRASES, SIDE = 60, 3, 32


def make(folder):
    """Make a project of small photos with two masks each to choose from."""
    rng = np.random.default_rng(0)
    left = np.zeros((SIDE, SIDE), bool)
    left[:, : SIDE // 2] = True
    for number in range(PHOTOS):
        Image.fromarray(rng.integers(0, 255, (SIDE, SIDE, 3), np.uint8)).save(
            folder / f"{number}.png"
        )
    with Project.open(folder / "work.zsris", create=True) as project:
        for number in range(PHOTOS):
            photo = project.library.add_photo(f"{number}.png")
            for phrase in range(PHRASES):
                project.library.add_phrase(photo, f"thing {phrase} on the left")
            with project.library.batch() as batch:
                for place, mask in enumerate((left, ~left)):
                    batch.proposal(photo, f"annotation {place}", encode_rle(mask))


def prelabel(folder, ranker):
    """Go on with the project, noting how many photos are done after each."""
    journal = os.open(folder / "journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Project.open(folder / "work.zsris") as project:
        before = PHOTOS - project.rankings.pending_counts()[0]
        for step in prelabelling(project, InProcess(ranker)):
            os.write(journal, f"{before + step.done}\n".encode())


def killed_while_prelabelling(folder, ranker, patience):
    child = os.fork()
    if not child:
        prelabel(folder, ranker)
        os._exit(0)
    time.sleep(patience)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def check(folder):
    """Hold what the child left against its journal; give how many photos are done."""
    journal = folder / "journal"
    noted = int(journal.read_text().split()[-1]) if journal.exists() else 0
    with Project.open(folder / "work.zsris") as project:
        database = project._database
        assert database.row("PRAGMA integrity_check") == ("ok",)
        assert database.rows("PRAGMA foreign_key_check") == []
        waiting, phrases = project.rankings.pending_counts()
        assert phrases == PHRASES * waiting, "a photo was written in part"
        done = PHOTOS - waiting
        assert noted <= done <= noted + 1, f"{noted} noted, {done} in the project"
        assert project.rankings.failures() == []
        counts = database.rows("SELECT count(*) FROM candidate GROUP BY phrase_id")
        assert len(counts) == PHRASES * done
        assert set(counts) <= {(2,)}
    for scene in (folder / "scenes").rglob("*/*.safetensors"):
        if not scene.name.startswith("."):
            read_scene(scene)
    with journal.open("a") as stream:
        stream.write(f"{done}\n")
    return done


def forget_some(folder, rng):
    """Have photos wait again, for rounds to come."""
    with Project.open(folder / "work.zsris") as project, project._database.writing() as writer:
        writer.run("DELETE FROM candidate")
        writer.run("UPDATE phrase SET run_id = NULL")
    (folder / "journal").unlink()
    for scene in (folder / "scenes").rglob("*.safetensors"):
        if rng.random() < 0.5:
            scene.unlink()


def main(kills, seed):
    """Kill children until `kills` is reached; an assertion fails at the first loss."""
    # Threads of the parent would be missing in its forked children.
    torch.set_num_threads(1)
    rng = random.Random(seed)  # noqa: S311 - a test
    ranked = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder)
        ranker = Ranker(Segmenter(device="cpu"), scenes=SceneStore(folder / "scenes"))
        with Project.open(folder / "work.zsris") as project:
            ranker(task_of(project, project.rankings.waiting(1)))
        before = 0
        for _ in range(kills):
            killed_while_prelabelling(folder, ranker, rng.uniform(0, 2))
            done = check(folder)
            ranked += done - before
            before = done
            if done == PHOTOS:
                forget_some(folder, rng)
                before = 0
        left = len(list(folder.rglob(".*.part*")))
        with Project.open(folder / "work.zsris") as project:
            finish(prelabelling(project, InProcess(ranker)))
            assert project.rankings.pending_counts() == (0, 0)
    sys.stdout.write(
        f"{kills} kills, {ranked} photos ranked meanwhile, none lost; {left} partial files were "
        "left at the end\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    main(options.kills, options.seed)

"""The real process: it answers, it dies, and it is started again."""

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from napari_zsris.engine.engine import Engine, EngineError
from napari_zsris.engine.picture import Picture, Plane, content_hash
from napari_zsris.engine.request import Request, Settings
from napari_zsris.errors import (
    ImageError,
    ModelUnavailableError,
    OutOfMemoryError,
    ProposalError,
    recorded_warnings,
)
from napari_zsris.rle import decode_rle, encode_rle

PHRASE = "the cup on the saucer"


def picture_of(array, key="photo"):
    everything = (slice(None), slice(None))
    return Picture(key, (Plane(array, everything, (0.0, 255.0), rgb=True),)).frozen()


def request_of(array, phrase=PHRASE, source="regions", masks=None, key="photo"):
    return Request(picture_of(array, key), phrase, Settings(proposals=source), masks)


def follow(steps):
    """Run steps to their end; give the stages, the warnings and the result."""
    stages, warned = [], []
    while True:
        try:
            with recorded_warnings() as messages:
                step = next(steps)
        except StopIteration as stop:
            return list(dict.fromkeys(stages)), warned, stop.value
        stages.append(step.stage)
        warned += messages


def until(steps, stage):
    for step in steps:
        if step.stage == stage:
            return
    raise AssertionError(f"there was no {stage}")


def gone(pid, seconds=20):
    """Wait until a process is no more; a zombie counts as one that is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def array():
    return np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)


def test_a_photo_is_encoded_once_and_masks_come_back_whole(engine, photo):
    _, _, first = follow(engine.run(request_of(photo)))
    assert first.size == photo.shape[:2]
    assert first.content == content_hash(photo)
    areas = {card.proposal: card.bitmap.area for card in first.cards}
    height, width = photo.shape[:2]
    assert len(areas) == 5
    assert set(areas.values()) == {height // 2 * (width // 3)}
    assert {card.thumbnail.shape for card in first.cards} == {(96, 96, 3)}
    card = first.cards[0]
    np.testing.assert_array_equal(decode_rle(card.rle), card.bitmap.window(0, 0, width, height))
    assert (first.run.model, first.run.proposals) == ("lite", first.source)
    assert sum(card.terms.values()) == pytest.approx(card.score, abs=1e-4)
    stages, _, again = follow(engine.run(request_of(photo.copy(), key="opened again")))
    assert set(stages) <= {"starting", "ranking"}
    assert [card.score for card in again.cards] == [card.score for card in first.cards]


def test_an_array_changed_in_place_is_encoded_anew(engine, photo):
    changing = photo[::4, ::4].copy()
    before = request_of(changing)
    _, _, first = follow(engine.run(before))
    changing[:] = 255 - changing
    stages, _, second = follow(engine.run(request_of(changing)))
    assert "global features" in stages
    assert second.content != first.content
    # What was asked before the change is still about what was shown then.
    assert follow(engine.run(before))[2].content == first.content


def test_masks_of_one_s_own_are_ranked(engine, photo):
    mask = np.zeros(photo.shape[:2], bool)
    mask[10:50, 20:80] = True
    own = (encode_rle(mask), encode_rle(~mask))
    _, _, outcome = follow(engine.run(request_of(photo, masks=own)))
    assert {card.rle["counts"] for card in outcome.cards} == {rle["counts"] for rle in own}
    assert {card.bitmap.area for card in outcome.cards} == {int(mask.sum()), int((~mask).sum())}
    with pytest.raises(ProposalError, match="the photo is"):
        follow(engine.run(request_of(photo[:50], masks=own)))


def test_what_is_encoded_ahead_is_there_for_the_question(engine, photo):
    request = request_of(photo[:100, :120])
    stages, _, nothing = follow(engine.encode(request))
    assert "local features" in stages
    assert nothing is None
    stages, _, _ = follow(engine.run(request))
    assert set(stages) <= {"starting", "ranking"}


def test_what_is_wrong_is_told_as_it_is(engine, photo):
    with pytest.raises(ModelUnavailableError, match="pip install them"):
        follow(engine.run(request_of(photo, source="missing")))
    with pytest.raises(OutOfMemoryError, match="memory ran out; close other programs"):
        follow(engine.run(request_of(photo, source="needs too much")))
    with pytest.raises(EngineError, match="SystemExit: the model is done"):
        follow(engine.run(request_of(photo, source="exits")))
    with pytest.raises(ImageError, match="no picture"):
        follow(engine.run(request_of(np.zeros((0, 5, 3), np.uint8))))


def test_warnings_and_prints_of_the_process(engine, photo):
    _, warned, outcome = follow(engine.run(request_of(photo, source="warns")))
    assert warned == ["the model is tired; give it a rest"]
    assert outcome.cards
    _, warned, outcome = follow(engine.run(request_of(photo, source="prints")))
    assert not warned
    assert outcome.cards


def test_work_that_is_overtaken_goes_on_where_it_was(light_engine, array):
    first, second = request_of(array), request_of(array + 1)
    ahead = light_engine.encode(first)
    until(ahead, "encoding")
    ahead.close()
    follow(light_engine.run(second))
    follow(light_engine.run(first))
    got = [line for line in light_engine.log() if line.startswith("got")]
    assert len(got) == 2


def test_a_question_of_another_thread_overtakes_what_is_done_ahead(light_engine, array):
    ahead = light_engine.encode(request_of(array))
    until(ahead, "encoding")
    asked = light_engine.run(request_of(array + 1))
    ended = []
    while len(ended) < 2:
        for name, steps in (("ahead", ahead), ("asked", asked)):
            if name not in ended:
                try:
                    next(steps)
                except StopIteration:
                    ended.append(name)
    assert ended == ["asked", "ahead"]
    assert light_engine.log()[-2:] == ["Rank done", "Encode done"]


@pytest.mark.parametrize(
    ("end", "said"),
    [("ends", "code 7"), ("crashes", "SIGSEGV"), ("is killed", "memory ran out")],
)
def test_when_the_process_dies_there_is_one_sentence_and_then_a_new_one(
    light_engine, array, end, said
):
    with pytest.raises(EngineError, match=said) as raised:
        follow(light_engine.run(request_of(array, source=end)))
    assert "\n" not in str(raised.value)
    assert light_engine.pid is None
    _, warned, outcome = follow(light_engine.run(request_of(array)))
    assert outcome.head == PHRASE
    assert not warned


def test_a_process_killed_while_it_was_idle_is_started_again(light_engine, array):
    follow(light_engine.run(request_of(array)))
    before = light_engine.pid
    os.kill(before, signal.SIGKILL)
    assert gone(before)
    _, warned, outcome = follow(light_engine.run(request_of(array)))
    (told,) = warned
    assert "had stopped" in told
    assert outcome.head == PHRASE
    assert light_engine.pid != before


@pytest.mark.parametrize("how", ["hangs", "hangs for good", "stopped by a signal"])
def test_a_process_that_hangs_is_replaced(light_engine, array, how, monkeypatch):
    monkeypatch.setattr("napari_zsris.engine.talk.SECONDS_TO_STOP", 0.5)
    source = "endless" if how == "stopped by a signal" else how
    steps = light_engine.run(request_of(array, source=source))
    until(steps, "encoding")
    for _ in range(40):
        next(steps)
    before = light_engine.pid
    if how == "stopped by a signal":
        os.kill(before, signal.SIGSTOP)
    steps.close()
    _, warned, outcome = follow(light_engine.run(request_of(array)))
    (told,) = warned
    assert "did not stop" in told
    assert outcome.head == PHRASE
    assert light_engine.pid != before
    assert gone(before)


def test_the_process_goes_with_the_last_who_holds_the_engine(light_engine, array):
    first, second = light_engine.hold(), light_engine.hold()
    follow(light_engine.run(request_of(array)))
    pid = light_engine.pid
    first()
    first()
    assert light_engine.pid == pid
    second()
    assert light_engine.closed
    assert gone(pid)
    with pytest.raises(EngineError, match="open the dock again"):
        follow(light_engine.run(request_of(array)))


def test_closing_in_the_middle_of_work_ends_the_process(light_engine, array):
    steps = light_engine.run(request_of(array, source="endless"))
    until(steps, "endless")
    pid = light_engine.pid
    light_engine.close()
    assert gone(pid)
    with pytest.raises(EngineError):
        follow(steps)


def test_an_engine_that_is_forgotten_takes_its_process_along(light_engine, array):
    engine = Engine(light_engine._program)
    follow(engine.run(request_of(array)))
    pid = engine.pid
    del engine
    gc.collect()
    assert gone(pid)


def test_neither_memory_nor_files_grow_from_photo_to_photo(light_engine):
    def descriptors():
        return len(list(Path("/proc/self/fd").iterdir()))

    follow(light_engine.run(request_of(np.zeros((500, 700, 3), np.uint8))))
    before = descriptors()
    for number in range(20):
        follow(light_engine.run(request_of(np.full((500, 700, 3), number, np.uint8))))
    assert descriptors() == before


class SlowDisk:
    """Lazy data that take for ever to read."""

    shape, dtype = (40, 60, 3), np.dtype(np.uint8)

    def __getitem__(self, index):
        time.sleep(60)


def test_a_question_does_not_wait_for_the_slow_disk_of_another(light_engine, array):
    ahead = light_engine.encode(request_of(SlowDisk(), key="slow"))
    until(ahead, "reading the image")
    ahead.close()
    _, _, outcome = follow(light_engine.run(request_of(array)))
    assert outcome.head == PHRASE


USING = """
import sys
import numpy as np
from napari_zsris.engine.engine import Engine
from napari_zsris.engine.choices import proposal_choices
import napari_zsris.annotations, napari_zsris.prelabel
proposal_choices()
print([name for name in ("torch", "spacy", "open_clip", "napari", "qtpy") if name in sys.modules])
"""


def test_napari_s_process_imports_nothing_that_the_engine_s_is_for():
    told = subprocess.run([sys.executable, "-c", USING], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"

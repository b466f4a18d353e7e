import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.annotations import Project, Run, ScoredMask, Selection, encode_rle
from napari_zsris.annotations.opening import folded
from napari_zsris.errors import AnnotationError


def test_next_walks_all_and_starts_over(ranked):
    queue = ranked.queue
    item = queue.next()
    seen = [item.id]
    while (item := queue.next(after=item.id)).id != seen[0]:
        seen.append(item.id)
    assert seen == list(range(1, 9))


def test_next_skips_what_is_decided(ranked):
    ranked.decide(2, "rejected")
    assert ranked.queue.next(after=1).id == 3
    assert ranked.queue.next(after=2).id == 3
    for item in ranked.items(status="todo"):
        ranked.decide(item.id, "skipped")
    assert ranked.queue.next(after=1) is None
    assert ranked.queue.next() is None
    assert ranked.queue.next(selection=Selection(status="rejected")).id == 2


def test_the_last_item_to_do_is_its_own_next(ranked):
    for number in range(2, 9):
        ranked.decide(number, "rejected")
    assert ranked.queue.next(after=1).id == 1


def test_order_by_margin_shows_the_doubtful_first(ranked):
    entries = ranked.queue.entries(order="margin")
    assert [entry.id for entry in entries] == list(range(1, 9))
    assert [round(entry.margin, 6) for entry in entries] == [n / 100 for n in range(1, 9)]
    assert ranked.queue.next(after=3, order="margin").id == 4
    assert ranked.queue.next(after=8, order="margin").id == 1


def test_order_by_score_shows_the_certain_first(project):
    mask = encode_rle([[1] * 80] * 60)
    for photo in project.rankings.pending():
        masks = {phrase.id: [ScoredMask(mask, phrase.id / 10)] for phrase in photo.phrases}
        project.rankings.save(photo.id, masks, Run("regions", "lite"))
    assert [item.id for item in project.items(order="score")] == list(range(8, 0, -1))
    assert project.queue.next(after=8, order="score").id == 7
    assert project.queue.next(after=1, order="score").id == 8


@pytest.mark.parametrize("order", ["photo", "margin", "score"])
def test_items_without_candidates_are_part_of_every_order(project, order):
    entries = project.queue.entries(order=order)
    assert len(entries) == 8
    assert {(entry.top_score, entry.margin) for entry in entries} == {(-math.inf, math.inf)}
    item = project.queue.next(order=order)
    seen = {item.id}
    while (item := project.queue.next(after=item.id, order=order)).id not in seen:
        seen.add(item.id)
    assert len(seen) == 8


def test_filters(ranked):
    ranked.decide(1, "accepted")
    ranked.decide(2, "rejected")

    def found(**options):
        return [entry.id for entry in ranked.queue.entries(Selection(**options))]

    assert found(status="accepted") == [1]
    assert found(status=("accepted", "rejected")) == [1, 2]
    assert found(split="val") == [3, 4, 7, 8]
    assert found(split=["train", "val"]) == list(range(1, 9))
    assert found(text="DOG") == [2, 4, 6, 8]
    assert found(text="c.png") == [5, 6]
    assert found(text="%") == []
    assert found(text="' OR 1 --") == []
    assert found(status=(), split="none") == []


@pytest.mark.parametrize("text", ["\xc4PFEL", "\xe4pfel", "A\u0308PFEL", "a\u0308pfel"])
@pytest.mark.parametrize("phrase", ["rote \xc4pfel", "rote a\u0308pfel"])
def test_text_is_found_whatever_its_case_and_form(project, phrase, text):
    item = project.library.add_phrase(1, phrase)
    found = [entry.id for entry in project.queue.entries(Selection(text=text))]
    assert found == [item]


@given(st.text(min_size=1), st.text(), st.text())
def test_folding_finds_any_part_in_any_case(part, before, after):
    whole = unicodedata.normalize("NFC", f"{before} {part} {after}")
    assert f" {folded(part)} " in f" {folded(whole)} "
    assert folded(folded(part)) == folded(part)
    assert folded(part.upper().casefold()) == folded(part.upper())


def test_entries_say_what_a_table_shows(ranked):
    ranked.decide(1, "accepted")
    entry = ranked.queue.entries()[0]
    assert (entry.photo, entry.phrase, entry.status) == ("a.png", "the cat a", "accepted")
    assert entry.top_score == 0.9


def test_unknown_orders_and_statuses(ranked):
    for use in (ranked.queue.items, ranked.queue.entries):
        with pytest.raises(
            AnnotationError, match="'size' is no order: choose one of photo, margin"
        ):
            use(order="size")
    with pytest.raises(AnnotationError, match="'done' is no status: choose one of todo, accepted"):
        ranked.items(status="done")


def test_counts_name_every_status(ranked):
    ranked.decide(1, "none-fits")
    counts = ranked.queue.counts()
    assert list(counts) == ["todo", "accepted", "corrected", "rejected", "skipped", "none-fits"]
    assert (counts["todo"], counts["none-fits"], sum(counts.values())) == (7, 1, 8)


def test_review_resumes_where_it_was_left(ranked):
    assert ranked.queue.position is None
    ranked.queue.leave_at(5)
    ranked.close()
    with Project.open(ranked.path, readonly=True) as project:
        assert project.queue.position == 5

"""Keys are the person's choice, and what cannot be had is told in a sentence."""

import pytest
from napari.layers import Image, Labels
from napari.utils.key_bindings import coerce_keybinding

from napari_zsris._qt.viewer.keys import plan_keys
from napari_zsris.review.actions import ACTIONS, action, printed

OWN = {one.name: one.key for one in ACTIONS}


@pytest.fixture
def napari_s(make_napari_viewer_proxy):
    """A real viewer, whose keys are all bound."""
    return make_napari_viewer_proxy()


def test_actions_have_their_own_keys_without_a_conflict(napari_s):
    plan = plan_keys(ACTIONS, {})
    assert plan.complaints == ()
    assert {name: coerce_keybinding(key) for name, key in plan.keys.items()} == {
        name: coerce_keybinding(key) for name, key in OWN.items()
    }
    assert len(set(plan.keys.values())) == len(ACTIONS)


def test_a_choice_is_followed_however_it_is_written(napari_s):
    plan = plan_keys(
        ACTIONS, OWN | {"accept": " alt+x", "next": "F6", "hide": "k", "next_photo": "q"}
    )
    chosen = [plan.keys[name] for name in ("accept", "next", "hide", "next_photo")]
    assert chosen == ["Alt-X", "F6", "K", "Q"]
    assert plan.complaints == ()


@pytest.mark.parametrize("text", ["", "Foo", "AB", "Shift-", "Q W", "ä"])
def test_what_is_no_key_is_told_and_the_own_one_stays(napari_s, text):
    plan = plan_keys(ACTIONS, OWN | {"accept": text})
    assert plan.keys["accept"] == "A"
    (complaint,) = plan.complaints
    assert complaint.startswith("Accept stays on A: ")
    assert "Preferences" in complaint


@pytest.mark.parametrize(("key", "whose"), [("P", "Labels"), ("1", "Labels"), ("V", "viewer")])
def test_a_key_of_napari_is_told(napari_s, key, whose):
    plan = plan_keys(ACTIONS, OWN | {"accept": key})
    assert plan.keys["accept"] == "A"
    assert f"napari uses {key} for" in plan.complaints[0]
    assert whose in plan.complaints[0]


def test_napari_s_own_bindings_are_known(napari_s):
    """The check would pass by itself if nothing were bound."""
    assert len(Labels.class_keymap) > 10
    assert Image.class_keymap


def test_of_two_actions_with_one_key_the_first_has_it(napari_s):
    plan = plan_keys(ACTIONS, OWN | {"reject": "A"})
    assert (plan.keys["accept"], plan.keys["reject"]) == ("A", "R")
    assert plan.complaints[0].startswith("Reject stays on R: A is the key for Accept.")


def test_an_action_whose_own_key_is_taken_too_has_none(napari_s):
    plan = plan_keys(ACTIONS, OWN | {"accept": "R"})
    assert plan.keys["accept"] == "R"
    assert "reject" not in plan.keys
    assert plan.complaints[0].startswith("Reject has no key: R is the key for Accept.")


def test_two_actions_may_change_keys(napari_s):
    plan = plan_keys(ACTIONS, OWN | {"accept": "R", "reject": "A"})
    assert (plan.keys["accept"], plan.keys["reject"]) == ("R", "A")
    assert not plan.complaints


def test_keys_are_printed_as_on_a_keyboard():
    assert [printed(key) for key in ("A", "Shift-N", "Ctrl-Alt-K", "-", "/")] == [
        "A",
        "⇧N",
        "Ctrl Alt K",
        "-",
        "/",
    ]
    assert action("next").key == "N"

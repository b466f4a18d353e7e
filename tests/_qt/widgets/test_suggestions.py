"""Phrases to try."""

from napari_zsris._qt.widgets.phrase_field import Suggestions


def shown(suggestions):
    return [
        chip.text()
        for chip in suggestions.findChildren(object, "suggestion")
        if chip.isVisibleTo(suggestions)
    ]


def test_new_phrases_take_the_place_of_old_ones_at_once(qtbot):
    suggestions = Suggestions()
    qtbot.addWidget(suggestions)
    suggestions.offer(["a cup", "a spoon"])
    suggestions.offer(["salt & pepper"])
    assert "a cup" not in shown(suggestions)
    # A layout shows what is added to it when the event loop comes round to it.
    qtbot.waitUntil(lambda: shown(suggestions) == ["salt && pepper"], timeout=5000)
    assert not suggestions.isHidden()
    suggestions.offer([])
    assert suggestions.isHidden()


def test_a_click_asks_the_phrase(qtbot):
    suggestions = Suggestions()
    qtbot.addWidget(suggestions)
    suggestions.offer(["salt & pepper"])
    with qtbot.waitSignal(suggestions.picked) as picked:
        suggestions.findChild(object, "suggestion").click()
    assert picked.args == ["salt & pepper"]

from hypothesis import given
from hypothesis import strategies as st

from napari_zsris.clip.lite.tokenizer import (
    BUCKETS,
    CONTEXT,
    Tokenizer,
    letter_groups,
    split_words,
)

TOKENIZER = Tokenizer(["zebra", "red", "shirt"])


def test_words_are_lower_case_without_accents_or_hyphens():
    assert split_words("Crème-BRÛLÉE, T-shirt's 2nd") == [
        "creme",
        "brulee",
        "t",
        "shirt",
        "s",
        "2",
        "nd",
    ]


def test_emoji_are_read_by_name():
    assert split_words("🦓!") == ["zebra", "face"]
    assert split_words("👨‍👩‍👧")[:1] == ["man"]


def test_other_scripts_are_words():
    assert split_words("красный кот") == ["красныи", "кот"]


def test_known_words_have_numbers_and_others_letters():
    tokens = TOKENIZER(["red zebra", "unheard of shirt"])
    assert tokens.words.tolist() == [[2, 1, 0], [0, 0, 3]]
    assert tokens.present.tolist() == [[True, True, False], [True, True, True]]
    first = letter_groups("unheard")
    assert tokens.starts.tolist() == [0, len(first)]
    assert tokens.groups.tolist() == first + letter_groups("of")


def test_letter_groups_are_the_same_on_every_machine():
    # The CRC-32 of "<a>".
    assert letter_groups("a") == [0x6FB782AB % BUCKETS]


def test_misspelt_words_share_letters():
    ours, other = set(letter_groups("umbrella")), set(letter_groups("umbrela"))
    assert len(ours & other) > len(ours - other) / 2
    assert not ours & set(letter_groups("giraffe"))


def test_forgotten_words_are_read_by_letters():
    partial = TOKENIZER.without({"red"})
    assert partial(["red zebra"]).words.tolist() == [[0, 1]]
    assert TOKENIZER(["red zebra"]).words.tolist() == [[2, 1]]


@given(st.lists(st.text(max_size=300), max_size=4))
def test_any_text_becomes_tokens(texts):
    tokens = TOKENIZER(texts)
    assert tokens.words.shape == tokens.present.shape
    assert tokens.words.shape[0] == len(texts)
    assert tokens.words.shape[1] <= CONTEXT
    assert not (tokens.words > 0)[~tokens.present].any()
    assert len(tokens.starts) == int((tokens.present & (tokens.words == 0)).sum())
    assert all(0 <= group < BUCKETS for group in tokens.groups.tolist())

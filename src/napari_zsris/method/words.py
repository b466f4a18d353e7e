"""A phrase as canonical words that remember the tokens they come from."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from napari_zsris.method.lexicon import SPELLINGS

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

__all__ = ["Words"]


class Words:
    """The words of a phrase in one spelling, as text that rules can match.

    Parameters
    ----------
    doc : spacy.tokens.Doc
        The lower-cased phrase, tagged.

    Attributes
    ----------
    text : str
        The words, with one blank before the first and after each.
    tokens : list of spacy.tokens.Token
        The token of each word; a token such as "leftmost" may give two words.
    starts : list of int
        Where each word starts in the text.
    """

    def __init__(self, doc: Doc) -> None:
        self.text = " "
        self.tokens: list[Token] = []
        self.starts: list[int] = []
        for token in doc:
            if token.is_space or token.text == "-":
                continue
            for word in SPELLINGS.get(token.text, token.text).split():
                self.tokens.append(token)
                self.starts.append(len(self.text))
                self.text += f"{word} "

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> str:
        start = self.starts[index]
        return self.text[start : self.text.index(" ", start)]

    def index(self, position: int) -> int:
        """Find the word that starts at a position of the text, or the first one after it.

        Parameters
        ----------
        position : int
            A position in the text.

        Returns
        -------
        int
            The word's index; the number of words when there is none.
        """
        return bisect_left(self.starts, position)

    def after(self, position: int) -> int:
        """Give the position of the next word.

        Parameters
        ----------
        position : int
            Where a word starts.

        Returns
        -------
        int
            Where the next word starts, or the end of the text.
        """
        return self.text.index(" ", position) + 1

    def span(self, start: int, end: int) -> list[Token]:
        """Give the tokens of a part of the text, each once.

        Parameters
        ----------
        start, end : int
            Positions in the text, the end excluded.

        Returns
        -------
        list of spacy.tokens.Token
            The tokens, in order.
        """
        chosen = self.tokens[self.index(start) : self.index(end)]
        return [t for k, t in enumerate(chosen) if not k or chosen[k - 1].i != t.i]

    def written(self, start: int, end: int, without: frozenset[str] = frozenset()) -> str:
        """Write a part of the text as the phrase has it.

        Parameters
        ----------
        start, end : int
            Positions in the text, the end excluded.
        without : frozenset of str
            Tokens to leave out, unless nothing else is there.

        Returns
        -------
        str
            The tokens, joined by blanks.
        """
        texts = [token.text for token in self.span(start, end)]
        return " ".join([text for text in texts if text not in without] or texts)

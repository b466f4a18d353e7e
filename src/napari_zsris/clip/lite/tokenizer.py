"""Phrases as words and as the letter groups that words are made of."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["CONTEXT", "Tokenizer", "Tokens", "letter_groups", "split_words"]

# Words of a phrase that are read; all its words share one attention, so none is read twice.
CONTEXT = 40
BUCKETS = 8_192
GROUP_LENGTHS = (3, 4, 5)
# German compounds, addresses and noise are judged by their beginning.
LONGEST_WORD = 24
_WORD = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True)
class Tokens:
    """A batch of phrases, ready for :class:`~napari_zsris.clip.lite.network.TextNetwork`.

    Parameters
    ----------
    words : (n, length) int64 tensor
        Numbers of known words from 1; 0 where a word is unknown or the phrase has ended.
    present : (n, length) bool tensor
        Where the phrase has a word.
    groups : (m,) int64 tensor
        Letter groups of all unknown words, one after the other.
    starts : (k,) int64 tensor
        Where in `groups` each of the k unknown words begins, in reading order.
    """

    words: Tensor
    present: Tensor
    groups: Tensor
    starts: Tensor

    def to(self, device: torch.device) -> Tokens:
        """Copy the batch to a device.

        Parameters
        ----------
        device : torch.device
            Where to.

        Returns
        -------
        Tokens
            The same batch there.
        """
        parts = (self.words, self.present, self.groups, self.starts)
        return Tokens(*(part.to(device) for part in parts))


def split_words(text: str) -> list[str]:
    """Split a phrase into lower-case words without accents.

    Symbols that Unicode has a name for, such as emoji, are read as that name.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        Letters or digits only; empty when the text has neither.

    Examples
    --------
    >>> split_words("Crème-brûlée for 2 🐈")
    ['creme', 'brulee', 'for', '2', 'cat']
    """
    spoken = "".join(
        f" {unicodedata.name(sign, '')} " if unicodedata.category(sign) == "So" else sign
        for sign in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(sign)
    )
    return _WORD.findall(spoken.lower())


def letter_groups(word: str) -> list[int]:
    """Hash the groups of three to five letters that a word is made of.

    Parameters
    ----------
    word : str
        One word; its beginning and end count as letters of their own.

    Returns
    -------
    list of int
        At least one number below `BUCKETS`, the same on every machine.
    """
    marked = f"<{word[:LONGEST_WORD]}>"
    pieces = [
        marked[start : start + length]
        for length in GROUP_LENGTHS
        for start in range(len(marked) - length + 1)
    ]
    return [zlib.crc32(piece.encode()) % BUCKETS for piece in pieces or [marked]]


class Tokenizer:
    """Turns phrases into numbers.

    Parameters
    ----------
    vocabulary : iterable of str
        The known words; the first has number 1.
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self.numbers: Mapping[str, int] = {word: i for i, word in enumerate(vocabulary, start=1)}

    def without(self, words: Collection[str]) -> Tokenizer:
        """Forget some words, so that they are read by their letters.

        Parameters
        ----------
        words : collection of str
            What to forget.

        Returns
        -------
        Tokenizer
            A tokenizer with the same numbers for all other words.
        """
        other = Tokenizer(())
        other.numbers = {word: i for word, i in self.numbers.items() if word not in words}
        return other

    def __call__(self, texts: list[str]) -> Tokens:
        """Tokenize phrases; words after the first `CONTEXT` are left out.

        Parameters
        ----------
        texts : list of str
            n phrases.

        Returns
        -------
        Tokens
            The batch, as long as its longest phrase.
        """
        phrases = [split_words(text)[:CONTEXT] for text in texts]
        length = max((len(phrase) for phrase in phrases), default=0)
        words = torch.zeros(len(phrases), max(1, length), dtype=torch.int64)
        present = torch.zeros(words.shape, dtype=torch.bool)
        groups: list[int] = []
        starts: list[int] = []
        for row, phrase in enumerate(phrases):
            present[row, : len(phrase)] = True
            for column, word in enumerate(phrase):
                words[row, column] = self.numbers.get(word, 0)
                if word not in self.numbers:
                    starts.append(len(groups))
                    groups += letter_groups(word)
        return Tokens(words, present, torch.tensor(groups, dtype=torch.int64), torch.tensor(starts))

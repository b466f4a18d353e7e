"""Files from the Hugging Face hub: from its cache if they are there, else over the network."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import huggingface_hub
from huggingface_hub.errors import EntryNotFoundError

from napari_zsris.errors import ModelUnavailableError

__all__ = ["CONFIGURATION", "TOKENIZERS", "cached_file", "fetch_file", "fetch_folder"]

Fetched = TypeVar("Fetched")

PROBE_SECONDS = 5.0
# A tokenizer has at least one of these, whatever its make.
TOKENIZERS = ["tokenizer.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model"]
CONFIGURATION = ["config.json"]
# What else a tokenizer or a text tower is made from, where its repository has it.
COMPANIONS = [
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
]


def cached_file(repository: str, names: list[str]) -> Path | None:
    """Find the first of several files in the cache, without touching the network.

    Parameters
    ----------
    repository : str
        The repository's id on the hub.
    names : list of str
        File names, in order of preference.

    Returns
    -------
    Path or None
        The cached file.
    """
    for name in names:
        found = huggingface_hub.try_to_load_from_cache(repository, name)
        if isinstance(found, str):
            return Path(found)
    return None


def fetch_file(repository: str, names: list[str], what: str) -> Path:
    """Give the first of several files that exists, cached or fetched.

    Parameters
    ----------
    repository : str
        The repository's id on the hub.
    names : list of str
        File names, in order of preference.
    what : str
        What the file is, for the error: "the weights of ViT-B-32/openai".

    Returns
    -------
    Path
        The file in the cache.

    Raises
    ------
    ModelUnavailableError
        It is not cached, and the hub cannot be reached or has none of the files.
    """
    cached = cached_file(repository, names)
    return cached or _attempt(lambda: _download(repository, names), repository, what)


def fetch_folder(repository: str, names: list[str], what: str) -> Path:
    """Give a folder with a repository's small files, cached or fetched.

    Libraries that are handed a folder do not ask the network whether it has changed, which would
    take a minute where there is none.

    Parameters
    ----------
    repository : str
        The repository's id on the hub.
    names : list of str
        File names, of which one at least must be there.
    what : str
        What the files are, for the error.

    Returns
    -------
    Path
        The folder in the cache.

    Raises
    ------
    ModelUnavailableError
        They are not cached, and the hub cannot be reached or has none of the files.
    """
    cached = cached_file(repository, names)
    if cached is None:
        cached = _attempt(lambda: _download(repository, names), repository, what)
        everything = [*TOKENIZERS, *CONFIGURATION, *COMPANIONS]
        _attempt(lambda: _download_existing(repository, everything), repository, what)
    return cached.parent


def _attempt(fetch: Callable[[], Fetched], repository: str, what: str) -> Fetched:
    try:
        return fetch()
    except Exception as error:
        # The hub's errors come from whichever HTTP library it is built on and share no base.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelUnavailableError(
            f"{what} could not be had: not in the cache ({huggingface_hub.constants.HF_HUB_CACHE})"
            f", and fetching '{repository}' failed ({reason}); connect to the network, or fill "
            "that cache elsewhere and set HF_HUB_OFFLINE=1, or name a local checkpoint as "
            "ARCH:FILE or the bundled 'lite'"
        ) from error


def _download(repository: str, names: list[str]) -> Path:
    missing: EntryNotFoundError | None = None
    for name in names:
        try:
            # A download retries for minutes where there is no network; this asks only once.
            huggingface_hub.get_hf_file_metadata(
                huggingface_hub.hf_hub_url(repository, name), timeout=PROBE_SECONDS
            )
            return Path(huggingface_hub.hf_hub_download(repository, name))
        except EntryNotFoundError as error:
            missing = error
    raise FileNotFoundError(f"it has none of {', '.join(names)}") from missing


def _download_existing(repository: str, names: list[str]) -> None:
    for name in names:
        with contextlib.suppress(EntryNotFoundError):
            huggingface_hub.hf_hub_download(repository, name)

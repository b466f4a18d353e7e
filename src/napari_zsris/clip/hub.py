"""Weights from the Hugging Face hub: from its cache if they are there, else over the network."""

from __future__ import annotations

from pathlib import Path

import huggingface_hub
from huggingface_hub.errors import EntryNotFoundError

from napari_zsris.errors import ModelUnavailableError

__all__ = ["cached_file", "fetch_file"]

PROBE_SECONDS = 5.0


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


def fetch_file(repository: str, names: list[str], model: str) -> Path:
    """Give the first of several files that exists, cached or fetched.

    Parameters
    ----------
    repository : str
        The repository's id on the hub.
    names : list of str
        File names, in order of preference.
    model : str
        The model's name, for the error.

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
    if cached is not None:
        return cached
    try:
        return _download(repository, names)
    except Exception as error:
        # The hub's errors come from whichever HTTP library it is built on and share no base.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelUnavailableError(
            f"the weights of {model} are not on this machine: not in the cache "
            f"({huggingface_hub.constants.HF_HUB_CACHE}), and fetching '{repository}' failed "
            f"({reason}); connect to the network, or fill that cache elsewhere and set "
            "HF_HUB_OFFLINE=1, or name a local checkpoint as ARCH:FILE or the bundled 'lite'"
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
    raise FileNotFoundError(f"the repository has none of {', '.join(names)}") from missing

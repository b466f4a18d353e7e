"""The dock's settings, kept by napari as this plugin's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.settings import get_plugin_settings

from napari_zsris.engine.request import Settings, Weights
from napari_zsris.review.actions import ACTIONS

__all__ = ["Preferences"]

PLUGIN = "napari-zsris"
SEPARATOR = " | "
REMEMBERED_PHRASES = 20


class Preferences:
    """What the Preferences page shows under this plugin; every change is saved at once.

    The manifest's `configurations` declare names, types, limits and defaults.
    """

    def __init__(self) -> None:
        self._values: Any = get_plugin_settings(PLUGIN)

    @property
    def settings(self) -> Settings:
        """What to segment with."""
        models, ranking = self._values.models, self._values.ranking
        weights = Weights(ranking.alpha, ranking.beta, ranking.mask_layers, ranking.spatial)
        return Settings(
            models.clip,
            models.proposals,
            models.device,
            ranking.candidates,
            None if ranking.recommended else weights,
        )

    @settings.setter
    def settings(self, settings: Settings) -> None:
        models, ranking = self._values.models, self._values.ranking
        models.clip, models.proposals = settings.clip, settings.proposals
        models.device = settings.device
        ranking.candidates = settings.candidates
        ranking.recommended = settings.weights is None
        if settings.weights is not None:
            ranking.alpha, ranking.beta = settings.weights.alpha, settings.weights.beta
            ranking.mask_layers = settings.weights.mask_layers
            ranking.spatial = settings.weights.spatial

    @property
    def ahead(self) -> bool:
        """Whether a photo is encoded as soon as it is shown."""
        return bool(self._values.models.ahead)

    def connect(self, callback: Callable[[], object]) -> None:
        """Call back when settings change, on the Preferences page or here.

        Parameters
        ----------
        callback : callable
            What to call; bound methods are held weakly.
        """
        self._values.models.events.connect(callback)
        self._values.ranking.events.connect(callback)

    def connect_keys(self, callback: Callable[[], object]) -> None:
        """Call back when keys change.

        Parameters
        ----------
        callback : callable
            What to call; bound methods are held weakly.
        """
        self._values.keys.events.connect(callback)

    def disconnect_keys(self, callback: Callable[[], object]) -> None:
        """Call back about keys no more.

        Parameters
        ----------
        callback : callable
            What was called.
        """
        self._values.keys.events.disconnect(callback)

    def disconnect(self, callback: Callable[[], object]) -> None:
        """Call back no more.

        Parameters
        ----------
        callback : callable
            What was called.
        """
        self._values.models.events.disconnect(callback)
        self._values.ranking.events.disconnect(callback)

    @property
    def keys(self) -> dict[str, str]:
        """The keys of the dock, by the names of what they do."""
        return {one.name: str(getattr(self._values.keys, one.name)) for one in ACTIONS}

    @property
    def phrases(self) -> list[str]:
        """The phrases asked for last, the newest first."""
        kept: str = self._values.history.phrases
        return [phrase for phrase in kept.split(SEPARATOR) if phrase]

    def remember(self, phrase: str) -> None:
        """Put a phrase at the head of the history.

        Parameters
        ----------
        phrase : str
            What was asked for.
        """
        others = [known for known in self.phrases if known != phrase]
        self._values.history.phrases = SEPARATOR.join([phrase, *others][:REMEMBERED_PHRASES])

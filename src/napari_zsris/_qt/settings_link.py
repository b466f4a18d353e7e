"""Settings in three places, kept alike: in the panel, in the workspace, in Preferences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qtpy.QtCore import QObject, QTimer

from napari_zsris._qt.preferences import Preferences
from napari_zsris._qt.widgets.panel import Panel
from napari_zsris._qt.workspace import Workspace
from napari_zsris.engine.choices import Choice, proposal_choices

__all__ = ["SettingsLink"]

MILLISECONDS_TO_SAVE = 400


class SettingsLink(QObject):
    """What a person sets in the panel holds for the workspace and lasts; Preferences show in it.

    Parameters
    ----------
    panel : Panel
        The controls.
    workspace : Workspace
        What segments with the settings.
    preferences : Preferences
        Where they last.
    """

    def __init__(self, panel: Panel, workspace: Workspace, preferences: Preferences) -> None:
        super().__init__()
        self._panel, self._workspace, self._preferences = panel, workspace, preferences
        # A slider changes its value a hundred times on its way; one write to disk is enough.
        self._save = QTimer(self)
        self._save.setSingleShot(True)
        self._save.setInterval(MILLISECONDS_TO_SAVE)
        self._save.timeout.connect(self._store)
        self._fill()
        panel.clip.chosen.connect(self._on_models)
        panel.proposals.chosen.connect(self._on_models)
        panel.method.changed.connect(self._on_method)
        workspace.prepared.connect(self._on_prepared)
        preferences.connect(self._on_preferences)

    def close(self) -> None:
        """Keep what was set, and heed Preferences no more."""
        self._store()
        self._preferences.disconnect(self._on_preferences)

    def _fill(self) -> None:
        settings, panel = self._workspace.settings, self._panel
        panel.clip.offer([Choice(settings.clip)], settings.clip)
        panel.proposals.offer(proposal_choices(), settings.proposals)
        panel.method.weights = settings.weights
        panel.method.candidates = settings.candidates
        panel.phrase.remember(self._preferences.phrases)

    def _on_prepared(self, choices: Sequence[Choice]) -> None:
        self._panel.clip.offer(choices, self._workspace.settings.clip)

    def _on_models(self) -> None:
        self._workspace.settings = replace(
            self._workspace.settings,
            clip=self._panel.clip.name,
            proposals=self._panel.proposals.name,
        )
        self._save.start()

    def _on_method(self) -> None:
        method = self._panel.method
        self._workspace.settings = replace(
            self._workspace.settings, weights=method.weights, candidates=method.candidates
        )
        self._save.start()
        self._workspace.asker.rerank()

    def _on_preferences(self, _event: object = None) -> None:
        self._take_preferences()
        self._workspace.photo.encode_ahead()

    def _take_preferences(self) -> None:
        if self._save.isActive() or self._preferences.settings == self._workspace.settings:
            return
        self._workspace.settings = settings = self._preferences.settings
        self._panel.clip.choose(settings.clip)
        self._panel.proposals.choose(settings.proposals)
        self._panel.method.weights = settings.weights
        self._panel.method.candidates = settings.candidates

    def _store(self) -> None:
        self._save.stop()
        self._preferences.settings = self._workspace.settings

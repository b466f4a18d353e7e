"""From what a person asks to what the viewer shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal

from napari_zsris._qt.core.engine import Engine
from napari_zsris._qt.core.outcome import Outcome
from napari_zsris._qt.core.request import Request, Settings
from napari_zsris._qt.reviewer import Reviewer
from napari_zsris._qt.runner import Runner
from napari_zsris._qt.viewer.activity import Activity
from napari_zsris._qt.viewer.channels import Channels
from napari_zsris._qt.viewer.notices import WarningNotices, notify
from napari_zsris._qt.viewer.placement import Placement
from napari_zsris._qt.viewer.snapshot import snapshot
from napari_zsris.errors import ZsrisError
from napari_zsris.progress import Progress

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Session"]


class Session(QObject):
    """What is asked, what is under way and what is shown; all of it on the main thread.

    Parameters
    ----------
    viewer : napari viewer
        The viewer.
    settings : Settings
        What to segment with.
    engine : Engine
        What segments.

    Attributes
    ----------
    began, ended : Signal()
        Work is under way; nothing is left to do.
    progressed : Signal(Progress)
        Work went on.
    answered : Signal(Outcome)
        Candidates are shown.
    told : Signal(str)
        A sentence for the person.
    prepared : Signal(object)
        The CLIP models that there are, as Choices.
    """

    began = Signal()
    ended = Signal()
    progressed = Signal(object)
    answered = Signal(object)
    told = Signal(str)
    prepared = Signal(object)

    def __init__(self, viewer: ViewerModel, settings: Settings, engine: Engine) -> None:
        super().__init__()
        self.settings = settings
        self.image: Image | None = None
        self.channels = Channels()
        self.reviewer = Reviewer(viewer)
        self._viewer = viewer
        self._asked: tuple[Request, Placement] | None = None
        self._closed = False
        self._activity = Activity(self.cancel)
        self._runner = Runner(engine)
        self._runner.started.connect(self._on_started)
        self._runner.progressed.connect(self._on_progressed)
        self._runner.answered.connect(self._on_answered)
        self._warnings = WarningNotices()
        self._runner.warned.connect(self._warnings.show)
        self._runner.failed.connect(self._on_failed)
        self._runner.idle.connect(self._on_idle)
        self._runner.prepared.connect(self.prepared)
        self.reviewer.told.connect(self.told)
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def working(self) -> bool:
        """Whether a request is being answered."""
        return self._runner.busy

    def ask(self, phrase: str) -> bool:
        """Look for a phrase in the image as it is shown now.

        Parameters
        ----------
        phrase : str
            What to look for.

        Returns
        -------
        bool
            Whether the question could be asked.
        """
        words = " ".join(phrase.split())
        if not words:
            self.told.emit("Type what to look for, such as “the dog on the left”.")
            return False
        frozen = self._snapshot()
        if frozen is None:
            return False
        picture, placement = frozen
        self._submit(Request(picture, words, self.settings), placement)
        return True

    def rerank(self) -> None:
        """Ask the last question again with the settings as they are now, of the same picture."""
        if self._asked is not None:
            request, placement = self._asked
            if placement.layer in self._viewer.layers:
                used = replace(
                    request.settings,
                    weights=self.settings.weights,
                    candidates=self.settings.candidates,
                )
                self._submit(replace(request, settings=used), placement)

    def cancel(self) -> None:
        """Give up what is under way."""
        if self._runner.busy:
            self._asked = None
            self._runner.cancel()
            self.told.emit("Cancelled.")

    def draw(self, phrase: str) -> None:
        """Begin a mask from scratch.

        Parameters
        ----------
        phrase : str
            What it shows.
        """
        words = " ".join(phrase.split())
        if not words:
            self.told.emit("Type what you are going to draw first.")
            return
        frozen = self._snapshot()
        if frozen is not None:
            self.reviewer.draw(frozen[1], words)

    def close(self) -> None:
        """Give everything up: threads end at their next step, nothing is shown any more."""
        if self._closed:
            return
        self._closed = True
        self._asked = None
        self._runner.close()
        self._activity.close()
        self._viewer.layers.events.removed.disconnect(self._on_removed)

    def _snapshot(self) -> tuple[Any, Placement] | None:
        if self.image is None:
            self.told.emit("Open an image first: File > Open, or File > Open Sample.")
            return None
        try:
            return snapshot(self._viewer, self.image, self.channels)
        except ZsrisError as error:
            self.notify(error)
            return None

    def _submit(self, request: Request, placement: Placement) -> None:
        self._asked = request, placement
        self._runner.ask(request)

    def _on_started(self, _request: Request) -> None:
        self.began.emit()

    def _on_progressed(self, progress: Progress) -> None:
        self.progressed.emit(progress)
        # Last, because napari's bar lets the event loop run: the end of the work may come in it.
        self._activity.show(progress)

    def _on_answered(self, outcome: Outcome) -> None:
        if self._asked is None or not _same_question(outcome.request, self._asked[0]):
            return
        placement = self._asked[1]
        if placement.layer not in self._viewer.layers:
            return
        self.reviewer.show(outcome, placement)
        self.answered.emit(outcome)

    def _on_failed(self, error: Exception) -> None:
        self._asked = None
        self.notify(error)

    def _on_idle(self) -> None:
        self._activity.close()
        self.ended.emit()

    def _on_removed(self, event: Any) -> None:
        removed = event.value
        if self._asked is not None and self._asked[1].layer == removed:
            self.cancel()
            self._asked = None
        placement = self.reviewer.placement
        if placement is not None and placement.layer == removed:
            # The viewer may be removing all its layers, one by one: keep out of its way.
            QTimer.singleShot(0, self._leave)

    def _leave(self) -> None:
        placement = self.reviewer.placement
        if (
            not self._closed
            and placement is not None
            and placement.layer not in self._viewer.layers
        ):
            self.reviewer.leave()

    def notify(self, error: Exception) -> None:
        """Show an error.

        Parameters
        ----------
        error : Exception
            The error.
        """
        notify(error, self.told.emit)


def _same_question(answered: Request, asked: Request) -> bool:
    return answered.phrase == asked.phrase and answered.same_work(asked)

"""From a phrase to its question on the canvas: asked, answered, noted in the project, shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from qtpy.QtCore import QObject, Signal

from napari_zsris._qt.current_photo import CurrentPhoto
from napari_zsris._qt.loader import Loader
from napari_zsris._qt.navigator import Navigator
from napari_zsris._qt.reviewer import Reviewer
from napari_zsris._qt.runner import Runner
from napari_zsris._qt.viewer.identity import identity_of
from napari_zsris._qt.viewer.notices import notify
from napari_zsris._qt.viewer.placement import Placement
from napari_zsris.annotations import Rle, ScoredMask, encode_rle
from napari_zsris.engine.outcome import Card, Outcome
from napari_zsris.engine.picture import Picture
from napari_zsris.engine.request import Request, Settings
from napari_zsris.errors import ZsrisError
from napari_zsris.review.photos import PhotoIdentity
from napari_zsris.review.question import Question
from napari_zsris.wording import elide

__all__ = ["Asker"]


@dataclass(frozen=True, eq=False)
class _Asked:
    request: Request
    placement: Placement
    # The photo's number, where it is one of the work list.
    identity: PhotoIdentity | int | None


class Asker(QObject):
    """Asks phrases of the current photo, one at a time.

    Parameters
    ----------
    photo : CurrentPhoto
        The photo.
    reviewer : Reviewer
        What shows questions.
    navigator : Navigator
        What knows where photos are open.
    loader : Loader
        What writes pictures.
    runner : Runner
        What answers.
    settings : callable
        Gives the settings to segment with.

    Attributes
    ----------
    answered : Signal(Outcome)
        Candidates are shown.
    ended : Signal()
        What was under way is given up.
    told : Signal(str)
        A sentence for the person.
    touched : Signal(object)
        The item with this id is new, or has other candidates.
    """

    answered = Signal(object)
    ended = Signal()
    told = Signal(str)
    touched = Signal(object)

    def __init__(
        self,
        photo: CurrentPhoto,
        reviewer: Reviewer,
        navigator: Navigator,
        loader: Loader,
        runner: Runner,
        settings: Callable[[], Settings],
    ) -> None:
        super().__init__()
        self._photo, self._reviewer = photo, reviewer
        self._navigator, self._loader, self._runner = navigator, loader, runner
        self._settings = settings
        self.obstacle = ""
        """Why nothing can be asked while no project is open."""
        self._asked: _Asked | None = None
        self._outcome: Outcome | None = None
        runner.answered.connect(self._on_answered)
        runner.identified.connect(self._on_identified)
        runner.failed.connect(self._on_failed)

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
        frozen = self._frozen()
        if frozen is None or not self._reviewer.keep():
            return False
        picture, placement = frozen
        identity = self._photo.identity_of(picture, placement)
        self._submit(_Asked(Request(picture, words, self._settings()), placement, identity))
        if identity is None:
            self._runner.identify(picture)
        return True

    def rerank(self) -> None:
        """Ask the last question again with the settings as they are now, of the same picture."""
        asked = self._asked
        if asked is not None and self._photo.is_open(asked.placement):
            used = replace(
                asked.request.settings,
                weights=self._settings().weights,
                candidates=self._settings().candidates,
            )
            self._submit(replace(asked, request=replace(asked.request, settings=used)))

    def cancel(self) -> None:
        """Give up what is under way."""
        if self._runner.busy or self._loader.busy:
            self._asked = None
            self._runner.cancel()
            self._loader.give_up()
            self.ended.emit()
            self.told.emit("Cancelled.")

    def draw(self, phrase: str) -> None:
        """Begin a mask from scratch.

        Parameters
        ----------
        phrase : str
            What it shows.
        """
        words = " ".join(phrase.split())
        question = self._reviewer.question
        if question is not None and words in ("", question.phrase):
            self._reviewer.draw()
            return
        if not words or self._reviewer.waiting_for:
            reason = self._reviewer.waiting_for or "Type what you are going to draw first."
            self.told.emit(reason)
            return
        frozen = self._frozen()
        if frozen is None or not self._reviewer.keep() or self._reviewer.store is None:
            return
        picture, placement = frozen
        identity = self._photo.identity_of(picture, placement, at_once=True)
        try:
            asked = self._noted(
                _Asked(Request(picture, words, self._settings()), placement, identity)
            )
        except ZsrisError as error:
            notify(error, self.told.emit)
            return
        self._reviewer.show(asked, placement)
        self._reviewer.draw()

    def forget(self) -> None:
        """Take no answer any more to what was asked."""
        self._asked = self._outcome = None

    def leave(self, layer: object) -> None:
        """Give up what is asked of an image that was closed.

        Parameters
        ----------
        layer : object
            The layer.
        """
        if self._asked is not None and self._asked.placement.layer is layer:
            self.cancel()
            self.forget()

    def _frozen(self) -> tuple[Picture, Placement] | None:
        if self._photo.image is None:
            self.told.emit("Open an image first: File > Open, or File > Open Sample.")
            return None
        if self._reviewer.store is None:
            self.told.emit(self.obstacle)
            return None
        try:
            return self._photo.snapshot(self._photo.image)
        except ZsrisError as error:
            notify(error, self.told.emit)
            return None

    def _submit(self, asked: _Asked) -> None:
        self._asked, self._outcome = asked, None
        self._runner.ask(asked.request)

    def _on_identified(self, picture: Picture, contents: str) -> None:
        asked = self._asked
        if asked is not None and asked.request.picture is picture and asked.identity is None:
            identity = identity_of(asked.placement, self._photo.channels, contents)
            self._asked = replace(asked, identity=identity)
            if self._outcome is not None:
                self._take(self._outcome)

    def _on_answered(self, outcome: Outcome) -> None:
        asked = self._asked
        if asked is None or not _same_question(outcome.request, asked.request):
            return
        if asked.identity is None:
            self._outcome = outcome
        else:
            self._take(outcome)

    def _take(self, outcome: Outcome) -> None:
        """Note what was found, and then show it."""
        asked, self._outcome = self._asked, None
        if asked is None or not self._photo.is_open(asked.placement):
            return
        phrase = asked.request.phrase
        if asked.placement.layer is not self._photo.image:
            self.told.emit(f"“{elide(phrase)}” was found, but another photo is current by now.")
            return
        if not self._reviewer.keep():
            return
        try:
            question = self._noted(asked, outcome)
        except ZsrisError as error:
            notify(error, self.told.emit)
            return
        self._reviewer.show(question, asked.placement)
        self.answered.emit(outcome)
        if not outcome.cards:
            self.told.emit(
                "No regions were found in this picture. Press D to draw the mask yourself, "
                "or choose other proposals."
            )

    def _noted(self, asked: _Asked, outcome: Outcome | None = None) -> Question:
        """Put photo, phrase and candidates on record."""
        store, request = self._reviewer.store, asked.request
        if store is None or asked.identity is None:
            raise AssertionError("a question is noted in a project, of a photo that is known")
        cards = () if outcome is None else outcome.cards
        scored = [ScoredMask(_rle(card, asked.placement.site.size), card.score) for card in cards]
        run = None if outcome is None else outcome.run
        head = None if outcome is None else outcome.head
        with store.project.together():
            if isinstance(asked.identity, int):
                photo_id, missing = asked.identity, None
            else:
                photo_id, missing = store.photos.add(asked.identity)
            item_id = store.ask(photo_id, request.phrase, scored, run, head)
        if missing is not None:
            self._loader.write(request.picture, missing)
        self._navigator.know(photo_id, asked.placement)
        self._navigator.at = item_id
        bases = tuple(each.rle["counts"] for each in scored)
        source = "" if outcome is None else outcome.source
        question = store.question(
            Question(photo_id, item_id, request.phrase, cards, bases, source=source)
        )
        self._loader.forget(item_id)
        self._reviewer.show_objects(asked.placement, photo_id)
        self.touched.emit(item_id)
        return question

    def _on_failed(self, error: Exception) -> None:
        self._asked = None
        notify(error, self.told.emit)


def _same_question(answered: Request, asked: Request) -> bool:
    return answered.phrase == asked.phrase and answered.same_work(asked)


def _rle(card: Card, size: tuple[int, int]) -> Rle:
    height, width = size
    return card.rle or encode_rle(card.bitmap.window(0, 0, width, height))

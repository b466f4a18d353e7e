"""The one workspace of a viewer: a project, the current photo, and what is asked of it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from napari_zsris._qt.core.engine import Engine
from napari_zsris._qt.core.outcome import Card, Outcome
from napari_zsris._qt.core.photos import PhotoPlace
from napari_zsris._qt.core.picture import Picture, content_hash
from napari_zsris._qt.core.project_store import ProjectStore
from napari_zsris._qt.core.question import Question
from napari_zsris._qt.core.request import Request, Settings
from napari_zsris._qt.core.wording import count
from napari_zsris._qt.loader import Loader, Target
from napari_zsris._qt.navigator import Navigator
from napari_zsris._qt.reviewer import Reviewer
from napari_zsris._qt.runner import Runner
from napari_zsris._qt.viewer.activity import Activity
from napari_zsris._qt.viewer.channels import Channels
from napari_zsris._qt.viewer.identity import place_of
from napari_zsris._qt.viewer.notices import WarningNotices, notify
from napari_zsris._qt.viewer.placement import Placement
from napari_zsris._qt.viewer.snapshot import snapshot
from napari_zsris._qt.widgets.work_model import WorkModel
from napari_zsris.annotations import Project, Rle, Run, ScoredMask, encode_rle
from napari_zsris.annotations.sessions import open_session
from napari_zsris.errors import ZsrisError
from napari_zsris.progress import Progress

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["Workspace"]

# Arrays up to this size are read and told apart at once, without a person noticing.
LARGEST_AT_ONCE = 32_000_000
MILLISECONDS_TO_LOOK = 150


@dataclass(frozen=True, eq=False)
class _Asked:
    request: Request
    placement: Placement
    # The photo's number, where it is one of the work list.
    place: PhotoPlace | int | None


class Workspace(QObject):
    """What is open, what is asked, what is under way and what is shown; on the main thread.

    Parameters
    ----------
    viewer : napari viewer
        The viewer.
    settings : Settings
        What to segment with.
    engine : Engine
        What segments.
    list_ : WorkModel
        The work list.

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
    opened : Signal()
        Another project is open.
    touched : Signal(object)
        The item with this id is new or was decided on.
    """

    began = Signal()
    ended = Signal()
    progressed = Signal(object)
    answered = Signal(object)
    told = Signal(str)
    prepared = Signal(object)
    opened = Signal()
    touched = Signal(object)

    def __init__(
        self, viewer: ViewerModel, settings: Settings, engine: Engine, list_: WorkModel
    ) -> None:
        super().__init__()
        self.settings = settings
        self.ahead = False
        """Whether a photo is encoded as soon as it is shown."""
        self.image: Image | None = None
        self.channels = Channels()
        self.store: ProjectStore | None = None
        self.obstacle = ""
        """Why no project is open; empty while one is."""
        self.reviewer = Reviewer(viewer)
        self._viewer = viewer
        self._asked: _Asked | None = None
        self._outcome: Outcome | None = None
        self._looking: tuple[Picture, Placement] | None = None
        self._closed = False
        self._activity = Activity(self.cancel)
        self.loader = Loader(engine, lambda: self.settings)
        self.navigator = Navigator(viewer, self.reviewer, self.loader, list_)
        self._runner = Runner(engine)
        self._warnings = WarningNotices()
        self._look_soon = QTimer(self)
        self._look_soon.setSingleShot(True)
        self._look_soon.setInterval(MILLISECONDS_TO_LOOK)
        self._look_soon.timeout.connect(self._look)
        self._connect(viewer)

    def _connect(self, viewer: ViewerModel) -> None:
        runner, loader, navigator = self._runner, self.loader, self.navigator
        runner.started.connect(self._on_started)
        runner.progressed.connect(self._on_progressed)
        runner.answered.connect(self._on_answered)
        runner.identified.connect(self._on_identified)
        runner.failed.connect(self._on_failed)
        runner.warned.connect(self._warnings.show)
        runner.idle.connect(self._on_idle)
        runner.prepared.connect(self.prepared)
        loader.progressed.connect(self._on_progressed)
        loader.loaded.connect(self._on_loaded)
        loader.filled.connect(self._on_filled)
        navigator.began.connect(self.began)
        navigator.ended.connect(self._on_idle)
        navigator.told.connect(self.told)
        self.reviewer.told.connect(self.told)
        self.reviewer.decided.connect(self._on_decided)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.dims.events.current_step.connect(self._on_dims)

    @property
    def working(self) -> bool:
        """Whether a request is being answered."""
        return bool(self._runner.busy)

    # The project

    def begin(self) -> None:
        """Continue the session that was worked on last, or begin one."""
        try:
            session = open_session()
        except ZsrisError as error:
            self.obstacle = str(error)
            self.notify(error)
            return
        self._use(ProjectStore(session.project))
        name, kept = session.project.path.stem, self.accepted
        if session.obstacle:
            self.told.emit(f"New session {name}, because {session.obstacle}")
        elif session.continued and kept:
            self.told.emit(f"Session {name} goes on: {count(kept, 'accepted mask')} so far.")

    def open(self, path: Path) -> None:
        """Open a project where its review was left.

        Parameters
        ----------
        path : Path
            The project's file.

        Raises
        ------
        AnnotationError
            It cannot be opened, or another process writes it; what was open stays open.
        """
        project = Project.open(path)
        if not self.reviewer.put_away():
            project.close()
            return
        self._use(ProjectStore(project))
        position = project.queue.position
        if position is None:
            self.navigator.go_on()
        else:
            self.navigator.go_to(position)

    def save_as(self, path: Path) -> None:
        """Keep all work in a project of the person's own, and go on there.

        Parameters
        ----------
        path : Path
            The project's file.

        Raises
        ------
        ZsrisError
            It cannot be written; what was open stays open.
        """
        if self.store is None or not self.reviewer.keep():
            return
        before = self.store
        before.project.copy_to(path)
        store = ProjectStore(Project.open(path))
        before.close()
        if before.is_session:
            # All of it is in the copy, and the next session is to begin empty.
            before.project.path.unlink(missing_ok=True)
        self.store = self.reviewer.store = self.navigator.store = store
        self.loader.serve(store.project)
        self.opened.emit()
        self.told.emit(f"Kept in {path}, where work goes on.")

    def add_folder(self, folder: Path) -> None:
        """Put all photos of a folder into the work list.

        Parameters
        ----------
        folder : Path
            The folder.
        """
        if self.store is None:
            self.told.emit(self.obstacle)
        else:
            self.began.emit()
            self.loader.fill(self.store.photos, folder)

    @property
    def accepted(self) -> int:
        """How many masks are accepted."""
        return 0 if self.store is None else self.store.accepted

    def _use(self, store: ProjectStore) -> None:
        if self.store is not None:
            self.store.close()
        self._asked = self._outcome = None
        self.reviewer.annotations.clear()
        self.store = self.reviewer.store = store
        self.obstacle = ""
        self.navigator.serve(store)
        self.opened.emit()
        self._look()

    # Asking

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
        if frozen is None or not self.reviewer.keep():
            return False
        picture, placement = frozen
        place = self._place(picture, placement)
        self._submit(_Asked(Request(picture, words, self.settings), placement, place))
        if place is None:
            self._runner.identify(picture)
        return True

    def rerank(self) -> None:
        """Ask the last question again with the settings as they are now, of the same picture."""
        asked = self._asked
        if asked is not None and asked.placement.layer in self._viewer.layers:
            used = replace(
                asked.request.settings,
                weights=self.settings.weights,
                candidates=self.settings.candidates,
            )
            self._submit(replace(asked, request=replace(asked.request, settings=used)))

    def cancel(self) -> None:
        """Give up what is under way."""
        if self._runner.busy or self.loader.busy:
            self._asked = None
            self._runner.cancel()
            self.loader.give_up()
            self._on_idle()
            self.told.emit("Cancelled.")

    def draw(self, phrase: str) -> None:
        """Begin a mask from scratch.

        Parameters
        ----------
        phrase : str
            What it shows.
        """
        words = " ".join(phrase.split())
        question = self.reviewer.question
        if question is not None and words in ("", question.phrase):
            self.reviewer.draw()
            return
        if not words or self.reviewer.waiting_for:
            reason = self.reviewer.waiting_for or "Type what you are going to draw first."
            self.told.emit(reason)
            return
        frozen = self._frozen()
        if frozen is None or not self.reviewer.keep() or self.store is None:
            return
        picture, placement = frozen
        place = self._place(picture, placement, at_once=True)
        try:
            asked = self._noted(_Asked(Request(picture, words, self.settings), placement, place))
        except ZsrisError as error:
            self.notify(error)
            return
        self.reviewer.show(asked, placement)
        self.reviewer.draw()

    def undo(self) -> None:
        """Take the last decision back, and show its phrase."""
        if self.store is None or not self.reviewer.keep():
            return
        try:
            undone = self.store.decisions.undo()
        except ZsrisError as error:
            self.notify(error)
            return
        if undone is None:
            self.told.emit("There is no decision to take back.")
            return
        item, main, base = undone
        items = self.store.project.queue.of_photo(item.photo_id)
        self.reviewer.annotations.renew(item.photo_id, items)
        self.touched.emit(item.id if main is None else main)
        question, placement = self.reviewer.question, self.reviewer.placement
        if main is None:
            name = self.store.project.library.spoken_name(item.photo_id)
            self.told.emit(f"Took back what was painted on {name}.")
            self.reviewer.changed.emit()
            return
        if question is not None and placement is not None and question.item_id == main:
            self.reviewer.show(self.store.question(question, at=base), placement)
        else:
            self.loader.forget(main)
            self.navigator.go_to(main)
        state = "to do" if item.status == "todo" else item.status.replace("-", " ")
        self.told.emit(f"Took back: “{item.phrase}” is {state} again.")

    def leave_canvas(self) -> None:
        """Take all that is ours off the canvas; masks and brush work are in the project."""
        if self.reviewer.put_away():
            self.reviewer.annotations.clear()
            self.navigator.photo.remove()

    def close(self) -> None:
        """Keep all work and give everything up; nothing is shown any more."""
        if self._closed:
            return
        self._closed = True
        self.reviewer.keep()
        self._asked = None
        # First of all, because at the end of the process Qt may have taken the rest away already.
        self.loader.finish_writing()
        if self.store is not None:
            self.store.close()
        self._runner.close()
        self.loader.close()
        self._activity.close()
        self._look_soon.stop()
        self.reviewer.close()
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._viewer.dims.events.current_step.disconnect(self._on_dims)

    def end(self) -> None:
        """Do as `close` when the dock is destroyed with its viewer, without a word before."""
        with contextlib.suppress(RuntimeError):
            self.close()

    def notify(self, error: Exception) -> None:
        """Show an error.

        Parameters
        ----------
        error : Exception
            The error.
        """
        notify(error, self.told.emit)

    # The current photo

    def show_image(self, layer: Image | None, channels: Channels | None = None) -> None:
        """Make another image the current one; a question about the one before is put away.

        Parameters
        ----------
        layer : napari Image or None
            The image.
        channels : Channels, optional
            How its channels make the picture.
        """
        before, self.image = self.image, layer
        if layer is not before:
            self.reviewer.waiting_for = ""
        self.channels = channels or Channels()
        question = self.reviewer.placement
        if question is not None and question.layer is not layer:
            self.reviewer.put_away()
        if layer is not before or channels is not None:
            self._look()

    def _look(self) -> None:
        """Find out which photo is shown, and show its accepted masks."""
        self._looking = None
        if self.image is None or self.store is None or self._closed:
            return
        try:
            picture, placement = self._snapshot(self.image)
            if self.ahead:
                self._runner.encode_ahead([picture], self.settings)
            place = self._place(picture, placement)
            if place is None:
                self._looking = picture, placement
                self._runner.identify(picture)
            else:
                self._show_objects(placement, place)
        except ZsrisError:
            # What cannot be segmented now is told when it is asked.
            return

    def _show_objects(self, placement: Placement, place: PhotoPlace | int) -> None:
        if self.store is None:
            return
        photo_id = place if isinstance(place, int) else self.store.photos.find(place)
        self.reviewer.annotations.name_for(placement)
        if photo_id is not None:
            self.navigator.know(photo_id, placement)
            self.reviewer.show_objects(placement, photo_id)

    def _snapshot(self, layer: Image) -> tuple[Picture, Placement]:
        picture, placement = snapshot(self._viewer, layer, self.channels)
        return picture, self.navigator.photo.settle(placement)

    def _frozen(self) -> tuple[Picture, Placement] | None:
        if self.image is None:
            self.told.emit("Open an image first: File > Open, or File > Open Sample.")
            return None
        if self.store is None:
            self.told.emit(self.obstacle)
            return None
        try:
            return self._snapshot(self.image)
        except ZsrisError as error:
            self.notify(error)
            return None

    def _place(
        self, picture: Picture, placement: Placement, *, at_once: bool = False
    ) -> PhotoPlace | int | None:
        """Tell what a picture is known by; None where its values are to be read in a thread."""
        listed = self.navigator.photo.photo_of(placement.layer)
        if listed is not None:
            return listed
        place = place_of(placement, self.channels, None)
        if place is None and (at_once or _is_small(picture)):
            contents = content_hash(*(plane.read() for plane in picture.planes))
            place = place_of(placement, self.channels, contents)
        return place

    # Answers

    def _submit(self, asked: _Asked) -> None:
        self._asked, self._outcome = asked, None
        self._runner.ask(asked.request)

    def _on_identified(self, picture: Picture, contents: str) -> None:
        looking, asked = self._looking, self._asked
        if looking is not None and looking[0] is picture:
            self._looking = None
            place = place_of(looking[1], self.channels, contents)
            if place is not None:
                self._show_objects(looking[1], place)
        if asked is not None and asked.request.picture is picture and asked.place is None:
            self._asked = replace(asked, place=place_of(asked.placement, self.channels, contents))
            if self._outcome is not None:
                self._take(self._outcome)

    def _on_answered(self, outcome: Outcome) -> None:
        asked = self._asked
        if asked is None or not _same_question(outcome.request, asked.request):
            return
        if asked.place is None:
            self._outcome = outcome
        else:
            self._take(outcome)

    def _take(self, outcome: Outcome) -> None:
        """Note what was found, and then show it."""
        asked, self._outcome = self._asked, None
        if asked is None or asked.placement.layer not in self._viewer.layers:
            return
        phrase = asked.request.phrase
        if asked.placement.layer is not self.image:
            self.told.emit(f"“{phrase}” was found, but another photo is current by now.")
            return
        if not self.reviewer.keep():
            return
        try:
            question = self._noted(asked, outcome)
        except ZsrisError as error:
            self.notify(error)
            return
        self.reviewer.show(question, asked.placement)
        self.answered.emit(outcome)
        if not outcome.cards:
            self.told.emit(
                "No regions were found in this picture. Press D to draw the mask yourself, "
                "or choose other proposals."
            )

    def _noted(self, asked: _Asked, outcome: Outcome | None = None) -> Question:
        """Put photo, phrase and candidates on record."""
        store, request = self.store, asked.request
        if store is None or asked.place is None:
            raise AssertionError("a question is noted in a project, of a photo that is known")
        if isinstance(asked.place, int):
            photo_id = asked.place
        else:
            photo_id, missing = store.photos.add(asked.place)
            if missing is not None:
                self.loader.write(request.picture, missing)
        cards = () if outcome is None else outcome.cards
        scored = [ScoredMask(_rle(card, asked.placement.site.size), card.score) for card in cards]
        run = None if outcome is None else _run(outcome)
        head = None if outcome is None else outcome.head
        item_id = store.ask(photo_id, request.phrase, scored, run, head)
        self.navigator.know(photo_id, asked.placement)
        self.navigator.at = item_id
        bases = tuple(each.rle["counts"] for each in scored)
        source = "" if outcome is None else outcome.source
        question = store.question(
            Question(photo_id, item_id, request.phrase, cards, bases, source=source)
        )
        self.loader.forget(item_id)
        self.reviewer.show_objects(asked.placement, photo_id)
        self.touched.emit(item_id)
        return question

    def _on_decided(self, item_id: int) -> None:
        question = self.reviewer.question
        self.loader.forget(item_id)
        self.touched.emit(item_id)
        if question is not None and question.listed:
            self.navigator.go_on(also_skipped=False)
        elif question is not None and question.shown is None:
            self.reviewer.put_away()

    def _on_loaded(self, target: Target) -> None:
        if target.item_id is not None:
            self.touched.emit(target.item_id)

    def _on_filled(self, photos: int) -> None:
        self._on_idle()
        self.opened.emit()
        self.told.emit(f"{count(photos, 'photo')} in the list: K shows the next one.")

    def _on_started(self, _request: Request) -> None:
        self.began.emit()

    def _on_progressed(self, progress: Progress) -> None:
        self.progressed.emit(progress)
        # Last, because napari's bar lets the event loop run: the end of the work may come in it.
        self._activity.show(progress)

    def _on_failed(self, error: Exception) -> None:
        self._asked = None
        self.notify(error)

    def _on_idle(self) -> None:
        self._activity.close()
        self.ended.emit()

    def _on_dims(self, _event: object = None) -> None:
        self._look_soon.start()

    def _on_removed(self, event: Any) -> None:
        removed = event.value
        if self._asked is not None and self._asked.placement.layer is removed:
            self.cancel()
            self._asked = None
        # The viewer may be removing all its layers, one by one: keep out of its way.
        QTimer.singleShot(0, self._leave)

    def _leave(self) -> None:
        if not self._closed and self.reviewer.keep():
            self.reviewer.annotations.remove_closed()
        placement = self.reviewer.placement
        gone = placement is not None and placement.layer not in self._viewer.layers
        if gone and not self._closed:
            self.reviewer.put_away("The photo was closed: open it again, or press J.")


def _same_question(answered: Request, asked: Request) -> bool:
    return answered.phrase == asked.phrase and answered.same_work(asked)


def _is_small(picture: Picture) -> bool:
    planes = [plane.data for plane in picture.planes]
    return all(isinstance(data, np.ndarray) and data.nbytes <= LARGEST_AT_ONCE for data in planes)


def _rle(card: Card, size: tuple[int, int]) -> Rle:
    height, width = size
    return card.rle or encode_rle(card.bitmap.window(0, 0, width, height))


def _run(outcome: Outcome) -> Run:
    settings = json.dumps(asdict(outcome.weights), sort_keys=True)
    return outcome.run or Run(outcome.source, outcome.request.settings.clip, settings)

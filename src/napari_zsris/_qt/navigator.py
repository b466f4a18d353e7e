"""From one photo or phrase of the work list to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_zsris._qt.loader import Loader
from napari_zsris._qt.reviewer import Reviewer
from napari_zsris._qt.viewer.identity import file_of
from napari_zsris._qt.viewer.list_photo import ListPhoto
from napari_zsris._qt.viewer.notices import notify
from napari_zsris._qt.viewer.placement import Placement
from napari_zsris._qt.viewer.snapshot import is_image, picture_of, snapshot
from napari_zsris._qt.widgets.work_model import WorkModel
from napari_zsris.errors import ZsrisError
from napari_zsris.review.prepared import Prepared, Target
from napari_zsris.review.project_store import ProjectStore
from napari_zsris.review.question import Question
from napari_zsris.review.question_reader import base_in_force
from napari_zsris.wording import spoken_status

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

    from napari_zsris.engine.picture import Picture

__all__ = ["Navigator"]

AHEAD = 3


class Navigator(QObject):
    """Shows what the work list holds, one photo at a time.

    Parameters
    ----------
    viewer : napari viewer
        Where photos are shown.
    reviewer : Reviewer
        What shows questions.
    loader : Loader
        What loads photos and phrases.
    list_ : WorkModel
        The work list.

    Attributes
    ----------
    began, ended : Signal()
        Something is being loaded, or no longer.
    arrived : Signal(object)
        This image layer shows the wanted photo now.
    moved : Signal(object)
        The row with this id is wanted, or shown.
    told : Signal(str)
        A sentence for the person.
    """

    began = Signal()
    ended = Signal()
    arrived = Signal(object)
    moved = Signal(object)
    told = Signal(str)

    def __init__(
        self, viewer: ViewerModel, reviewer: Reviewer, loader: Loader, list_: WorkModel
    ) -> None:
        super().__init__()
        self._viewer, self._reviewer, self._loader, self._list = viewer, reviewer, loader, list_
        self.photo = ListPhoto(viewer)
        self.at: int | None = None
        """The row that is wanted or shown."""
        self._ahead: list[Target] = []
        self._placements: dict[int, Placement] = {}
        loader.ready.connect(self._on_ready)
        loader.failed.connect(self._on_failed)

    def serve(self, store: ProjectStore) -> None:
        """Go through another project.

        Parameters
        ----------
        store : ProjectStore
            The project.
        """
        self.at, self._ahead = None, []
        self._placements = {}
        self.photo.remove()
        self._loader.serve(store.project)

    def following_picture(self, photo_id: int | None) -> Picture | None:
        """Give the photo that follows in the list, where a model is to look at it.

        Parameters
        ----------
        photo_id : int or None
            The photo that is shown; None for one that is not of the list.

        Returns
        -------
        Picture or None
            The photo as our layer shows it; None as long as it is not loaded.

        Raises
        ------
        AnnotationError
            The project cannot be read.
        """
        target = next((one for one in self._ahead if one.photo_id != photo_id), None)
        prepared = None if target is None else self._loader.find(target)
        store = self._reviewer.store
        if prepared is None or store is None:
            return None
        waits = store.waits_for_models(prepared.target.photo_id)
        return picture_of(prepared.pixels) if waits else None

    def know(self, photo_id: int, placement: Placement) -> None:
        """Remember where a photo is open.

        Parameters
        ----------
        photo_id : int
            Its number.
        placement : Placement
            Where it lies in the viewer.
        """
        self._placements[photo_id] = placement

    def go_to(self, row_id: int) -> None:
        """Show a phrase, or a photo without one, as soon as it is there.

        Parameters
        ----------
        row_id : int
            The phrase's item, or the photo's number below zero.
        """
        if self._reviewer.store is None:
            return
        if self._viewer.dims.ndisplay != 2:
            self.told.emit(
                "The viewer shows a volume: switch to 2D with the button below the layer list, "
                "then go on."
            )
            return
        try:
            target = self._target(row_id)
            picture = self._open_picture(target.photo_id)
        except ZsrisError as error:
            notify(error, self.told.emit)
            return
        if not self._reviewer.put_away("The photo is being opened: one moment."):
            return
        self.at = row_id
        self.moved.emit(row_id)
        self.began.emit()
        self._ahead = [self._target(each) for each in self._likely_after(row_id)]
        self._loader.want(target, self._ahead, picture)

    def go_on(self, *, also_skipped: bool = True) -> None:
        """Show the next phrase to do of those that are listed, and after the last what is skipped.

        Parameters
        ----------
        also_skipped : bool
            Whether skipped phrases are shown when nothing else is left.
        """
        following = self._list.after(self.at, 1)
        if not following and also_skipped:
            following = self._list.after(self.at, 1, skipped=True)
        if following:
            self.go_to(following[0])
        else:
            self.told.emit("Nothing listed is left to do. Choose another filter, or export.")

    def go_back(self) -> None:
        """Show the phrase before this one in the list, whatever was decided on it."""
        before = self._list.before(self.at)
        if before is None:
            self.told.emit("This is the first phrase of the list.")
        else:
            self.go_to(before)

    def go_to_photo(self, by: int) -> None:
        """Show a neighbouring photo of the list: its first phrase to do, or the photo alone.

        Parameters
        ----------
        by : int
            1 for the next photo, -1 for the previous one.
        """
        row_id = self._list.neighbour_photo(self.at, by)
        if row_id is None:
            self.told.emit(
                "There is no other photo in the list: open a folder or a project to fill it."
            )
        else:
            self.go_to(row_id)

    def _likely_after(self, row_id: int) -> list[int]:
        """Give the rows that the next keys may lead to: phrases to do, and the next photo."""
        rows = self._list.after(row_id, AHEAD)
        photo = self._list.neighbour_photo(row_id, 1)
        return rows if photo is None or photo in rows else [*rows, photo]

    def _target(self, row_id: int) -> Target:
        if row_id < 0:
            return Target(-row_id)
        if self._reviewer.store is None:
            raise AssertionError("rows belong to a project")
        return Target(self._reviewer.store.project.library.photo_of(row_id), row_id)

    def _layer_of(self, photo_id: int) -> Image | None:
        """Find a layer that shows a photo already: one that a person opened."""
        known = self._placements.get(photo_id)
        if (
            known is not None
            and known.layer in self._viewer.layers
            and self.photo.photo_of(known.layer) in (None, photo_id)
        ):
            return known.layer
        if self._reviewer.store is None:
            return None
        file = self._reviewer.store.project.library.photo_file(photo_id)
        return next(
            (
                layer
                for layer in self._viewer.layers
                if is_image(layer) and layer.ndim == 2 and file_of(layer) == file.absolute()
            ),
            None,
        )

    def _open_picture(self, photo_id: int) -> Picture | None:
        layer = self._layer_of(photo_id)
        if layer is None or layer is self.photo.layer:
            return None
        self._show_plane(photo_id)
        picture, _ = snapshot(self._viewer, layer)
        return picture

    def _show_plane(self, photo_id: int) -> None:
        known = self._placements.get(photo_id)
        if known is not None and known.layer in self._viewer.layers:
            known.go_back(self._viewer)

    def _on_ready(self, prepared: Prepared) -> None:
        if self._reviewer.store is None:
            return
        try:
            question = self._question(self._reviewer.store, prepared)
            layer, placement = self._show_photo(prepared)
        except ZsrisError as error:
            self._on_failed(error)
            return
        self.ended.emit()
        self.arrived.emit(layer)
        if question is None:
            self._reviewer.put_away()
        else:
            self._reviewer.show(question, placement)
            self._leave_at(self._reviewer.store, question.item_id)
        self._reviewer.show_objects(placement, prepared.target.photo_id)
        item = prepared.item
        if item is not None:
            self.told.emit(item.failure or f"{prepared.name}: {spoken_status(item.status)}")
        else:
            self.told.emit(f"{prepared.name}: type what to find.")

    def _question(self, store: ProjectStore, prepared: Prepared) -> Question | None:
        if prepared.item is None:
            return None
        item = store.project.queue.item(prepared.item.id)
        bases = tuple(candidate.rle["counts"] for candidate in prepared.item.candidates)
        asked = Question(item.photo_id, item.id, item.phrase, prepared.cards, bases, listed=True)
        decided = base_in_force(item)
        return store.question(asked, at=decided)

    def _show_photo(self, prepared: Prepared) -> tuple[Image, Placement]:
        photo_id = prepared.target.photo_id
        layer = self._layer_of(photo_id)
        if layer is None or layer is self.photo.layer:
            self._leave_photo(photo_id)
            layer = self.photo.show(photo_id, prepared.pixels, prepared.name)
            _, placement = snapshot(self._viewer, layer)
            placement = self.photo.settle(placement)
            self._placements[photo_id] = placement
        else:
            self._show_plane(photo_id)
            _, placement = snapshot(self._viewer, layer)
            placement = self._placements.get(photo_id, placement)
        return layer, placement

    def _leave_photo(self, photo_id: int) -> None:
        """Take the masks of the list's last photo off the canvas; they are in the project."""
        before = self.photo.photo_of(self.photo.layer)
        placement = None if before is None else self._placements.get(before)
        if before != photo_id and placement is not None:
            self._reviewer.annotations.remove(placement)

    def _leave_at(self, store: ProjectStore, item_id: int) -> None:
        try:
            store.project.queue.leave_at(item_id)
        except ZsrisError as error:
            notify(error, self.told.emit)

    def _on_failed(self, error: Exception) -> None:
        self.ended.emit()
        self._reviewer.waiting_for = f"{error} J goes on, ⇧J goes back."
        self._reviewer.changed.emit()
        notify(error, self.told.emit)

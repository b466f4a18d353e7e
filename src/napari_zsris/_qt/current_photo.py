"""The photo on the canvas that is current: what it is known by, and its accepted masks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, QTimer

from napari_zsris._qt.navigator import Navigator
from napari_zsris._qt.reviewer import Reviewer
from napari_zsris._qt.runner import Runner
from napari_zsris._qt.viewer.identity import identity_of
from napari_zsris._qt.viewer.placement import Placement
from napari_zsris._qt.viewer.snapshot import Channels, snapshot
from napari_zsris.engine.picture import Picture, content_hash
from napari_zsris.engine.request import Settings
from napari_zsris.errors import ZsrisError
from napari_zsris.review.photos import PhotoIdentity

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

__all__ = ["CurrentPhoto"]

# Arrays up to this size are read and told apart at once, without a person noticing.
LARGEST_AT_ONCE = 32_000_000
MILLISECONDS_TO_LOOK = 150


class CurrentPhoto(QObject):
    """Follows the current image, and shows what was accepted on it.

    Parameters
    ----------
    viewer : napari viewer
        Where the image is.
    reviewer : Reviewer
        What shows masks.
    navigator : Navigator
        What knows the photos of the list.
    runner : Runner
        What encodes ahead and reads large arrays.
    settings : callable
        Gives the settings to encode with.
    ahead : callable
        Tells whether photos are encoded before anything is asked of them.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        reviewer: Reviewer,
        navigator: Navigator,
        runner: Runner,
        settings: Callable[[], Settings],
        ahead: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._viewer, self._reviewer, self._navigator = viewer, reviewer, navigator
        self._runner, self._settings, self._ahead = runner, settings, ahead
        self.image: Image | None = None
        self.channels = Channels()
        self._looking: tuple[Picture, Placement] | None = None
        self._look_soon = QTimer(self)
        self._look_soon.setSingleShot(True)
        self._look_soon.setInterval(MILLISECONDS_TO_LOOK)
        self._look_soon.timeout.connect(self.look)
        runner.identified.connect(self._on_identified)
        # Our one layer for photos of the list shows another photo now.
        navigator.arrived.connect(self._on_arrived)
        viewer.dims.events.current_step.connect(self._on_dims)

    def close(self) -> None:
        """Heed the viewer no more."""
        self._look_soon.stop()
        self._viewer.dims.events.current_step.disconnect(self._on_dims)

    def show(self, layer: Image | None, channels: Channels | None = None) -> None:
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
            self._reviewer.waiting_for = ""
        self.channels = channels or Channels()
        question = self._reviewer.placement
        if question is not None and question.layer is not layer:
            self._reviewer.put_away()
        if layer is not before or channels is not None:
            self.look()

    def look(self) -> None:
        """Find out which photo is shown, and show its accepted masks."""
        self._looking = None
        if self.image is None or self._reviewer.store is None:
            return
        try:
            picture, placement = self.snapshot(self.image)
            self._encode_ahead(picture, placement)
            identity = self.identity_of(picture, placement)
            if identity is None:
                self._looking = picture, placement
                self._runner.identify(picture)
            else:
                self._show_objects(placement, identity)
        except ZsrisError:
            # What cannot be segmented now is told when it is asked.
            return

    def encode_ahead(self) -> None:
        """Encode what is likely to be asked about next, or give that up, as the settings say."""
        if self.image is not None and self._reviewer.store is not None:
            # What cannot be segmented now is told when it is asked.
            with suppress(ZsrisError):
                self._encode_ahead(*self.snapshot(self.image))

    def _encode_ahead(self, picture: Picture, placement: Placement) -> None:
        pictures = []
        if self._ahead():
            store, listed = self._reviewer.store, self._navigator.photo.photo_of(placement.layer)
            if listed is None or (store is not None and store.waits_for_models(listed)):
                pictures.append(picture)
            following = self._navigator.following_picture(listed)
            if following is not None:
                pictures.append(following)
        self._runner.encode_ahead(pictures, self._settings())

    def snapshot(self, layer: Image) -> tuple[Picture, Placement]:
        """Freeze what an image shows.

        Parameters
        ----------
        layer : napari Image
            The image.

        Returns
        -------
        tuple of Picture and Placement
            The picture, and where it lies.

        Raises
        ------
        ImageError
            It shows nothing that can be segmented.
        """
        picture, placement = snapshot(self._viewer, layer, self.channels)
        return picture, self._navigator.photo.settle(placement)

    def identity_of(
        self, picture: Picture, placement: Placement, *, at_once: bool = False
    ) -> PhotoIdentity | int | None:
        """Tell what a picture is known by.

        Parameters
        ----------
        picture : Picture
            The picture.
        placement : Placement
            Where it lies.
        at_once : bool
            Whether its values are read here and now, however many there are.

        Returns
        -------
        PhotoIdentity or int or None
            The photo's number, where it is one of the list; None where the values are to be read
            in a thread.
        """
        listed = self._navigator.photo.photo_of(placement.layer)
        if listed is not None:
            return listed
        identity = identity_of(placement, self.channels, None)
        if identity is None and (at_once or _is_small(picture)):
            contents = content_hash(*(plane.read() for plane in picture.planes))
            identity = identity_of(placement, self.channels, contents)
        return identity

    def _show_objects(self, placement: Placement, identity: PhotoIdentity | int) -> None:
        if self._reviewer.store is None:
            return
        photo_id = (
            identity if isinstance(identity, int) else self._reviewer.store.photos.find(identity)
        )
        self._reviewer.annotations.name_for(placement)
        if photo_id is not None:
            self._navigator.know(photo_id, placement)
            self._reviewer.show_objects(placement, photo_id)

    def is_open(self, placement: Placement) -> bool:
        """Tell whether an image is still in the viewer.

        Parameters
        ----------
        placement : Placement
            Where it lay.

        Returns
        -------
        bool
            Whether it is.
        """
        return placement.layer in self._viewer.layers

    def _on_identified(self, picture: Picture, contents: str) -> None:
        looking = self._looking
        if looking is not None and looking[0] is picture:
            self._looking = None
            identity = identity_of(looking[1], self.channels, contents)
            if identity is not None:
                self._show_objects(looking[1], identity)

    def _on_arrived(self, _layer: object) -> None:
        self.encode_ahead()

    def _on_dims(self, _event: object = None) -> None:
        self._look_soon.start()


def _is_small(picture: Picture) -> bool:
    planes = [plane.data for plane in picture.planes]
    return all(isinstance(data, np.ndarray) and data.nbytes <= LARGEST_AT_ONCE for data in planes)

"""One item of a project on the canvas, and what a person decides about it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Signal

from napari_zsris._qt.candidate_reviewer import CandidateReviewer
from napari_zsris._qt.core.review import Question, Review
from napari_zsris._qt.queue.prepared import Prepared
from napari_zsris._qt.viewer.snapshot import snapshot
from napari_zsris.annotations import Item, Project
from napari_zsris.proposals.bitmap import Bitmap

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

    from napari_zsris._qt.core.outcome import Card

__all__ = ["ItemReviewer"]

# Candidates of different items need different keys, so that a layer somebody painted on is not
# taken for another item's; no project keeps as many candidates of one item.
KEYS_PER_ITEM = 10_000


class ItemReviewer(CandidateReviewer):
    """Shows an item's photo and candidates, and writes decisions to the project.

    Parameters
    ----------
    viewer : napari viewer
        Where they are shown.
    project : Project
        Where decisions go; they are on disk when a method returns.

    Attributes
    ----------
    decided : Signal(int)
        The item with this id was decided on.
    """

    decided = Signal(int)

    NOTHING_CHOSEN = "No candidate is shown: press N for the first, or D to draw the mask."

    def __init__(self, viewer: ViewerModel, project: Project) -> None:
        super().__init__(viewer)
        self._project = project
        self._photo: Image | None = None
        self._since = 0.0
        self.item: Item | None = None

    def show(self, prepared: Prepared, item: Item) -> None:
        """Show an item: its decided mask where there is one, else its best candidate.

        Parameters
        ----------
        prepared : Prepared
            The item's photo and candidates.
        item : Item
            The item as it is now.
        """
        another = self._show_photo(prepared, item)
        _, placement = snapshot(self._viewer, self._photo)
        self._placement, self.item = placement, item
        self.review = Review(Question(placement.site, item.phrase, item.id))
        decided = _decided(item)
        self.review.offer([_keyed(card, item, decided) for card in prepared.cards], {})
        self._candidates.start(placement, list(self.review), item.phrase)
        self._since = time.monotonic()
        if decided is not None:
            self._choose_decided(self.review, item, decided)
        self._present()
        if another:
            self._viewer.reset_view()

    def draw(self) -> None:
        """Begin a mask from scratch."""
        self._draw_anew()

    def accept(self) -> None:
        """Keep the mask that is shown, as it is now."""
        chosen = None if self.review is None else self.review.chosen
        mask = None if chosen is None else self._candidates.mask(chosen.key)
        if chosen is None or mask is None or not mask.any():
            self.told.emit("There is no mask to accept: choose one with N, or draw one with D.")
        elif chosen.card is None:
            self.decide("none-fits", mask=mask)
        else:
            rank = chosen.card.rank
            if self.item is None or np.array_equal(mask, self.item.candidates[rank].mask):
                self.decide("accepted", candidate=rank)
            else:
                self.decide("corrected", candidate=rank, mask=mask)

    def decide(self, status: str, **kept: object) -> None:
        """Write a decision on the item that is shown.

        Parameters
        ----------
        status : str
            As for `Project.decide`.
        **kept : object
            The candidate and the mask, as for `Project.decide`.
        """
        if self.item is None or self.review is None:
            self.told.emit("No phrase is shown: open a project first.")
            return
        seconds = time.monotonic() - self._since
        self._project.decide(self.item.id, status, seconds=seconds, **kept)  # type: ignore[arg-type]
        for entry in self.review:
            self._candidates.settle(entry.key, settled=True)
        self.decided.emit(self.item.id)

    def leave(self) -> None:
        """Take photo and candidates off the canvas; layers with undecided changes stay."""
        self._candidates.clear()
        if self._photo is not None and self._photo in self._viewer.layers:
            self._viewer.layers.remove(self._photo)
        self._photo = self.item = self.review = self._placement = None

    def _show_photo(self, prepared: Prepared, item: Item) -> bool:
        """Show an item's photo, and tell whether it is another one than before."""
        if self._photo is None or self._photo not in self._viewer.layers:
            self._photo = self._viewer.add_image(prepared.pixels, name=item.photo, rgb=True)
            return True
        if self.item is not None and self.item.photo_id == item.photo_id:
            return False
        # A layer takes new data much faster than the viewer takes a new layer.
        self._photo.data = prepared.pixels
        self._photo.name = item.photo
        return True

    def _choose_decided(self, review: Review, item: Item, decided: Bitmap) -> None:
        rank = None if item.decision is None else item.decision.rank
        if rank is not None:
            review.choose(_key(item, rank))
        if rank is None or review.chosen is None:
            drawn = review.draw()
            self._candidates.restore(drawn, decided, item.phrase)
            self._candidates.settle(drawn.key, settled=True)


def _key(item: Item, rank: int) -> int:
    return item.id * KEYS_PER_ITEM + rank


def _decided(item: Item) -> Bitmap | None:
    return None if item.final_mask is None else Bitmap.from_mask(item.final_mask)


def _keyed(card: Card, item: Item, decided: Bitmap | None) -> Card:
    """Let a candidate that was decided on begin as the person left it."""
    known = decided is not None and item.decision is not None and item.decision.rank == card.rank
    bitmap = decided if known and decided is not None else card.bitmap
    return replace(card, proposal=_key(item, card.rank), bitmap=bitmap)

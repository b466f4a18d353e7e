"""Candidates as editable Labels layers, made when they are first looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris._qt.core.mask_colour import DEFAULT_COLOUR
from napari_zsris._qt.core.review import Entry
from napari_zsris._qt.core.wording import elide
from napari_zsris._qt.viewer.brush import Brush
from napari_zsris._qt.viewer.mask_labels import MaskLabels
from napari_zsris._qt.viewer.placement import Placement

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_zsris.proposals import Bitmap

__all__ = ["CandidateLayers"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(eq=False)
class _Slot:
    layer: MaskLabels
    # None for a layer that waits to serve a candidate.
    key: int | None
    proposed: BoolArray
    settled: bool = False


class CandidateLayers:
    """One Labels layer per candidate, because masks overlap; only the chosen one is visible.

    Layers that nobody painted on serve the next candidates, which is much faster than making new
    ones; a layer that somebody painted on is never written to or removed before it is settled.

    Parameters
    ----------
    viewer : napari viewer
        Where the layers go.

    Attributes
    ----------
    brush : Brush
        What the layers are painted with.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._slots: list[_Slot] = []
        self._placement: Placement | None = None
        self.brush = Brush()

    def start(self, placement: Placement, entries: list[Entry], phrase: str) -> None:
        """Make the layers there are serve a new list of candidates.

        Parameters
        ----------
        placement : Placement
            Where the masks lie.
        entries : list of Entry
            The candidates, best first.
        phrase : str
            What was looked for.
        """
        self._drop_deleted()
        if not self._lies_like(placement):
            self.clear()
        elif self._placement is not None and self._placement.site != placement.site:
            self._retire()
        self._placement = placement
        wanted = {entry.key: entry for entry in entries}
        spare = [slot for slot in self._slots if self._spare(slot)]
        painted = [slot for slot in self._slots if slot not in spare]
        self._part_with([slot for slot in painted if slot.key not in wanted])
        for slot in self._slots:
            if slot.key in wanted:
                _caption(slot.layer, wanted[slot.key], phrase)
        held = {slot.key for slot in painted}
        open_ = [entry for entry in entries if entry.key not in held and entry.card is not None]
        # As many of the best as there are layers to serve them, so that none need be made.
        served = {entry.key: entry for entry in open_[: len(spare)]}
        idle = [slot for slot in spare if slot.key is None or not served.pop(slot.key, None)]
        for slot, entry in zip(idle, served.values(), strict=False):
            self._serve(slot, entry, phrase)
        for slot in idle[len(served) :]:
            self._remove(slot)

    def show(self, entry: Entry | None, phrase: str) -> Labels | None:
        """Show one candidate's mask and hide the others.

        Parameters
        ----------
        entry : Entry or None
            The candidate; None hides all.
        phrase : str
            What was looked for.

        Returns
        -------
        napari Labels or None
            The candidate's layer.
        """
        self._drop_deleted()
        shown = None if entry is None else self._slot(entry.key) or self._make(entry, phrase)
        for slot in self._slots:
            if slot is not shown and slot.layer.visible:
                slot.layer.visible = False
        if shown is None:
            return None
        if not shown.layer.visible:
            shown.layer.visible = True
        self._viewer.layers.selection.active = shown.layer
        self.brush.attach(shown.layer, self._place)
        return shown.layer

    def hide(self) -> None:
        """Hide all candidates."""
        self.show(None, "")

    def visible(self, key: int) -> Labels | None:
        """Give a candidate's layer if it is on the canvas.

        Parameters
        ----------
        key : int
            The candidate's key.

        Returns
        -------
        napari Labels or None
            The layer.
        """
        self._drop_deleted()
        slot = self._slot(key)
        return slot.layer if slot is not None and slot.layer.visible else None

    def mask(self, key: int) -> BoolArray | None:
        """Give a candidate's mask as it is now.

        Parameters
        ----------
        key : int
            The candidate's key.

        Returns
        -------
        (H, W) bool array or None
            A new array; None when the candidate has no layer.
        """
        self._drop_deleted()
        slot = self._slot(key)
        return None if slot is None else self._current(slot)

    def edited(self, key: int) -> bool:
        """Tell whether a candidate's mask differs from what was proposed.

        Parameters
        ----------
        key : int
            The candidate's key.

        Returns
        -------
        bool
            False when the candidate has no layer.
        """
        slot = self._slot(key)
        return slot is not None and not np.array_equal(self._current(slot), slot.proposed)

    def restore(self, entry: Entry, bitmap: Bitmap, phrase: str) -> None:
        """Give a candidate the mask it was accepted with, as one stroke that can be undone.

        Parameters
        ----------
        entry : Entry
            The candidate.
        bitmap : Bitmap
            The mask.
        phrase : str
            What was looked for.
        """
        self.show(entry, phrase)
        slot = self._slot(entry.key)
        if slot is None:
            return
        height, width = self._place.site.size
        mask = bitmap.window(0, 0, width, height)
        changed = np.nonzero(self._place.lift(self._current(slot) != mask))
        if changed[0].size:
            slot.layer.data_setitem(changed, self._data(mask)[changed])

    def settle(self, key: int, *, settled: bool) -> None:
        """Note whether a candidate is decided, so that its layer may serve others.

        Parameters
        ----------
        key : int
            The candidate's key.
        settled : bool
            False when the decision was taken back.
        """
        slot = self._slot(key)
        if slot is not None:
            slot.settled = settled

    def clear(self) -> None:
        """Remove the layers that nobody painted on; the others stay, as the person's own."""
        self._drop_deleted()
        for slot in list(self._slots):
            if self._spare(slot):
                self._remove(slot)
        self._slots = []

    @property
    def _place(self) -> Placement:
        if self._placement is None:
            raise AssertionError("candidates have a place before they are shown")
        return self._placement

    def _lies_like(self, placement: Placement) -> bool:
        old = self._placement
        return (
            old is not None
            and old.layer == placement.layer
            and old.site.axes == placement.site.axes
            and old.site.position == placement.site.position
            and bool(np.array_equal(old.factors, placement.factors))
        )

    def _retire(self) -> None:
        """Let the layers serve another picture that the image layer shows by now."""
        self._part_with([slot for slot in self._slots if not self._spare(slot)])
        for slot in self._slots:
            slot.key = None

    def _part_with(self, slots: list[_Slot]) -> None:
        """Leave layers to the person who painted on them, out of sight."""
        for slot in slots:
            self._slots.remove(slot)
            slot.layer.visible = False

    def _serve(self, slot: _Slot, entry: Entry, phrase: str) -> None:
        mask = self._proposed(entry)
        data = self._data(mask)
        slot.key, slot.proposed, slot.settled = entry.key, mask, False
        if slot.layer.data.shape != data.shape:
            # A hidden layer would keep the extent of its old data.
            slot.layer.visible = True
        # Making a layer read-only empties its undo history, which would corrupt the new mask.
        slot.layer.editable = False
        slot.layer.data = data
        slot.layer.editable = True
        slot.layer.tint = _tint(entry)
        _caption(slot.layer, entry, phrase)

    def _make(self, entry: Entry, phrase: str) -> _Slot:
        mask = self._proposed(entry)
        data = self._data(mask)
        layer = MaskLabels(data, _tint(entry), opacity=1.0, **self._place.transform(data.shape))
        _caption(layer, entry, phrase)
        slot = _Slot(layer, entry.key, mask)
        self._slots.append(slot)
        self._viewer.add_layer(layer)
        return slot

    def _data(self, mask: BoolArray) -> npt.NDArray[np.uint8]:
        return self._place.lift(mask.astype(np.uint8))

    def _proposed(self, entry: Entry) -> BoolArray:
        height, width = self._place.site.size
        if entry.card is None:
            return np.zeros((height, width), bool)
        return entry.card.bitmap.window(0, 0, width, height)

    def _current(self, slot: _Slot) -> BoolArray:
        # More than one label may have been painted with: all of them are the object.
        return np.asarray(self._place.plane(slot.layer.data) != 0)

    def _spare(self, slot: _Slot) -> bool:
        return slot.settled or np.array_equal(self._current(slot), slot.proposed)

    def _slot(self, key: int) -> _Slot | None:
        return next((slot for slot in self._slots if slot.key == key), None)

    def _remove(self, slot: _Slot) -> None:
        self._slots.remove(slot)
        self._viewer.layers.remove(slot.layer)

    def _drop_deleted(self) -> None:
        self._slots = [slot for slot in self._slots if slot.layer in self._viewer.layers]


def _tint(entry: Entry) -> str:
    return DEFAULT_COLOUR if entry.card is None else entry.card.colour


def _caption(layer: Labels, entry: Entry, phrase: str) -> None:
    short = elide(phrase)
    card = entry.card
    layer.name = f"drawn: {short}" if card is None else f"{card.rank + 1}: {short}"
    columns: dict[str, list[Any]] = {"index": [0, 1], "phrase": [None, phrase]}
    if card is not None:
        columns |= {"rank": [None, str(card.rank + 1)], "score": [None, f"{card.score:.3f}"]}
    layer.features = columns

"""What keys do to the mask on the canvas: look at it, go close to it, change its shape."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, Signal

from napari_zsris._qt.viewer.keys import Held
from napari_zsris._qt.viewer.mask_edit import combine, reshape
from napari_zsris._qt.viewer.mask_look import MaskLook, MaskZoom
from napari_zsris._qt.widgets.popovers import MaskChoice, MaskMenu
from napari_zsris.wording import elide

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels
    from qtpy.QtWidgets import QWidget

    from napari_zsris._qt.viewer.placement import Placement
    from napari_zsris._qt.workspace import Workspace
    from napari_zsris.annotations import Item

__all__ = ["MaskTools"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]

_TITLES = {"add_mask": "Add to the shown mask", "subtract_mask": "Take out of the shown mask"}
_RESHAPING = ("fill_holes", "keep_largest", "smooth", "grow", "shrink")


@dataclass(frozen=True, eq=False)
class _ShownMask:
    """The mask on the canvas.

    Parameters
    ----------
    layer : napari Labels
        Its layer.
    placement : Placement
        Where it lies.
    key : hashable
        Equal for the same mask.
    """

    layer: Labels
    placement: Placement
    key: Hashable


class MaskTools(QObject):
    """The tools of a dock.

    Parameters
    ----------
    viewer : napari viewer
        Where the mask is.
    workspace : Workspace
        What shows masks.
    panel : QWidget
        Where the list of other masks opens.

    Attributes
    ----------
    told : Signal(str)
        A sentence for the person.
    """

    told = Signal(str)

    def __init__(
        self,
        viewer: ViewerModel,
        workspace: Workspace,
        panel: QWidget,
    ) -> None:
        super().__init__()
        self._workspace, self._panel = workspace, panel
        self.look = MaskLook(viewer)
        self._zoom = MaskZoom(viewer)
        self._menu = MaskMenu(panel)
        self._menu.picked.connect(self._combine)
        self._asked: tuple[str, _ShownMask] | None = None

    @property
    def actions(self) -> Mapping[str, Callable[[], object] | Held]:
        """What to do, by the names in `review/actions.py`."""
        return {
            "hide": Held(self.look.hide, self.look.show),
            "outline": self.look.toggle_fill,
            "zoom": self._go_close,
            **{tool: partial(self._reshape, tool) for tool in _RESHAPING},
            **{tool: partial(self._ask, tool) for tool in _TITLES},
        }

    def close(self) -> None:
        """Leave the canvas as it is without the tools."""
        self.look.close()
        self._menu.close()

    def _go_close(self) -> None:
        shown = self._shown_mask()
        if shown is not None:
            self._zoom.toggle(shown.layer, shown.placement, shown.key)

    def _reshape(self, tool: str) -> None:
        shown = self._shown_mask()
        if shown is not None:
            self.told.emit(reshape(shown.layer, shown.placement, tool))

    def _ask(self, tool: str) -> None:
        shown = self._shown_mask()
        if shown is None:
            return
        others = self._other_masks()
        if not others:
            self.told.emit("There is no other mask on this plane: accept one first, or find more.")
            return
        self._asked = tool, shown
        self._menu.offer(_TITLES[tool], others)
        self._menu.open_beside(self._panel)

    def _combine(self, other: Callable[[], BoolArray]) -> None:
        asked, self._asked = self._asked, None
        now = self._shown_mask()
        if asked is None or now is None:
            return
        tool, shown = asked
        # While the list was open, another mask may have come.
        if (now.layer, now.key) == (shown.layer, shown.key):
            self.told.emit(combine(now.layer, now.placement, tool, other()))

    def _shown_mask(self) -> _ShownMask | None:
        reviewer = self._workspace.reviewer
        obstacle = reviewer.obstacle()
        layer, placement = reviewer.candidate.layer, reviewer.placement
        if obstacle or layer is None or placement is None or reviewer.question is None:
            self.told.emit(obstacle)
            return None
        shown = reviewer.question.shown
        return _ShownMask(layer, placement, (reviewer.question.item_id, shown and shown.base))

    def _other_masks(self) -> list[MaskChoice]:
        reviewer, store = self._workspace.reviewer, self._workspace.store
        question, placement = reviewer.question, reviewer.placement
        if question is None or placement is None or store is None:
            return []
        height, width = placement.site.size
        found = [
            MaskChoice(
                partial(entry.bitmap.window, 0, 0, width, height),
                f"candidate {entry.card.rank + 1}",
                entry.card.thumbnail,
            )
            for entry in question
            if entry.card is not None and entry.key != question.chosen
        ]
        accepted = [
            MaskChoice(
                partial(_final_mask, item), f"accepted {number}: {elide(item.phrase) or 'painted'}"
            )
            for number, item in enumerate(store.objects(question.photo_id), start=1)
        ]
        return found + accepted


def _final_mask(item: Item) -> npt.NDArray[np.bool_]:
    mask = item.final_mask
    if mask is None:
        raise AssertionError("only items with a mask are offered")
    return mask

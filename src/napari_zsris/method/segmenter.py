"""From a photo to a scene: proposals, global features, local features."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from types import NoneType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from napari_zsris.clip import Clip, load_clip
from napari_zsris.defaults import DEFAULT_CLIP, DEFAULT_PROPOSALS
from napari_zsris.errors import MethodError, ModelUnavailableError, ProposalError, shortened
from napari_zsris.images import as_rgb
from napari_zsris.memory import told_within
from napari_zsris.method.baselines import baseline_grids, encode_baseline
from napari_zsris.method.coherence import cells, map_size
from napari_zsris.method.fusion import unit
from napari_zsris.method.language import Language
from napari_zsris.method.method import Method
from napari_zsris.method.provenance import Provenance
from napari_zsris.method.reader import Reader
from napari_zsris.method.scene import Scene
from napari_zsris.method.views import Statistics, Views
from napari_zsris.progress import Progress, Steps, finish
from napari_zsris.proposals import Proposals, ProposalSource, create_proposals

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Segmenter"]

Photo: TypeAlias = npt.NDArray[np.uint8]
FloatArray: TypeAlias = npt.NDArray[np.float32]

# Each batch passes the photo through the unmasked blocks once more, at the price of one crop.
MASKS_PER_BATCH = 100


class Segmenter:
    """Zero-shot referring segmentation with one CLIP model and one source of proposals.

    Parameters
    ----------
    clip : str or Clip
        A model's name (``lite``, ``ARCH/TAG`` or ``ARCH:FILE``), or a loaded model.
    proposals : str or ProposalSource
        A source's name (``objects``, ``regions``, ``sam``, ...), or a source.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    language : str, optional
        A spaCy model's name; the best installed English one by default.
    method : Method, optional
        The settings; the tower's own recommended ones by default.

    Raises
    ------
    ModelUnavailableError
        A model or source is unknown, or its weights or package are not on this machine.
    ProposalError, MethodError
        An argument is of a wrong type.

    Examples
    --------
    >>> import napari_zsris as zs
    >>> from skimage.data import chelsea
    >>> scene = zs.Segmenter().encode(chelsea())
    >>> best = scene.rank("the cat")[0]
    >>> best.mask.shape
    (300, 451)
    """

    def __init__(
        self,
        clip: str | Clip = DEFAULT_CLIP,
        proposals: str | ProposalSource = DEFAULT_PROPOSALS,
        device: str = "auto",
        language: str | None = None,
        method: Method | None = None,
    ) -> None:
        _check_arguments(clip, proposals, language, method)
        self.clip = load_clip(clip, device) if isinstance(clip, str) else clip
        self.proposals = (
            create_proposals(proposals, device=str(self.clip.device))
            if isinstance(proposals, str)
            else proposals
        )
        self.reader = Reader(self.clip, Language(language))
        self.method = Method.recommended(self.clip.image.kind) if method is None else method

    def encode(
        self,
        image: npt.ArrayLike,
        masks: npt.ArrayLike | Proposals | None = None,
        boxes: npt.ArrayLike | None = None,
    ) -> Scene:
        """Encode a photo once, so that many phrases can be asked of it.

        Parameters
        ----------
        image : (H, W, 3) uint8 array-like
            The photo, RGB; other pictures are converted as :func:`~napari_zsris.images.as_rgb`
            does.
        masks : (N, H, W) bool array-like or Proposals, optional
            Masks of one's own, as for :meth:`Proposals.from_masks`; the segmenter's source
            proposes them by default.
        boxes : (N, 4) array-like, optional
            With `masks`: x0, y0, x1, y1 in pixels of what the local view shows of each; the tight
            boxes by default.

        Returns
        -------
        Scene
            The photo's proposals and features.

        Raises
        ------
        ImageError
            The array is not a picture.
        ProposalError
            The masks or boxes do not fit the photo.
        OutOfMemoryError
            Memory ran out, for the smallest batch and on the CPU too.
        """
        return finish(self.encoding(image, masks, boxes))

    def encoding(
        self,
        image: npt.ArrayLike,
        masks: npt.ArrayLike | Proposals | None = None,
        boxes: npt.ArrayLike | None = None,
    ) -> Steps[Scene]:
        """Do the work of :meth:`encode` step by step.

        Parameters
        ----------
        image : (H, W, 3) uint8 array-like
            As for :meth:`encode`.
        masks : (N, H, W) bool array-like or Proposals, optional
            As for :meth:`encode`.
        boxes : (N, 4) array-like, optional
            As for :meth:`encode`.

        Yields
        ------
        Progress
            After every batch; between two of them the work may be given up.

        Returns
        -------
        Scene
            The photo's proposals and features.
        """
        names = (self.clip.name, self.proposals.name) if masks is None else (self.clip.name,)
        return told_within(self._encoding(image, masks, boxes), image, *names)

    def _encoding(
        self,
        image: npt.ArrayLike,
        masks: npt.ArrayLike | Proposals | None,
        boxes: npt.ArrayLike | None,
    ) -> Steps[Scene]:
        photo = as_rgb(image, copy=True)
        self.clip.placement.restart()
        if masks is None:
            if boxes is not None:
                raise ProposalError("boxes were given without masks; give the masks they belong to")
            proposals = yield from self.proposals.steps(photo)
        else:
            proposals = _own(masks, boxes, photo)
        statistics = Statistics(self.clip.image.mean, self.clip.image.std)
        views = Views(photo, self.clip.image.size, statistics, self.method)
        global_ = yield from self._global(views, proposals)
        local, context = global_, None
        if len(proposals) and self.method.features == "masked":
            local = yield from self._pictures("local features", views.crops(proposals), proposals)
        if len(proposals) and self.method.context != "none":
            contexts = views.contexts(proposals)
            context = yield from self._pictures("context features", contexts, proposals)
        dense = yield from self._dense(views)
        provenance = Provenance.of(proposals, self.proposals)
        features = global_, local, self.method, self.reader, context, dense
        return Scene(proposals, *features, provenance)

    def _global(self, views: Views, proposals: Proposals) -> Steps[FloatArray]:
        tower = self.clip.image
        whole = views.whole(tower.frame)
        features, layers = self.method.features, self.method.mask_layers
        grid = self._grid(proposals)

        def encode(masks: Tensor) -> Tensor:
            if features == "masked":
                return tower.encode_masked(whole, masks, layers)
            return encode_baseline(features, tower, whole, masks)

        batches: list[Tensor] = []
        # Without any proposal there is one empty batch, which gives features of the right width.
        for first in range(0, len(proposals) or 1, MASKS_PER_BATCH):
            yield Progress("global features", first, len(proposals))
            masks = grid[first : first + MASKS_PER_BATCH]
            batches.append(self.clip.in_batches(encode, masks, "masks"))
        return _gather(batches, of_length_one=tower.kind == "convolutional")

    def _grid(self, proposals: Proposals) -> Tensor:
        size, method = self.clip.image.grid, self.method
        if method.features != "masked":
            return baseline_grids(method.features, proposals, size)
        return torch.from_numpy(proposals.grid_masks(*size, antialias=method.antialias))

    def _pictures(
        self, stage: str, pictures: Iterator[Tensor], proposals: Proposals
    ) -> Steps[FloatArray]:
        tower = self.clip.image
        batches: list[Tensor] = []
        done = 0
        # Asked every time, since the tower may have had to leave a GPU.
        while crops := list(islice(pictures, tower.batch_size)):
            yield Progress(stage, done, len(proposals))
            batches.append(self.clip.in_batches(tower.encode, torch.stack(crops), "pictures"))
            done += len(crops)
        yield Progress(stage, done, len(proposals))
        return _gather(batches, of_length_one=tower.kind != "vit")

    def _dense(self, views: Views) -> Steps[FloatArray | None]:
        if not self.method.coherence:
            return None
        tower = self.clip.image
        yield Progress("dense map", 0, 1)
        whole, layers = views.whole(tower.frame), self.method.mask_layers
        features = self.clip.in_batches(
            lambda masks: tower.encode_masked(whole, masks, layers), cells(tower.grid), "masks"
        )
        gathered = _gather([features], of_length_one=tower.kind == "convolutional")
        return gathered.reshape(*map_size(tower.grid), -1)


def _check_arguments(clip: object, proposals: object, language: object, method: object) -> None:
    if not isinstance(clip, (str, Clip)):
        raise ModelUnavailableError(
            f"{shortened(clip)} is no CLIP model; give a model's name, such as 'lite', or a Clip"
        )
    if not isinstance(proposals, (str, ProposalSource)):
        raise ProposalError(
            f"{shortened(proposals)} is no source of proposals; give a source's name, such as "
            "'regions', or a ProposalSource"
        )
    if not isinstance(language, (str, NoneType)):
        raise ModelUnavailableError(
            f"{shortened(language)} is no language model; give a spaCy model's name, or None"
        )
    if not isinstance(method, (Method, NoneType)):
        raise MethodError(
            f"{shortened(method)} is no method; give a Method, such as Method.paper()"
        )


def _gather(batches: list[Tensor], *, of_length_one: bool) -> FloatArray:
    """Bring features to the host.

    The published ViT path mixes features as they come, its ResNet path makes those of the crops
    one long first; convolutional towers, which are ours, have all of them one long.
    """
    features: FloatArray = torch.cat([batch.cpu() for batch in batches]).numpy()
    return unit(features) if of_length_one else features


def _own(masks: npt.ArrayLike | Proposals, boxes: npt.ArrayLike | None, photo: Photo) -> Proposals:
    size = photo.shape[0], photo.shape[1]
    if not isinstance(masks, Proposals):
        proposals = Proposals.from_masks(masks, boxes, size=size)
    elif boxes is None:
        proposals = masks
    else:
        given = masks.bitmaps, masks.size, boxes, masks.scores, masks.source
        proposals = Proposals.from_bitmaps(*given)
    if proposals.size != size:
        raise ProposalError(
            f"the masks are {proposals.size[0]} x {proposals.size[1]} pixels, but the photo is "
            f"{size[0]} x {size[1]}; give masks of the photo's height and width"
        )
    return proposals

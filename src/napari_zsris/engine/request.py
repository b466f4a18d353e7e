"""One thing asked of the engine, frozen when it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from napari_zsris.defaults import DEFAULT_CLIP, DEFAULT_PROPOSALS
from napari_zsris.engine.picture import Picture
from napari_zsris.rle import Rle

__all__ = ["Request", "Settings", "Weights"]


@dataclass(frozen=True)
class Weights:
    """The settings of the method that the dock offers.

    Parameters
    ----------
    alpha : float
        Weight of the global visual features.
    beta : float
        Weight of the whole sentence.
    mask_layers : int
        How many of a ViT's last blocks see masked tokens.
    spatial : bool
        Whether location words count.
    """

    alpha: float
    beta: float
    mask_layers: int
    spatial: bool


@dataclass(frozen=True)
class Settings:
    """What is used to segment, by the names of the command line.

    Parameters
    ----------
    clip : str
        The CLIP model.
    proposals : str
        The source of mask proposals.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    candidates : int
        How many of the best proposals to offer.
    weights : Weights, optional
        Settings of the method; the model's recommended ones by default.
    """

    clip: str = DEFAULT_CLIP
    proposals: str = DEFAULT_PROPOSALS
    device: str = "auto"
    candidates: int = 5
    weights: Weights | None = None


@dataclass(frozen=True, eq=False)
class Request:
    """A phrase asked of a picture; two requests are never equal, so the current one is known.

    Parameters
    ----------
    picture : Picture
        What to look at.
    phrase : str
        What to look for.
    settings : Settings
        What to use.
    masks : tuple of Rle, optional
        Masks to choose from; the settings' source proposes them by default.
    """

    picture: Picture
    phrase: str
    settings: Settings
    masks: tuple[Rle, ...] | None = None

    def same_work(self, other: Request) -> bool:
        """Tell whether encoding for one serves the other, so that it need not be given up.

        Parameters
        ----------
        other : Request
            The other request.

        Returns
        -------
        bool
            True when picture, models and visual settings agree.
        """
        return self.encoding_key == other.encoding_key

    @property
    def encoding_key(self) -> tuple[object, ...]:
        """Everything the visual features depend on."""
        weights = self.settings.weights
        layers = None if weights is None else weights.mask_layers
        used = self.settings
        return self.picture.key, self.masks_key, used.clip, used.proposals, used.device, layers

    @property
    def masks_key(self) -> tuple[object, ...] | None:
        """What masks of the request's own have in common that are the same."""
        if self.masks is None:
            return None
        return tuple((*rle["size"], rle["counts"]) for rle in self.masks)

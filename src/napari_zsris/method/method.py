"""The settings of the method: the published ones to the letter, and our own."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal, TypeAlias, get_args

import numpy as np

from napari_zsris.errors import MethodError, shortened

__all__ = ["Background", "Context", "Features", "Method", "Normalization"]

Normalization: TypeAlias = Literal["clip", "imagenet"]
Background: TypeAlias = Literal["mean", "blur", "published"]
Context: TypeAlias = Literal["none", "crop", "frame"]
Features: TypeAlias = Literal["masked", "region-token", "score-map", "grad-cam"]

# Equation 5 of the paper: the weight of the global context, chosen per dataset by its authors.
_PUBLISHED_ALPHA = {"refcoco": 0.95, "refcoco+": 0.95, "refcocog": 0.85, "phrasecut": 0.95}

_NUMBERS = "alpha", "beta", "gamma", "margin", "coherence", "negative"

# So many settings are named where two methods differ, and the others counted.
NAMED = 2

# Section 4.1 of the paper. Its baselines read the sentence as a whole.
_BASELINES: dict[str, Features] = {
    "grad-cam": "grad-cam",
    "score-map": "score-map",
    "region-token": "region-token",
    "cropping": "masked",
}


@dataclass(frozen=True)
class Method:
    """How masks and phrases are seen, mixed and compared.

    Parameters
    ----------
    alpha : float
        Weight of the global visual features in f = alpha f^G + (1 - alpha) f^L, in [0, 1].
    beta : float
        Weight of the whole sentence in t = beta t^G + (1 - beta) t^L, in [0, 1].
    mask_layers : int
        How many of a ViT's last blocks see masked tokens, k in the paper; other towers mask once.
    normalization : {"clip", "imagenet"}
        The model's own pixel statistics, or the published code's: photo resized to a short side of
        800 pixels and normalised with ImageNet's.
    antialias : bool
        Whether shrinking filters out what the smaller picture cannot show; the code the paper was
        measured with did not.
    background : {"mean", "blur", "published"}
        What surrounds the object in the local view: the mean colour, a blurred photo, or the
        published code's ImageNet mean put, by oversight, into already normalised pixels.
    margin : float
        How far the local view reaches beyond the box on every side, as a share of the box's sides.
    spatial : bool
        Whether location words and relations to other objects count.
    consensus : bool
        Whether a mask gains from likely masks that overlap it, and so wholes from their parts; and
        near copies of a better mask come last.
    objectness : float
        Weight of the IoU with an object that the source of masks expects of each, 0 or more; of no
        effect where the source does not say.
    coverage : float
        How sharply masks are told by their scores when those behind the best are put in the order
        in which each adds most to what those before it show; 0 takes near copies behind all others
        instead. Of no effect without `consensus`.
    context : {"none", "crop", "frame"}
        A third view of every mask, compared with the whole sentence: nothing; the object with what
        is around it, unmasked; or the whole photo, blurred around the object.
    gamma : float
        Weight of that view beside the other two, in [0, 1].
    coherence : float
        Weight of how well a mask gathers what a dense map shows of the phrase, 0 or more.
    negative : float
        Weight of likeness to the phrase's *other* nouns, which counts against a mask, 0 or more.
    features : {"masked", "region-token", "score-map", "grad-cam"}
        How the global visual features come about: masked inside the tower, or as in one of the
        paper's baselines, which have no local features beside them.

    Raises
    ------
    MethodError
        A setting is of a wrong type or out of range.

    Notes
    -----
    The published method is Yu, Seo and Son, "Zero-shot Referring Image Segmentation with
    Global-Local Context Features", CVPR 2023: see :meth:`paper`.
    """

    alpha: float = 0.95
    beta: float = 0.5
    mask_layers: int = 3
    normalization: Normalization = "clip"
    antialias: bool = True
    background: Background = "mean"
    margin: float = 0.0
    spatial: bool = True
    consensus: bool = True
    objectness: float = 0.0
    coverage: float = 4.0
    context: Context = "none"
    gamma: float = 0.2
    coherence: float = 0.0
    negative: float = 0.0
    features: Features = "masked"

    def __post_init__(self) -> None:
        for names, kind, plain, wanted in (
            (_NUMBERS, Real, float, "real number"),
            (("mask_layers",), Integral, int, "whole number"),
            (("antialias", "spatial", "consensus"), (bool, np.bool_), bool, "of True and False"),
            (("normalization", "background", "context", "features"), str, str, "name, a text"),
        ):
            for name in names:
                value = getattr(self, name)
                _check(isinstance(value, kind), name, value, wanted)
                # A number of NumPy's could not be written into a project or a scene.
                object.__setattr__(self, name, plain(value))
        for name in ("alpha", "beta", "gamma"):
            _check(0.0 <= getattr(self, name) <= 1.0, name, getattr(self, name), "from 0 to 1")
        _check(self.mask_layers >= 1, "mask_layers", self.mask_layers, "of 1 or more")
        for name in ("objectness", "coverage", "coherence", "negative"):
            _check(0.0 <= getattr(self, name) < math.inf, name, getattr(self, name), "of 0 or more")
        margin = self.margin
        _check(0.0 <= margin < math.inf, "margin", margin, "of 0 or more (0.1 is 10 %)")
        for name, choices in (
            ("normalization", get_args(Normalization)),
            ("background", get_args(Background)),
            ("context", get_args(Context)),
            ("features", get_args(Features)),
        ):
            given = getattr(self, name)
            _check(given in choices, name, given, f"among {', '.join(choices)}")

    @classmethod
    def paper(cls, dataset: str = "refcoco", *, antialias: bool = False) -> Method:
        """Give the published method to the letter, with the settings for one of its datasets.

        Parameters
        ----------
        dataset : {"refcoco", "refcoco+", "refcocog", "phrasecut"}
            The dataset whose published alpha is used.
        antialias : bool
            False is what the paper was measured with; newer versions of its libraries antialias.

        Returns
        -------
        Method
            The published settings.

        Raises
        ------
        MethodError
            The paper has no settings for this dataset.
        """
        if dataset not in tuple(_PUBLISHED_ALPHA):
            raise MethodError(
                f"the paper has no settings for dataset {shortened(dataset)}; "
                f"choose one of {', '.join(_PUBLISHED_ALPHA)}"
            )
        return cls(
            alpha=_PUBLISHED_ALPHA[dataset],
            normalization="imagenet",
            antialias=antialias,
            background="published",
            spatial=False,
            consensus=False,
            coverage=0.0,
        )

    @classmethod
    def baseline(cls, name: str, *, antialias: bool = False) -> Method:
        """Give one of the baselines that the paper compares itself with.

        Parameters
        ----------
        name : {"grad-cam", "score-map", "region-token", "cropping"}
            The baseline; the first two need a ResNet, the third a vision transformer.
        antialias : bool
            As for :meth:`paper`.

        Returns
        -------
        Method
            Its settings: the sentence as a whole, no place, and one kind of visual features.

        Raises
        ------
        MethodError
            The paper has no such baseline.
        """
        if name not in tuple(_BASELINES):
            raise MethodError(
                f"the paper has no baseline {shortened(name)}; "
                f"choose one of {', '.join(_BASELINES)}"
            )
        return cls.paper(antialias=antialias).replace(
            alpha=float(name != "cropping"), beta=1.0, features=_BASELINES[name]
        )

    @classmethod
    def recommended(cls, kind: str) -> Method:
        """Give the settings measured to suit a kind of image tower best.

        Parameters
        ----------
        kind : {"vit", "resnet", "convolutional"}
            The image tower's kind.

        Returns
        -------
        Method
            Our best settings; docs/benchmarks shows what each is worth.
        """
        if kind == "convolutional":
            return cls(alpha=0.5, background="blur", margin=0.15)
        return cls()

    @property
    def visual(self) -> tuple[object, ...]:
        """The settings that shape visual features; scenes made with others cannot be compared."""
        return tuple(self._visual().values())

    def visual_differences(self, other: Method) -> str:
        """Name the settings in which two methods need different visual features.

        Parameters
        ----------
        other : Method
            The method to compare with.

        Returns
        -------
        str
            This method's values, such as "mask_layers=3, margin=0.1 and 2 more"; empty where none
            differs.
        """
        own, others = self._visual(), other._visual()
        differing = [name for name in own if own[name] != others[name]]
        named = differing[:NAMED]
        values = ", ".join(f"{name}={shortened(getattr(self, name), 20)}" for name in named)
        rest = len(differing) - len(named)
        return f"{values} and {rest} more" if rest else values

    def _visual(self) -> dict[str, object]:
        names = ("mask_layers", "normalization", "antialias", "background", "margin", "context")
        return {name: getattr(self, name) for name in names} | {
            "coherence": self.coherence > 0,
            "features": self.features,
        }

    def replace(self, **changes: object) -> Method:
        """Give the same method with some settings changed.

        Parameters
        ----------
        **changes : object
            New values by setting's name.

        Returns
        -------
        Method
            The changed copy.

        Raises
        ------
        MethodError
            There is no such setting, or a value is out of range.
        """
        names = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            _check(name in names, "setting", name, f"among {', '.join(names)}")
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


def _check(holds: bool, name: str, given: object, wanted: str) -> None:
    if not holds:
        raise MethodError(f"{name} is {shortened(given)}, but must be one {wanted}; change it")

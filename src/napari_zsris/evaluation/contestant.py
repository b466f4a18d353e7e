"""What an evaluation compares: methods, models and sources of masks; the paper's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from napari_zsris.method import Method

if TYPE_CHECKING:
    from napari_zsris.clip import Clip

__all__ = ["GROUND_TRUTH", "Comparison", "Contestant", "contestants"]

GROUND_TRUTH = "ground-truth"
"""The name of the dataset's own objects as a source of proposals."""

Comparison: TypeAlias = Literal["none", "baselines", "masks", "contexts", "settings"]

_OF_KIND = {
    "resnet": ("grad-cam", "score-map", "cropping"),
    "vit": ("region-token", "cropping"),
    "convolutional": ("cropping",),
}


@dataclass(frozen=True)
class Contestant:
    """One row of a table: a method with one model and one source of masks.

    Parameters
    ----------
    name : str
        What the row is called.
    clip : str
        The CLIP model's name.
    proposals : str
        The source's name, or `GROUND_TRUTH`.
    method : Method
        The settings.
    """

    name: str
    clip: str
    proposals: str
    method: Method

    def to_json(self) -> dict[str, Any]:
        """Give what JSON can keep.

        Returns
        -------
        dict
            All of it.
        """
        return asdict(self)


def contestants(
    comparison: Comparison,
    clips: Mapping[str, Clip],
    sources: Sequence[str],
    changes: Mapping[str, object],
    published: str = "refcoco",
) -> list[Contestant]:
    """List the rows of a comparison.

    Parameters
    ----------
    comparison : {"none", "baselines", "masks", "contexts", "settings"}
        `none`: our own settings. `baselines`: the paper's Table 1, each baseline with the models
        that have it. `masks`: its Table 2, the published method with each source of masks, and
        ours. `contexts`: its Table 3, global, local or both on either side, of our settings.
        `settings`: ours, each default put back to the published one, and the published method.
    clips : mapping of str to Clip
        The models by name.
    sources : sequence of str
        Names of sources of masks.
    changes : mapping
        Settings by name in place of our own.
    published : str
        The dataset whose published alpha counts.

    Returns
    -------
    list of Contestant
        For every model and every source, in their order; names are unique.
    """
    rows = []
    for clip_name, clip in clips.items():
        own = Method.recommended(clip.image.kind).replace(**changes)
        paper = Method.paper(published)
        for method_name, method in _methods(comparison, clip, own, paper).items():
            for source in sources:
                parts = [method_name]
                parts += [clip_name] if len(clips) > 1 else []
                parts += [source] if len(sources) > 1 else []
                rows.append(Contestant(", ".join(parts), clip_name, source, method))
    return rows


def _methods(
    comparison: Comparison, clip: Clip, own: Method, paper: Method
) -> Mapping[str, Method]:
    match comparison:
        case "baselines":
            named = {name: Method.baseline(name) for name in _OF_KIND[clip.image.kind]}
            return named | {"global-local": paper, "ours": own}
        case "masks":
            return {"global-local": paper, "ours": own}
        case "contexts":
            return _contexts(own)
        case "settings":
            return _settings(own, paper)
        case "none":
            return {"ours": own}


def _contexts(own: Method) -> Mapping[str, Method]:
    visual = {"global": 1.0, "local": 0.0, "both": own.alpha}
    textual = {"sentence": 1.0, "noun phrase": 0.0, "both": own.beta}
    return {
        f"{side} | {text}": own.replace(alpha=alpha, beta=beta)
        for side, alpha in visual.items()
        for text, beta in textual.items()
    }


def _settings(own: Method, paper: Method) -> Mapping[str, Method]:
    published = asdict(paper)
    put_back = {
        f"ours, but {name} {published[name]}": own.replace(**{name: published[name]})
        for name, value in asdict(own).items()
        if value != published[name]
    }
    return {"ours": own, **put_back, "global-local": paper}

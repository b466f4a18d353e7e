"""What an evaluation compares: methods, models and sources of masks; the paper's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from napari_zsris.method import Method

if TYPE_CHECKING:
    from napari_zsris.clip import Clip

__all__ = ["GROUND_TRUTH", "Comparison", "Contestant", "Start", "contestants"]

GROUND_TRUTH = "ground-truth"
"""The name of the dataset's own objects as a source of proposals."""

Comparison: TypeAlias = Literal["none", "baselines", "masks", "contexts", "settings", "terms"]

Start: TypeAlias = Literal["ours", "published"]

_PUBLISHED = "global-local"
# What goes beyond the paper, each with a round value to try it at where it is off.
_TERMS: tuple[tuple[str, object], ...] = (
    ("spatial", True),
    ("consensus", True),
    ("objectness", 2.0),
    ("coverage", 4.0),
    ("context", "crop"),
    ("context", "frame"),
    ("coherence", 1.0),
    ("negative", 0.2),
)
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
    start: Start = "ours",
) -> list[Contestant]:
    """List the rows of a comparison.

    Parameters
    ----------
    comparison : {"none", "baselines", "masks", "contexts", "settings", "terms"}
        `none`: our own settings. `baselines`: the paper's Table 1, each baseline with the models
        that have it. `masks`: its Table 2, the published method with each source of masks, and
        ours. `contexts`: its Table 3, global, local or both on either side, of our settings.
        `settings`: ours, each default put back to the published one, and the published method.
        `terms`: ours, without each term that goes beyond the paper, and with each that is off.
        Where it says ours, it is the published method when one starts from that.
    clips : mapping of str to Clip
        The models by name.
    sources : sequence of str
        Names of sources of masks.
    changes : mapping
        Settings by name in place of our own.
    published : str
        The dataset whose published alpha counts.
    start : {"ours", "published"}
        Which settings come first and are varied: our own, or the published method's.

    Returns
    -------
    list of Contestant
        Those that are varied first; for every model and every source in their order; names differ.
    """
    rows = []
    for clip_name, clip in clips.items():
        paper = Method.paper(published)
        own = Method.recommended(clip.image.kind) if start == "ours" else paper
        methods = _methods(comparison, clip, start, own.replace(**changes), paper)
        for method_name, method in methods.items():
            for source in sources:
                parts = [method_name]
                parts += [clip_name] if len(clips) > 1 else []
                parts += [source] if len(sources) > 1 else []
                rows.append(Contestant(", ".join(parts), clip_name, source, method))
    return rows


def _methods(
    comparison: Comparison, clip: Clip, start: Start, own: Method, paper: Method
) -> dict[str, Method]:
    name = start if start == "ours" else _PUBLISHED
    if comparison == "contexts":
        return _contexts(own)
    if comparison == "terms":
        return {name: own} | _terms(name, own, paper)
    methods = {name: own}
    if comparison == "settings":
        methods |= _settings(name, own, paper)
    if comparison != "none":
        methods.setdefault(_PUBLISHED, paper)
    if comparison == "baselines":
        methods |= {each: Method.baseline(each) for each in _OF_KIND[clip.image.kind]}
    return methods


def _contexts(own: Method) -> dict[str, Method]:
    visual = {"both": own.alpha, "global": 1.0, "local": 0.0}
    textual = {"both": own.beta, "sentence": 1.0, "noun phrase": 0.0}
    return {
        f"{side} | {text}": own.replace(alpha=alpha, beta=beta)
        for side, alpha in visual.items()
        for text, beta in textual.items()
    }


def _settings(name: str, own: Method, paper: Method) -> dict[str, Method]:
    published = asdict(paper)
    return {
        f"{name}, but {setting} {published[setting]}": own.replace(**{setting: published[setting]})
        for setting, value in asdict(own).items()
        if value != published[setting]
    }


def _terms(name: str, own: Method, paper: Method) -> dict[str, Method]:
    rows: dict[str, Method] = {}
    for setting, tried in _TERMS:
        off, value = getattr(paper, setting), getattr(own, setting)
        if value == off:
            what = setting if tried is True else f"{setting} {tried}"
            rows[f"{name}, with {what}"] = own.replace(**{setting: tried})
        else:
            rows[f"{name}, without {setting}"] = own.replace(**{setting: off})
    return rows

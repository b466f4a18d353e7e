"""How well each mask fits what a phrase says of place.

Each statement of the phrase becomes one term t_i per mask i, to be added to the log-probability
log p_i that the mask looks as the phrase says. With p = softmax(score), q the same for another
noun phrase, and R(i, j) in [0, 1] for "i is <related> to j", ReCLIP (Subramanian et al., ACL
2022) and HybridGL (Liu and Li, CVPR 2025) score

    S(i) = p_i sum_j q_j R(i, j)   "zebra behind the tree"
    S(i) = p_i sum_j p_j R(i, j)   "left zebra"

Here sum_j q_j R(i, j) is taken over the *other objects* only (proposals overlap: a part of a zebra
is no zebra to its left), divided by sum_j q_j over the same, and R is soft. An ordinal ("second
from left") asks how many likely objects come before instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris.method.expression import Relation
from napari_zsris.method.expression import RelationKind as Kind

if TYPE_CHECKING:
    from napari_zsris.method.expression import Expression
    from napari_zsris.method.geometry import Geometry

__all__ = ["SpatialWeights", "spatial_scores", "spatial_terms"]

FloatArray: TypeAlias = npt.NDArray[np.float32]
Probabilities: TypeAlias = Mapping[str, FloatArray]

# Softness of "before" and reach of "near", in frames.
SOFTNESS = 0.04
REACH = 0.1
REACH_OF_SIDE = 0.2
# A detour of a third through i on the way from one target to the other makes it 1/e "between".
DETOUR = 1 / 3
# How far off a place in an order may be, in objects.
MISCOUNT = 0.55
# An unfit mask loses log(1 / FLOOR), about 3, times the statement's weight.
FLOOR = 0.05
# Votes that an object has for and against it before any other is seen.
PRIOR_VOTES = 0.05
# Exponent that makes probabilities votes: several objects of a kind differ in p, not in kind.
FLATTENING = 0.7
# As many masks as can be the targets of "between".
TARGETS = 8

_DESCENDING = frozenset({Kind.LEFT, Kind.ABOVE, Kind.BEHIND, Kind.SMALLER, Kind.SHORTER})
_AMONG_PEERS = frozenset(Kind) - {Kind.NEAR, Kind.FAR, Kind.INSIDE, Kind.BETWEEN}


@dataclass(frozen=True)
class SpatialWeights:
    """Weights of the spatial terms; 0 switches one off.

    The defaults are round numbers from the plateau that cross-validation over photos showed for two
    probe models with true masks as proposals; `docs/benchmarks/spatial.py` repeats it.

    Parameters
    ----------
    order : float
        A place among the objects of the same kind: "left zebra", "second from left", "biggest".
    side : float
        The same words taken as a place in the frame.
    target : float
        A relation to another noun phrase, or a denial of it: "behind the tree", "not in red".
    company : float
        Nearness to the other noun phrases that no relation speaks of: "man with a dog".
    """

    order: float = 2.5
    side: float = 0.5
    target: float = 0.75
    company: float = 0.4


def spatial_scores(
    expression: Expression,
    geometry: Geometry,
    probabilities: FloatArray,
    landmarks: Probabilities,
    weights: SpatialWeights | None = None,
) -> FloatArray:
    """Add up the spatial terms of a phrase.

    Parameters
    ----------
    expression : Expression
        The phrase.
    geometry : Geometry
        The N masks.
    probabilities : (N,) float32 array
        p: how likely each mask looks as the phrase says, place aside.
    landmarks : mapping of str to (N,) float32 array
        q: the same for the expression's `landmarks`; terms whose landmark is missing are left out.
    weights : SpatialWeights, optional
        Weights of the terms.

    Returns
    -------
    (N,) float32 array
        To be added to log p; zeros where the phrase says nothing of place.
    """
    terms = spatial_terms(expression, geometry, probabilities, landmarks, weights)
    total: FloatArray = np.sum([np.zeros(len(geometry), np.float32), *terms.values()], axis=0)
    return total


def spatial_terms(
    expression: Expression,
    geometry: Geometry,
    probabilities: FloatArray,
    landmarks: Probabilities,
    weights: SpatialWeights | None = None,
) -> dict[str, FloatArray]:
    """Judge each mask by each spatial statement of a phrase.

    Parameters
    ----------
    expression : Expression
        The phrase.
    geometry : Geometry
        The N masks.
    probabilities : (N,) float32 array
        p: how likely each mask looks as the phrase says, place aside.
    landmarks : mapping of str to (N,) float32 array
        q: the same for the expression's `landmarks`; terms whose landmark is missing are left out.
    weights : SpatialWeights, optional
        Weights of the terms.

    Returns
    -------
    dict of str to (N,) float32 array
        The term of each statement by its name ("left", "behind the tree"), at most 0 for a perfect
        fit; empty where there is nothing to compare.
    """
    chosen = SpatialWeights() if weights is None else weights
    if len(geometry) < 2:
        return {}
    votes = _votes(geometry, probabilities)
    terms = {
        str(relation): _placed(geometry, relation, votes, chosen)
        for relation in expression.relations
        if not relation.targets and relation.kind in _AMONG_PEERS
    }
    for relation, weight in _to_landmarks(expression, chosen):
        if all(target in landmarks for target in relation.targets):
            targets = [landmarks[target] for target in relation.targets]
            terms[str(relation)] = weight * _log(_related(geometry, relation, targets), relation)
    for name in expression.excluded:
        if name in landmarks:
            terms[f"not {name}"] = chosen.target * _log(1 - _relative(landmarks[name]))
    return terms


def _to_landmarks(
    expression: Expression, weights: SpatialWeights
) -> Iterator[tuple[Relation, float]]:
    for relation in expression.relations:
        if relation.targets:
            yield relation, weights.target
    for name in expression.companions:
        yield Relation(Kind.NEAR, (name,)), weights.company


def _placed(
    geometry: Geometry, relation: Relation, votes: FloatArray, weights: SpatialWeights
) -> FloatArray:
    """Judge a place among the objects of the same kind, and in the frame."""
    key = _key(geometry, relation.kind)
    apart = 1 - geometry.same
    before = (_ahead(key).T * apart) @ votes
    if relation.rank:
        fit = np.exp(-0.5 * ((before - (relation.rank - 1)) / MISCOUNT) ** 2)
    else:
        fit = 1 - (before + PRIOR_VOTES) / (apart @ votes + 2 * PRIOR_VOTES)
    term = weights.order * _log(fit, relation)
    side = _side(geometry, relation.kind)
    return term if side is None else term + weights.side * _log(side, relation)


def _related(geometry: Geometry, relation: Relation, targets: list[FloatArray]) -> FloatArray:
    """Judge a relation to other noun phrases: sum_j q_j R(i, j) / sum_j q_j, j not i itself."""
    if relation.kind is Kind.BETWEEN:
        return _between(geometry, targets[0], targets[-1])
    shares = (1 - geometry.alike) * targets[0]
    return _mean(_holds(geometry, relation.kind), shares)


def _holds(geometry: Geometry, kind: Kind) -> FloatArray:
    """Say how well each mask i stands in a relation to each mask j: R, (N, N) float32."""
    near: FloatArray = np.exp(-geometry.gaps / REACH)
    match kind:
        case Kind.NEAR:
            return near
        case Kind.FAR:
            return 1 - near
        case Kind.INSIDE:
            return geometry.inside
    beside: FloatArray = np.exp(-geometry.gaps / REACH_OF_SIDE)
    return _ahead(_key(geometry, kind)) * beside


def _between(geometry: Geometry, first: FloatArray, second: FloatArray) -> FloatArray:
    """Judge by the detour through i from the likeliest first to the likeliest second targets."""
    ends = [np.argsort(-q, kind="stable")[:TARGETS] for q in (first, second)]
    legs = [_distances(geometry.centroids, geometry.centroids[end]) for end in ends]
    direct = _distances(*(geometry.centroids[end] for end in ends))
    detour = (legs[0][:, :, None] + legs[1][:, None, :]) / (direct + 0.05) - 1
    others = [1 - geometry.alike[:, end] for end in ends]
    pairs = first[ends[0]][:, None] * second[ends[1]] * (1 - geometry.alike[np.ix_(*ends)])
    shares = others[0][:, :, None] * others[1][:, None, :] * pairs
    return _mean(np.exp(-np.maximum(detour, 0) / DETOUR), shares)


def _votes(geometry: Geometry, probabilities: FloatArray) -> FloatArray:
    """Turn p into votes: 1 for the likeliest object, shared among the masks of one object."""
    votes = _relative(probabilities) ** FLATTENING
    shared: FloatArray = np.square(votes) / np.maximum(geometry.same @ votes, 1e-12)
    return shared


def _key(geometry: Geometry, kind: Kind) -> FloatArray:
    """Order masks along a relation, in frames: the first has the largest key."""
    x, y = geometry.centroids[:, 0], geometry.centroids[:, 1]
    # What is near stands low in the frame and looks large.
    nearness = geometry.boxes[:, 3] + geometry.log_areas / np.float32(4)
    match kind:
        case Kind.LEFT | Kind.RIGHT:
            key = x
        case Kind.ABOVE | Kind.BELOW:
            key = y
        case Kind.FRONT | Kind.BEHIND:
            key = nearness
        case Kind.BIGGER | Kind.SMALLER:
            key = geometry.log_areas / np.float32(3)
        case Kind.TALLER | Kind.SHORTER:
            key = geometry.log_heights / np.float32(2)
        case _:
            key = np.asarray(-np.abs(x - 0.5) - np.abs(y - 0.5) / 2, np.float32)
    return -key if kind in _DESCENDING else key


def _side(geometry: Geometry, kind: Kind) -> FloatArray | None:
    """Give the ramp over the frame, 1 at the side that a relation names and 0 at the other."""
    x, y = geometry.centroids[:, 0], geometry.centroids[:, 1]
    match kind:
        case Kind.LEFT | Kind.RIGHT:
            ramp = x
        case Kind.ABOVE | Kind.BELOW:
            ramp = y
        case Kind.FRONT | Kind.BEHIND:
            ramp = geometry.boxes[:, 3]
        case Kind.MIDDLE:
            ramp = np.asarray(1 - 2 * np.abs(x - 0.5), np.float32)
        case _:
            return None
    return 1 - ramp if kind in _DESCENDING else ramp


def _ahead(key: FloatArray) -> FloatArray:
    """Say how surely mask i comes before mask j in an order, (N, N) float32."""
    steps = (key[None, :] - key[:, None]) / SOFTNESS
    ahead: FloatArray = 1 / (1 + np.exp(np.clip(steps, -30, 30)))
    return ahead


def _distances(points: FloatArray, others: FloatArray) -> FloatArray:
    steps = points[:, None] - others[None, :]
    distances: FloatArray = np.hypot(steps[..., 0], steps[..., 1])
    return distances


def _mean(fits: FloatArray, shares: FloatArray) -> FloatArray:
    """Average over all axes but the first, by shares; 0 where there is none."""
    axes = tuple(range(1, fits.ndim))
    mean: FloatArray = (shares * fits).sum(axis=axes) / np.maximum(shares.sum(axis=axes), 1e-12)
    return mean


def _relative(probabilities: FloatArray) -> FloatArray:
    return probabilities / max(float(probabilities.max()), 1e-12)


def _log(fit: FloatArray, relation: Relation | None = None) -> FloatArray:
    """Turn a fit from 0 to 1 into a term from log(FLOOR) to 0."""
    denied = relation is not None and relation.negated
    bounded = np.clip(1 - fit if denied else fit, 0, 1)
    term: FloatArray = np.log(FLOOR + (1 - FLOOR) * bounded)
    return term

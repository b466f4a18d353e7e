"""One photo encoded once, and all its phrases ranked, wherever that happens."""

from __future__ import annotations

import dataclasses
import json
import logging
from typing import TYPE_CHECKING

from napari_zsris.annotations import Run, ScoredMask, decode_rle, encode_rle
from napari_zsris.errors import ModelUnavailableError, ZsrisError
from napari_zsris.images import read_image
from napari_zsris.memory import out_of_memory, why
from napari_zsris.prelabel.task import Outcome, Task
from napari_zsris.progress import Progress, Steps, finish
from napari_zsris.proposals import Bitmap, Proposals

if TYPE_CHECKING:
    from napari_zsris.method import Ranking, Scene, Segmenter
    from napari_zsris.prelabel.scenes import SceneStore

__all__ = ["Ranker"]

_log = logging.getLogger(__name__)


class Ranker:
    """Ranks the phrases of one photo after the other.

    Parameters
    ----------
    segmenter : Segmenter
        The models, and the method that is in force.
    top : int
        How many candidates are kept of each phrase.
    scenes : SceneStore, optional
        Where encoded photos are kept; nowhere by default.

    Examples
    --------
    A photo of a project is ranked, and what was found is written, by

    >>> ranker = Ranker(Segmenter())  # doctest: +SKIP
    >>> photo = project.rankings.waiting(photo_id)  # doctest: +SKIP
    >>> record(project, ranker(task_of(project, photo)))  # doctest: +SKIP
    """

    def __init__(
        self, segmenter: Segmenter, top: int = 5, scenes: SceneStore | None = None
    ) -> None:
        self.segmenter = segmenter
        self.top = top
        self.scenes = scenes

    def __call__(self, task: Task) -> Outcome:
        """Do the work of :meth:`steps` in one go.

        Parameters
        ----------
        task : Task
            The photo and its phrases.

        Returns
        -------
        Outcome
            As for :meth:`steps`.
        """
        return finish(self.steps(task))

    def steps(self, task: Task) -> Steps[Outcome]:
        """Encode a photo once and rank all its phrases, step by step.

        Parameters
        ----------
        task : Task
            The photo and its phrases.

        Yields
        ------
        Progress
            Between two of these the work may be given up.

        Returns
        -------
        Outcome
            Candidates and heads, and the reason for whatever could not be ranked: a photo that
            fails does not raise, so that the next one has its turn.

        Raises
        ------
        ModelUnavailableError
            No photo can be ranked with these models.
        """
        try:
            scene = yield from self.encoding(task)
            return self.ranked(scene, task)
        except ModelUnavailableError:
            raise
        except ZsrisError as error:
            return Outcome.failed(task, _one_line(error))
        except Exception as error:  # noqa: BLE001
            if out_of_memory(error):
                return Outcome.failed(task, why(error))
            # One odd photo among thousands must not cost a night; the summary names it.
            _log.exception("photo %s could not be ranked", task.path)
            reason = f"{type(error).__name__}: {_one_line(error)}; try the photo alone"
            return Outcome.failed(task, reason)

    def encoding(self, task: Task) -> Steps[Scene]:
        """Encode a task's photo, or take up its scene where it is kept.

        Parameters
        ----------
        task : Task
            The photo, with its imported masks where it has some.

        Yields
        ------
        Progress
            Between two of these the work may be given up.

        Returns
        -------
        Scene
            To be asked for any phrase.

        Raises
        ------
        ImageError
            The photo cannot be read.
        ProposalError
            The imported masks do not fit the photo.
        """
        if self.scenes is None:
            return (yield from self._encoded(task))
        yield Progress("looking for the scene", 0, 0)
        place = self.scenes.place(task, self.segmenter)
        scene = self.scenes.load(place, self.segmenter)
        if scene is None:
            scene = yield from self._encoded(task)
            self.scenes.save(place, scene)
        return scene

    def _encoded(self, task: Task) -> Steps[Scene]:
        yield Progress("reading the photo", 0, 0)
        photo = read_image(task.path)
        proposals = _given(task) if task.masks else None
        return (yield from self.segmenter.encoding(photo, proposals))

    def ranked(self, scene: Scene, task: Task) -> Outcome:
        """Rank a task's phrases in its scene.

        Parameters
        ----------
        scene : Scene
            The task's photo, encoded.
        task : Task
            The phrases.

        Returns
        -------
        Outcome
            Candidates and heads; a phrase that cannot be ranked is noted with its reason.
        """
        candidates, heads, failures = {}, {}, {}
        for phrase in task.phrases:
            try:
                ranking = scene.rank(phrase.text, top=self.top)
            except ZsrisError as error:
                failures[phrase.id] = _one_line(error)
                continue
            candidates[phrase.id] = _scored(ranking)
            heads[phrase.id] = ranking.expression.head
        run = Run(
            scene.proposals.source,
            scene.reader.clip.name,
            json.dumps(dataclasses.asdict(scene.method), sort_keys=True),
        )
        return Outcome(task.photo_id, candidates, heads, failures, run=run)


def _given(task: Task) -> Proposals:
    bitmaps = (Bitmap.from_mask(decode_rle(rle)) for rle in task.masks)
    height, width = task.masks[0]["size"]
    return Proposals.from_bitmaps(bitmaps, (height, width))


def _scored(ranking: Ranking) -> tuple[ScoredMask, ...]:
    return tuple(ScoredMask(encode_rle(each.mask), each.score) for each in ranking)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__

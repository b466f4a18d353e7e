"""One photo asked all of its phrases by all contestants, each thing computed once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from napari_zsris.errors import ImageError, PhraseError, ProposalError
from napari_zsris.evaluation.answer import Answer, PhotoResult
from napari_zsris.evaluation.contestant import GROUND_TRUTH, Contestant
from napari_zsris.evaluation.grading import Grades, grade
from napari_zsris.evaluation.sheet import Sheet
from napari_zsris.images import read_image, read_layout
from napari_zsris.memory import out_of_memory, why
from napari_zsris.method.fusion import softmax

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from napari_zsris.annotations.imports import Entry
    from napari_zsris.evaluation.dataset import EvaluationPhoto
    from napari_zsris.method import Ranking, Scene, Segmenter
    from napari_zsris.proposals import Proposals, ProposalSource

__all__ = ["Examiner", "Panel"]

Photo: TypeAlias = "npt.NDArray[np.uint8]"
Seconds: TypeAlias = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Panel:
    """What an examiner compares, and with what.

    Parameters
    ----------
    rows : tuple of Contestant
        Who answers.
    devices : tuple of str
        What the models run on.
    missing : tuple of str
        Sources of masks that are left out, each with the reason.
    """

    rows: tuple[Contestant, ...]
    devices: tuple[str, ...]
    missing: tuple[str, ...]


class Examiner:
    """Asks photos their phrases.

    A photo's masks are proposed once for each source, its features are encoded once for each model,
    source and kind of view, and a phrase is parsed and encoded once for each model.

    Parameters
    ----------
    rows : sequence of Contestant
        Who answers; their names differ.
    segmenters : mapping of str to Segmenter
        Models by the contestants' names for them.
    sources : mapping of str to ProposalSource
        Sources by the contestants' names for them; `GROUND_TRUTH` needs none.
    none_below : float
        A best candidate whose share of the softmax over all proposals is smaller is no answer; 0
        always answers.
    missing : sequence of str
        Sources that were to be compared but are not here, each with the reason.
    """

    def __init__(
        self,
        rows: Sequence[Contestant],
        segmenters: Mapping[str, Segmenter],
        sources: Mapping[str, ProposalSource],
        none_below: float = 0.0,
        missing: Sequence[str] = (),
    ) -> None:
        self.rows = tuple(rows)
        self._none_below = none_below
        self._missing = tuple(missing)
        self._segmenters = segmenters
        self._sources = sources

    def panel(self) -> Panel:
        """Say what is compared, and with what.

        Returns
        -------
        Panel
            It.
        """
        devices = {str(segmenter.clip.device) for segmenter in self._segmenters.values()}
        return Panel(self.rows, tuple(sorted(devices)), self._missing)

    def __call__(self, photo: EvaluationPhoto) -> PhotoResult:
        """Ask one photo.

        Parameters
        ----------
        photo : EvaluationPhoto
            The photo with its phrases and objects.

        Returns
        -------
        PhotoResult
            All answers; and why phrases, or all of the photo, could not be evaluated.

        Raises
        ------
        MethodError
            A contestant's model lacks what its method needs.
        """
        try:
            return self._examined(photo)
        except Exception as error:
            if not out_of_memory(error):
                raise
            return PhotoResult.failed(photo, why(error))

    def _examined(self, photo: EvaluationPhoto) -> PhotoResult:
        phrases, reading, failures = self._read(photo.phrases)
        answers: dict[str, tuple[Answer, ...]] = {}
        encoding: dict[str, float] = {}
        try:
            pixels = read_image(photo.path)
            orientation = read_layout(photo.path)[1]
            sheet = Sheet.read(phrases, photo.objects, pixels.shape[:2], orientation)
            for source, rows in _grouped(self.rows, "proposals"):
                start = time.perf_counter()
                proposals = self._proposals(source, pixels, sheet)
                proposed = time.perf_counter() - start
                grades = sheet.grades(proposals)
                for alike in _alike(rows):
                    start = time.perf_counter()
                    scene = self._scene(alike[0], pixels, proposals)
                    encoded = proposed + time.perf_counter() - start
                    for row in alike:
                        encoding[row.name] = 1000 * encoded
                        given = self._answers(row, scene, sheet, grades, reading)
                        answers[row.name] = tuple(given)
        except (ImageError, ProposalError) as error:
            return PhotoResult.failed(photo, str(error))
        return PhotoResult(photo.name, answers, encoding, (*failures, *sheet.failures))

    def _read(self, phrases: Iterable[Entry]) -> tuple[list[Entry], Seconds, list[str]]:
        """Parse and encode phrases, and say how long that took; leave out those without words."""
        readable: list[Entry] = []
        seconds: Seconds = {}
        failures: list[str] = []
        for entry in phrases:
            try:
                for name, segmenter in self._segmenters.items():
                    start = time.perf_counter()
                    segmenter.reader.read(entry.phrase)
                    seconds.setdefault((name, entry.phrase), time.perf_counter() - start)
            except PhraseError as error:
                failures.append(f"{entry.where}: {error}")
                continue
            readable.append(entry)
        return readable, seconds, failures

    def _proposals(self, source: str, pixels: Photo, sheet: Sheet) -> Proposals:
        return sheet.proposals() if source == GROUND_TRUTH else self._sources[source](pixels)

    def _scene(self, row: Contestant, pixels: Photo, proposals: Proposals) -> Scene:
        segmenter = self._segmenters[row.clip]
        segmenter.method = row.method
        return segmenter.encode(pixels, proposals)

    def _answers(
        self,
        row: Contestant,
        scene: Scene,
        sheet: Sheet,
        grades: Sequence[Grades],
        reading: Seconds,
    ) -> Iterator[Answer]:
        for entry, grades_of_it in zip(sheet.phrases, grades, strict=True):
            start = time.perf_counter()
            ranking = scene.rank(entry.phrase, row.method)
            seconds = reading[row.clip, entry.phrase] + time.perf_counter() - start
            yield grade(
                entry,
                ranking,
                grades_of_it,
                sheet.objects,
                predicted=self._is_sure(ranking),
                milliseconds=1000 * seconds,
            )

    def _is_sure(self, ranking: Ranking) -> bool:
        return len(ranking) > 0 and bool(softmax(ranking.scores).max() >= self._none_below)


def _grouped(rows: Iterable[Contestant], name: str) -> Iterator[tuple[str, list[Contestant]]]:
    for value, group in groupby(sorted(rows, key=attrgetter(name)), key=attrgetter(name)):
        yield value, list(group)


def _alike(rows: Iterable[Contestant]) -> Iterable[list[Contestant]]:
    """Gather those that read the same features."""
    alike: dict[tuple[object, ...], list[Contestant]] = {}
    for row in rows:
        alike.setdefault((row.clip, *row.method.visual), []).append(row)
    return alike.values()

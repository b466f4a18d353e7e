"""Photos and phrases of the work list, loaded before their turn comes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from PIL import Image
from qtpy.QtCore import QObject, Signal

from napari_zsris._qt.job import Job
from napari_zsris.annotations import Project
from napari_zsris.engine.engine import Engine
from napari_zsris.engine.picture import Picture
from napari_zsris.engine.request import Settings
from napari_zsris.files import atomic_write
from napari_zsris.progress import Progress, Steps
from napari_zsris.review.photos import Photos
from napari_zsris.review.prepared import Prepared, Target, prepare

__all__ = ["Loader"]

# A photo of a modern camera takes some 40 MB.
REMEMBERED = 8
# PNG's own compression takes ten times as long for a tenth of the size.
PNG_COMPRESSION = 1


class Loader(QObject):
    """Loads in a thread of its own: what is wanted now, then what is likely to be wanted next.

    Parameters
    ----------
    engine : Engine
        Ranks phrases that nobody has ranked.
    settings : callable
        Gives the settings to rank with.

    Attributes
    ----------
    progressed : Signal(Progress)
        Work on what is wanted now went on.
    ready : Signal(Prepared)
        What is wanted now is there.
    loaded : Signal(Target)
        This is there, wanted or ahead of its turn.
    filled : Signal(object)
        A folder's photos are in the project; so many of them.
    failed : Signal(Exception)
        What is wanted now cannot be shown, or a picture cannot be written.
    """

    progressed = Signal(object)
    ready = Signal(object)
    loaded = Signal(object)
    filled = Signal(object)
    failed = Signal(object)

    def __init__(self, engine: Engine, settings: Callable[[], Settings]) -> None:
        super().__init__()
        self._engine, self._settings = engine, settings
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="zsris-photos")
        self._project: Project | None = None
        self._known: OrderedDict[Target, Prepared] = OrderedDict()
        self._wanted: Target | None = None
        self._open: Picture | None = None
        self._ahead: list[Target] = []
        self._job: Job | None = None
        self._working_on: Target | None = None
        self._filling: Job | None = None
        self._writing: list[Future[None]] = []
        self._closed = False

    def serve(self, project: Project) -> None:
        """Load from another project.

        Parameters
        ----------
        project : Project
            The project.
        """
        self.give_up()
        self._project = project
        self._known.clear()

    def want(self, target: Target, ahead: Sequence[Target], picture: Picture | None = None) -> None:
        """Ask for something, at once if it is there already.

        Parameters
        ----------
        target : Target
            What is to be shown.
        ahead : sequence of Target
            What is likely to be next, the likeliest first.
        picture : Picture, optional
            The photo, where it is open in the viewer already.
        """
        self._wanted, self._ahead, self._open = target, list(ahead), picture
        if target in self._known:
            self._known.move_to_end(target)
            self._wanted = None
            self.ready.emit(self._known[target])
        elif self._job is not None and self._working_on != target:
            self._job.cancel()
        if self._job is None:
            self._next()

    def find(self, target: Target) -> Prepared | None:
        """Give what is there already.

        Parameters
        ----------
        target : Target
            What is to be shown.

        Returns
        -------
        Prepared or None
            None where it is not loaded.
        """
        return self._known.get(target)

    def give_up(self) -> None:
        """Want nothing any more."""
        self._wanted, self._ahead, self._open = None, [], None
        for job in (self._job, self._filling):
            if job is not None:
                job.cancel()

    def forget(self, item_id: int) -> None:
        """Load a phrase anew when it is wanted again, since its candidates are others by now.

        Parameters
        ----------
        item_id : int
            The phrase's item.
        """
        for target in [target for target in self._known if target.item_id == item_id]:
            del self._known[target]

    def write(self, picture: Picture, file: Path) -> None:
        """Write a picture of a plane to a file.

        Parameters
        ----------
        picture : Picture
            The plane, frozen.
        file : Path
            A PNG file.
        """
        job = Job(_writing(picture, file))
        job.failed.connect(self.failed)
        job.finished.connect(job.deleteLater)
        self._writing = [each for each in self._writing if not each.done()]
        self._writing.append(self._thread.submit(job.run))

    @property
    def busy(self) -> bool:
        """Whether something is wanted that is not there yet."""
        return self._wanted is not None or self._filling is not None

    def fill(self, photos: Photos, folder: Path) -> None:
        """Put all photos of a folder into a project.

        Parameters
        ----------
        photos : Photos
            The photos of the project.
        folder : Path
            The folder.
        """
        job = self._filling = Job(photos.fill(folder))
        job.progressed.connect(self.progressed)
        job.returned.connect(self.filled)
        job.failed.connect(self.failed)
        job.finished.connect(self._on_filled)
        job.finished.connect(job.deleteLater)
        self._thread.submit(job.run)

    def _on_filled(self) -> None:
        self._filling = None

    def close(self) -> None:
        """Give everything up; the thread ends at the next step of its work."""
        self._closed = True
        self.give_up()
        self._thread.shutdown(wait=False)

    def finish_writing(self) -> None:
        """Wait until all pictures that were to be written are written."""
        self._closed = True
        self.give_up()
        wait(self._writing)

    def _next(self) -> None:
        missing = [one for one in (self._wanted, *self._ahead) if one is not None]
        missing = [one for one in missing if one not in self._known]
        if self._closed or not missing or self._project is None:
            return
        target = self._working_on = missing[0]
        picture = self._open if target == self._wanted else None
        known = [each for each in self._known.values() if each.target.photo_id == target.photo_id]
        pixels = known[0].pixels if known else None
        job = Job(prepare(self._project, target, self._engine, self._settings(), picture, pixels))
        self._job = job
        job.progressed.connect(self._on_progressed)
        job.returned.connect(self._on_returned)
        job.failed.connect(self._on_failed)
        job.finished.connect(self._on_finished)
        # Last, because what is connected later would never hear of it.
        job.finished.connect(job.deleteLater)
        self._thread.submit(job.run)

    def _on_progressed(self, progress: object) -> None:
        if self._working_on == self._wanted:
            self.progressed.emit(progress)

    def _on_returned(self, prepared: Prepared) -> None:
        if self._closed or self._job is None or self._job.cancelled:
            return
        self._known[prepared.target] = prepared
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        self.loaded.emit(prepared.target)
        if prepared.target == self._wanted:
            self._wanted = None
            self.ready.emit(prepared)

    def _on_failed(self, error: Exception) -> None:
        if self._closed or self._job is None or self._job.cancelled:
            return
        if self._working_on == self._wanted:
            self._wanted = None
            self.failed.emit(error)
        else:
            # The person is told when its turn comes.
            self._ahead = [one for one in self._ahead if one != self._working_on]

    def _on_finished(self) -> None:
        self._job = self._working_on = None
        self._next()


def _writing(picture: Picture, file: Path) -> Steps[Any]:
    yield Progress("keeping the picture", 0, 0)
    pixels = picture.pixels()
    with atomic_write(file) as partial:
        Image.fromarray(pixels).save(partial, format="PNG", compress_level=PNG_COMPRESSION)

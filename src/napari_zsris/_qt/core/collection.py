"""All accepted masks of a session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from napari_zsris._qt.core.annotation import Annotation, Site
from napari_zsris.errors import AnnotationError
from napari_zsris.proposals.bitmap import Bitmap

__all__ = ["Collection"]

LabelImage: TypeAlias = npt.NDArray[np.uint16]


class Collection:
    """Accepted masks, in the order in which they were accepted."""

    def __init__(self) -> None:
        self._annotations: dict[tuple[int, Site], Annotation] = {}

    def __len__(self) -> int:
        return len(self._annotations)

    def __iter__(self) -> Iterator[Annotation]:
        return iter(self._annotations.values())

    def next_id(self) -> int:
        """Give the id for the next object.

        Returns
        -------
        int
            One more than the largest id in use, so that ids differ between images, too.

        Raises
        ------
        AnnotationError
            A Labels layer of 16 bits has no id left.
        """
        number = 1 + max((number for number, _ in self._annotations), default=0)
        if number > np.iinfo(np.uint16).max:
            raise AnnotationError(
                f"{number - 1} objects are accepted, and a layer holds no more: "
                "export them and start with a new viewer"
            )
        return number

    def add(self, annotation: Annotation) -> None:
        """Keep an accepted mask; the same object's mask is replaced in its place.

        Parameters
        ----------
        annotation : Annotation
            The mask.
        """
        self._annotations[annotation.id, annotation.site] = annotation

    def remove(self, number: int, site: Site) -> None:
        """Take an object out again, if it is still there.

        Parameters
        ----------
        number : int
            The object's id.
        site : Site
            Its plane.
        """
        self._annotations.pop((number, site), None)

    def find(self, number: int, site: Site) -> Annotation | None:
        """Find an object.

        Parameters
        ----------
        number : int
            The object's id.
        site : Site
            Its plane.

        Returns
        -------
        Annotation or None
            The object, None when it is gone.
        """
        return self._annotations.get((number, site))

    def on(self, site: Site) -> list[Annotation]:
        """Give the masks of one plane.

        Parameters
        ----------
        site : Site
            The plane.

        Returns
        -------
        list of Annotation
            In the order in which they were accepted.
        """
        return [annotation for annotation in self if annotation.site == site]

    def sites(self) -> list[Site]:
        """Give the planes that have masks, each once, in the order of their first mask.

        Returns
        -------
        list of Site
            The planes.
        """
        return list(dict.fromkeys(annotation.site for annotation in self))

    def labels(self, site: Site) -> LabelImage:
        """Draw the masks of one plane, later ones over earlier ones.

        Parameters
        ----------
        site : Site
            The plane.

        Returns
        -------
        (H, W) uint16 array
            Ids, 0 where there is no object.
        """
        drawn = np.zeros(site.size, np.uint16)
        for annotation in self.on(site):
            x0, y0, x1, y1 = annotation.bitmap.box
            drawn[y0:y1, x0:x1][annotation.bitmap.unpack()] = annotation.id
        return drawn

    def absorb(self, site: Site, painted: npt.NDArray[np.integer]) -> None:
        """Take over what a person painted straight into the drawn labels of a plane.

        A pixel that changed leaves the object it showed and joins the one it shows now; objects
        hidden under others keep theirs. A new id becomes an object without a phrase, and an object
        that was rubbed out is gone.

        Parameters
        ----------
        site : Site
            The plane.
        painted : (H, W) integer array
            The labels as they are now.
        """
        drawn = self.labels(site)
        changed = drawn != painted
        touched = {*drawn[changed].tolist(), *painted[changed].tolist()} - {0}
        for number in sorted(touched):
            known = self._annotations.get((number, site))
            mask = _mask(known, site)
            mask[changed & (drawn == number)] = False
            mask[changed & (painted == number)] = True
            bitmap = Bitmap.from_mask(mask)
            if not bitmap.area:
                self.remove(number, site)
            elif known is None:
                self.add(Annotation(number, site, bitmap, edited=True))
            else:
                self.add(replace(known, bitmap=bitmap, edited=True))


def _mask(annotation: Annotation | None, site: Site) -> npt.NDArray[np.bool_]:
    height, width = site.size
    if annotation is None:
        return np.zeros((height, width), bool)
    return annotation.bitmap.window(0, 0, width, height)

"""What `zsris segment` found, as a table and as JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_zsris.formats.names import as_text
from napari_zsris.wording import count

if TYPE_CHECKING:
    from rich.table import Table

    from napari_zsris.method import Candidate, Ranking

__all__ = ["Finding", "Row"]

# As many columns as fit beside the terms' names on a terminal of 80.
_EXPLAINED = 7


@dataclass(frozen=True, eq=False)
class Row:
    """One candidate as people read it.

    Parameters
    ----------
    rank : int
        Its place, 1 for the best.
    score : float
        How well it fits the phrase; comparable within one ranking.
    share : float
        The score's softmax over all proposals, 0 to 1.
    box : tuple of float
        x0, y0, x1, y1 in pixels.
    area : int
        Pixels inside.
    area_share : float
        The area over that of the photo.
    candidate : Candidate
        The candidate itself.
    """

    rank: int
    score: float
    share: float
    box: tuple[float, ...]
    area: int
    area_share: float
    candidate: Candidate


@dataclass(frozen=True, eq=False)
class Finding:
    """A ranking with what it was asked about.

    Parameters
    ----------
    source : Path
        The photo's file.
    photo : (H, W, 3) uint8 array
        The photo, RGB.
    clip : str
        The CLIP model's name.
    ranking : Ranking
        The candidates, best first.
    """

    source: Path
    photo: npt.NDArray[np.uint8]
    clip: str
    ranking: Ranking

    @property
    def phrase(self) -> str:
        """The phrase as it was given."""
        return self.ranking.expression.raw

    @property
    def summary(self) -> str:
        """What the ranking is made of, in a line."""
        expression, proposals = self.ranking.expression, self.ranking.proposals
        return (
            f"{count(len(proposals), 'mask')} by {proposals.source}, ranked by {self.clip}; "
            f"noun phrase: {expression.noun_phrase}"
        )

    @property
    def doubt(self) -> str:
        """Why not to trust the candidates, a sentence; empty where nothing speaks against them."""
        from napari_zsris.method.doubt import doubt_about_photo, doubt_about_phrase

        return doubt_about_photo(self.photo) or doubt_about_phrase(self.ranking, self.clip)

    def rows(self) -> list[Row]:
        """Give the candidates as people read them.

        Returns
        -------
        list of Row
            Best first.
        """
        from napari_zsris.method.fusion import softmax

        shares = softmax(self.ranking.scores)
        return [self._row(candidate, shares) for candidate in self.ranking]

    def _row(self, candidate: Candidate, shares: npt.NDArray[np.float32]) -> Row:
        area = int(candidate.mask.sum())
        return Row(
            rank=candidate.rank + 1,
            score=candidate.score,
            share=float(shares[candidate.index]),
            box=tuple(float(side) for side in candidate.box),
            area=area,
            area_share=area / (self.photo.shape[0] * self.photo.shape[1]),
            candidate=candidate,
        )

    def table(self) -> Table:
        """Give the candidates as a table for a terminal.

        Returns
        -------
        rich.table.Table
            One row per candidate.
        """
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for heading in ("Rank", "Score", "Share", "Left", "Top", "Right", "Bottom", "Area"):
            table.add_column(heading, justify="right", no_wrap=True)
        for row in self.rows():
            sides = (f"{side:.0f}" for side in row.box)
            score, share, area = f"{row.score:.2f}", f"{row.share:.1%}", f"{row.area_share:.1%}"
            table.add_row(str(row.rank), score, share, *sides, area)
        return table

    def explanation(self) -> Table:
        """Give what each candidate's score is the sum of, as a table for a terminal.

        Returns
        -------
        rich.table.Table
            One row per term, one column per candidate; those that the terminal has room for.
        """
        from rich.box import SIMPLE_HEAD
        from rich.markup import escape
        from rich.table import Table

        shown = self.ranking[:_EXPLAINED]
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        table.add_column("Term", overflow="fold")
        for candidate in shown:
            table.add_column(f"#{candidate.rank + 1}", justify="right", no_wrap=True)
        for name in self.ranking.terms:
            terms = (f"{candidate.terms[name]:+.2f}" for candidate in shown)
            table.add_row(escape(name), *terms)
        table.add_section()
        table.add_row("Score", *(f"{candidate.score:+.2f}" for candidate in shown))
        return table

    def document(self) -> dict[str, object]:
        """Give everything a script may want, fit for JSON.

        Returns
        -------
        dict
            Masks are in COCO's compressed run-length encoding, boxes in pixels as x0, y0, x1, y1.
        """
        height, width = self.photo.shape[:2]
        return {
            "image": as_text(str(self.source)),
            "height": height,
            "width": width,
            "phrase": self.phrase,
            "noun_phrase": self.ranking.expression.noun_phrase,
            "head": self.ranking.expression.head,
            "clip": self.clip,
            "proposals": self.ranking.proposals.source,
            "proposal_count": len(self.ranking.proposals),
            "method": dataclasses.asdict(self.ranking.method),
            "doubt": self.doubt,
            "candidates": [_entry(row) for row in self.rows()],
        }


def _entry(row: Row) -> dict[str, object]:
    from napari_zsris.rle import encode_rle

    fields = {name: value for name, value in vars(row).items() if name != "candidate"}
    mask = encode_rle(row.candidate.mask)
    return fields | {
        "terms": row.candidate.terms,
        "index": row.candidate.index,
        "segmentation": mask,
    }

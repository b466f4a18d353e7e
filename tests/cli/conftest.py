"""A ranking without a model, and the command run in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_zsris.cli import main
from napari_zsris.cli.finding import Finding
from napari_zsris.method import Expression, Method, Ranking
from napari_zsris.proposals import Proposals


@dataclass(frozen=True)
class Ended:
    """How a run of the command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def zsris(capsys) -> Callable[..., Ended]:
    def run(*arguments: object) -> Ended:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


@pytest.fixture
def refused(zsris) -> Callable[..., str]:
    """Run a command that must end with one line on stderr; give the line."""

    def run(*arguments: object) -> str:
        ended = zsris(*arguments)
        assert ended.code == 2
        assert not ended.out
        assert ended.err.startswith("zsris: error: ")
        assert ended.err.count("\n") == 1
        assert ended.err.endswith("\n")
        return ended.err

    return run


@pytest.fixture
def photo(tmp_path) -> Path:
    """A small photo of a bright square on dark ground, lit from the right."""
    pixels = np.full((48, 64, 3), 40, np.uint8)
    pixels[12:36, 20:44] = (220, 180, 60)
    pixels += np.linspace(0, 34, 64).astype(np.uint8)[:, None]
    path = tmp_path / "square.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def finding() -> Finding:
    """Three ranked masks of a photo of 40 x 60 pixels."""
    masks = np.zeros((3, 40, 60), bool)
    masks[0, 5:10, 5:10] = True
    masks[1, 10:30, 20:50] = True
    masks[2] = True
    scores = np.log(np.array([1, 6, 3], np.float32))
    ranking = Ranking.by_terms(
        expression=Expression("the [big] box", "the [ big ] box", "the [ big ] box", "box"),
        method=Method(),
        text_features=np.zeros(4, np.float32),
        terms={"appearance": scores},
        proposals=Proposals.from_masks(masks),
    )
    rng = np.random.default_rng(0)
    return Finding(
        Path("photos/box.jpg"), rng.integers(0, 255, (40, 60, 3), np.uint8), "lite", ranking
    )

"""A 24-megapixel photo with 200 masks fits in 3 GB of host memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from . import tiny_models

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's own figures"),
]

MEASURE = """
import json, sys
from pathlib import Path
import numpy as np
from napari_zsris.proposals.pointgrid import PointGrid
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.registry import create_proposals

def peak():
    # Unlike getrusage's, this figure does not begin with that of the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20

source = create_proposals(sys.argv[1])
source.quality = Quality(max_count=200)
source.grid = PointGrid(points_per_side=9, min_iou=0, min_stability=0, max_box_overlap=1)
tiles = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
photo = np.kron(tiles, np.ones((100, 100, 1), np.uint8))
before = peak()
proposals = source(photo)
areas = proposals.areas
print(json.dumps({
    "count": len(proposals), "size": proposals.size,
    "area": float(areas.mean()) / photo[..., 0].size,
    "before": before, "peak": peak(),
}))
"""


def test_a_large_photo_fits(tmp_path):
    tiny_models.save(tiny_models.sam, tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, f"sam:{tmp_path}"],
        check=True,
        capture_output=True,
        text=True,
    )
    measured = json.loads(ran.stdout)
    assert measured["size"] == [4000, 6000]
    assert measured["count"] == 200
    assert measured["area"] > 0.05
    assert measured["peak"] <= 3.0, measured

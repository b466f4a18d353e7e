"""A 24-megapixel photo with 200 masks fits in 3 GB of host memory."""

import json
import subprocess
import sys

import pytest

from . import tiny_models

pytestmark = pytest.mark.slow

MEASURE = """
import json, resource, sys
import numpy as np, torch
from napari_zsris.proposals.pointgrid import PointGrid
from napari_zsris.proposals.quality import Quality
from napari_zsris.proposals.registry import create_proposals

source = create_proposals(sys.argv[1])
source.quality = Quality(max_count=200)
source.grid = PointGrid(points_per_side=9, min_iou=0, min_stability=0, max_box_overlap=1)
tiles = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
photo = np.kron(tiles, np.ones((100, 100, 1), np.uint8))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
proposals = source(photo)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
areas = proposals.areas
print(json.dumps({
    "count": len(proposals), "size": proposals.size,
    "area": float(areas.mean()) / photo[..., 0].size,
    "before": before / 2**20, "peak": peak / 2**20,
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

"""FreeSOLO with the seeded weights that the parity fixtures were made with."""

import importlib.util

import pytest
import torch

from napari_zsris.proposals.freesolo import FreeSolo


@pytest.fixture(scope="package")
def weights(shared):
    """The recipe of the seeded weights that the fixtures were made with."""
    path = shared / "parity" / "freesolo_weights.py"
    spec = importlib.util.spec_from_file_location("freesolo_weights", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="package")
def source(shared, weights, tmp_path_factory):
    path = tmp_path_factory.mktemp("freesolo") / "weights.pth"
    state = weights.make_state_dict(str(shared / "parity" / "freesolo_keys.json"))
    torch.save({"model": state, "iteration": 30000}, path)
    return FreeSolo(path, torch.device("cpu"))

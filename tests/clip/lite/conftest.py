"""The bundled model, loaded once."""

import pytest
import torch

from napari_zsris.clip.lite import load


@pytest.fixture(scope="session")
def lite():
    return load(torch.device("cpu"))

"""The way to a cluster: one that is not there, and one of this machine's own processes."""

import contextlib
import os
import socket

import pytest

pytest.importorskip("distributed", reason="the extra `distributed` is not installed")

from napari_zsris.crew.connection import connect, default_workers
from napari_zsris.device import visible_gpus
from napari_zsris.errors import ClusterError


@pytest.mark.parametrize(
    ("device", "cores", "gpus", "workers"),
    [
        ("cpu", 8, 0, 8),
        ("cpu", 8, 4, 8),
        ("cuda", 8, 4, 4),
        ("cuda", 2, 4, 4),
        ("cuda", 8, 0, 1),
        ("cuda:1", 8, 4, 1),
        ("mps", 8, 0, 1),
    ],
)
def test_one_worker_per_gpu_or_core(device, cores, gpus, workers):
    assert default_workers(device, cores, gpus) == workers


@pytest.mark.parametrize(
    ("named", "count", "names"),
    [
        (None, 0, ()),
        ("", 0, ()),
        (None, 2, ("0", "1")),
        ("3, 1", 2, ("3", "1")),
        ("GPU-8932f937,GPU-13d41a3f", 2, ("GPU-8932f937", "GPU-13d41a3f")),
        ("0,9", 1, ("0",)),
    ],
)
def test_gpus_are_named_as_the_environment_does(monkeypatch, named, count, names):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    monkeypatch.setattr("torch.cuda.device_count", lambda: count)
    assert visible_gpus() == names


@pytest.mark.slow
def test_each_worker_sees_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr("napari_zsris.crew.connection.visible_gpus", lambda: ("5", "7"))
    with connect("local", device="cuda") as client:
        seen = client.run(os.getenv, "CUDA_VISIBLE_DEVICES")
    assert sorted(seen.values()) == ["5", "7"]


@pytest.mark.slow
def test_another_cluster_of_this_machine_is_not_in_the_way():
    with socket.socket() as other:
        with contextlib.suppress(OSError):
            other.bind(("", 8787))
            other.listen()
        with connect("local", workers=1, device="cpu") as client:
            assert client.submit(abs, -1).result() == 1


@pytest.mark.parametrize("where", ["tcp://127.0.0.1:1", "none.json"])
def test_no_scheduler_answers(where, monkeypatch):
    monkeypatch.setattr("napari_zsris.crew.connection.SECONDS_TO_CONNECT", 0.5)
    message = r"no Dask scheduler answers at .*or use --dask local"
    with pytest.raises(ClusterError, match=message), connect(where):
        pass

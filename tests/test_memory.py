"""Which errors mean that memory ran out, and how that is told."""

import errno
import subprocess
import sys

import numpy as np
import pytest
import torch

import napari_zsris as zs
from napari_zsris.errors import ImageError, OutOfMemoryError
from napari_zsris.memory import out_of_memory, told_within, why
from napari_zsris.progress import Progress, finish


def caught(raising):
    with pytest.raises(Exception) as info:  # noqa: PT011
        raising()
    return info.value


@pytest.mark.parametrize("who", ["cpu", "numpy", "cuda", "mps", "metal", "oneDNN", "cuBLAS"])
def test_whoever_runs_out_of_memory_is_understood(run_out, who):
    assert out_of_memory(caught(run_out[who]))


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError(),
        OutOfMemoryError("lite: memory ran out"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("std::bad_alloc"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:85] data. DefaultCPUAllocator: not enough "
                     "memory: you tried to allocate 8589934592 bytes."),
    ],
)  # fmt: skip
def test_other_words_for_it(error):
    assert out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        None,
        RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
        RuntimeError("could not create a primitive descriptor for the matmul primitive"),
        RuntimeError("CUDA error: device-side assert triggered"),
        OSError(errno.ENOSPC, "No space left on device"),
        ValueError("out of memory"),
        ImportError("a.so: failed to map segment from shared object: Operation not permitted"),
        ImageError("the photo 'out of memory.png' cannot be read"),
        KeyboardInterrupt(),
    ],
)
def test_what_is_something_else(error):
    assert not out_of_memory(error)


def test_an_error_raised_because_of_it_is_one_too(run_out):
    def wrapped(*, hidden=False):
        try:
            run_out["cpu"]()
        except RuntimeError as error:
            if hidden:
                raise ValueError("the model failed") from None
            raise ValueError("the model failed") from error

    def meanwhile():
        try:
            run_out["numpy"]()
        except MemoryError:
            raise ValueError("the model failed")  # noqa: B904

    assert out_of_memory(caught(wrapped))
    assert out_of_memory(caught(meanwhile))
    assert not out_of_memory(caught(lambda: wrapped(hidden=True)))
    circle = ValueError("one")
    circle.__cause__ = ValueError("two")
    circle.__cause__.__cause__ = circle
    assert not out_of_memory(circle)


def test_it_is_told_on_one_line_with_photo_models_and_remedy(run_out):
    def work():
        yield Progress("masks", 0, 2)
        run_out["cpu"]()

    photo = np.empty((4000, 6000, 3), np.uint8)
    with pytest.raises(OutOfMemoryError) as info:
        finish(told_within(work(), photo, "lite", "sam"))
    told = str(info.value)
    assert told.startswith("photo of 6000 x 4000 pixels with lite and sam: memory ran out; close")
    assert "\n" not in told
    assert all(remedy in told for remedy in ("smaller photo", "smaller model", "--device"))
    # Nothing of what failed is held by the error: its memory is free.
    assert info.value.__cause__ is info.value.__context__ is None


def test_other_errors_go_through_as_they_are():
    def work():
        yield Progress("masks", 0, 2)
        raise ImageError("no picture")

    with pytest.raises(ImageError, match=r"^no picture$"):
        finish(told_within(work(), None, "lite"))
    assert why(MemoryError()).startswith("memory ran out; close other programs")


def test_a_source_without_memory_says_so(run_out):
    class Greedy(zs.create_proposals("regions").__class__):
        def steps(self, image):  # noqa: ARG002
            yield Progress("regions", 0, 1)
            run_out["numpy"]()

    with pytest.raises(OutOfMemoryError, match=r"^photo of 30 x 20 pixels with regions: memory"):
        Greedy()(np.zeros((20, 30, 3), np.uint8))


CRAMPED = """
import resource, sys, warnings
import numpy as np, psutil, torch
import napari_zsris as zs
from napari_zsris.errors import ZsrisError

warnings.simplefilter("always")
torch.set_num_threads(1)
segmenter = zs.Segmenter("lite", "regions", "cpu")
photo = np.random.default_rng(0).integers(0, 255, (96, 128, 3), np.uint8)
masks = np.zeros((64, 96, 128), bool)
for number, mask in enumerate(masks):
    mask[number % 50 : number + 40, number : number + 30] = True
expected = segmenter.encode(photo, masks)
segmenter.clip.image.budget = 64 * segmenter.clip.image.cost
used = psutil.Process().memory_info().vms
fell_back = refused = 0
for room in (500, 0):
    resource.setrlimit(resource.RLIMIT_AS, (used + room * 2**20, resource.RLIM_INFINITY))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            scene = segmenter.encode(photo, masks)
        except ZsrisError as error:
            assert "photo of 128 x 96 pixels with lite" in str(error), error
            assert "smaller model" in str(error) and len(str(error).splitlines()) == 1, error
            refused += 1
            continue
    fell_back += len(told)
    assert all("memory ran out on the CPU" in str(each.message) for each in told), told
    np.testing.assert_allclose(scene.local_features, expected.local_features, atol=1e-5)
    np.testing.assert_allclose(scene.global_features, expected.global_features, atol=1e-5)
print(fell_back, refused)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory so")
def test_a_process_without_room_gives_the_same_or_says_why():
    ran = subprocess.run(
        [sys.executable, "-c", CRAMPED], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    fell_back, refused = map(int, ran.stdout.split())
    assert (fell_back, refused) == (1, 1)

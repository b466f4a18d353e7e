"""Running out of memory: smaller batches, then the CPU, one warning, and the same result."""

import warnings

import pytest
import torch
from torch import nn

from napari_zsris.errors import ProposalError, ZsrisWarning
from napari_zsris.proposals.placement import CPU, Placement

ACCELERATOR = torch.device("cpu:0")  # the CPU under another name stands in for a GPU
ITEMS = torch.arange(12.0).reshape(12, 1)


class Memory:
    """A hook that runs out of memory above a batch size, or anywhere but on the CPU."""

    def __init__(self, placement, largest, cpu_suffices=True):
        self.placement, self.largest, self.cpu_suffices = placement, largest, cpu_suffices
        self.batches = []
        placement.model.register_forward_pre_hook(self)

    def __call__(self, _, arguments):
        count = len(arguments[0])
        on_cpu = self.placement.device == CPU
        if count > self.largest and not (on_cpu and self.cpu_suffices):
            raise torch.OutOfMemoryError("no memory")
        self.batches.append((count, self.placement.device))


@pytest.fixture
def placement():
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 2.0)
    return Placement(model, ACCELERATOR, "toy")


def doubled(placement, size=8):
    def run(part, device):
        return placement.model(ITEMS[part].to(device))

    found = list(placement.batches(run, len(ITEMS), size))
    return [done for done, _ in found], torch.cat([result for _, result in found])


def test_enough_memory_keeps_the_batch_and_is_silent(placement):
    memory = Memory(placement, largest=8)
    done, result = doubled(placement)
    assert done == [8, 12]
    assert torch.equal(result, 2 * ITEMS)
    assert [count for count, _ in memory.batches] == [8, 4]


def test_batches_shrink_until_they_fit_with_one_warning(placement):
    memory = Memory(placement, largest=3)
    with pytest.warns(ZsrisWarning, match="toy: memory ran out on cpu:0; going on in") as told:
        done, result = doubled(placement)
    assert len(told) == 1
    assert "\n" not in str(told[0].message)
    assert done == [2, 4, 6, 8, 10, 12]
    assert torch.equal(result, 2 * ITEMS)
    assert {device for _, device in memory.batches} == {ACCELERATOR}


def test_a_smaller_batch_is_remembered(placement):
    memory = Memory(placement, largest=3)
    with pytest.warns(ZsrisWarning, match="ran out"):
        doubled(placement)
    memory.batches.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        placement.restart()
        doubled(placement)
    assert {count for count, _ in memory.batches} == {2}


def test_the_cpu_takes_over_when_one_item_is_too_much(placement):
    memory = Memory(placement, largest=0)
    with pytest.warns(ZsrisWarning, match="ran out") as told:
        _, result = doubled(placement)
    assert len(told) == 1
    assert torch.equal(result, 2 * ITEMS)
    assert {device for _, device in memory.batches} == {CPU}
    assert placement.device == CPU


def test_the_next_photo_starts_on_the_wanted_device(placement):
    Memory(placement, largest=0)
    with pytest.warns(ZsrisWarning, match="ran out"):
        placement.whole(lambda device: placement.model(ITEMS.to(device)))
    assert placement.device == CPU
    placement.restart()
    assert placement.device == ACCELERATOR


def test_whole_work_moves_to_the_cpu(placement):
    Memory(placement, largest=0)
    with pytest.warns(ZsrisWarning, match="ran out"):
        result = placement.whole(lambda device: placement.model(ITEMS.to(device)))
    assert torch.equal(result, 2 * ITEMS)


def test_no_memory_anywhere_is_a_clear_error(placement):
    Memory(placement, largest=0, cpu_suffices=False)
    with (
        pytest.warns(ZsrisWarning, match="ran out"),
        pytest.raises(ProposalError, match=r"^toy: memory ran out on the CPU[^\n]*smaller model"),
    ):
        doubled(placement)


def test_gradients_are_never_kept(placement):
    _, result = doubled(placement)
    assert not result.requires_grad


def test_half_precision_is_for_cuda_only(placement):
    with placement.half():
        assert placement.model(ITEMS).dtype == torch.float32

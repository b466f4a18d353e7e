"""Running out of memory: smaller batches, then the CPU, one warning, and the same result."""

import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from napari_zsris.errors import OutOfMemoryError, ZsrisWarning, recorded_warnings, warn
from napari_zsris.placement import CPU, DevicePlacement

ITEMS = torch.arange(12.0).reshape(12, 1)
EVERYBODY = ["cpu", "numpy", "cuda", "mps", "metal", "oneDNN", "cuBLAS"]


class Memory:
    """A hook by which a network runs out of memory above some batch size on each device."""

    def __init__(self, placement, room, raising):
        self.placement, self.room, self.raising = placement, room, raising
        self.batches = []
        placement.model.register_forward_pre_hook(self)

    def __call__(self, _, arguments):
        batch = arguments[0]
        if len(batch) > self.room[batch.device.type]:
            self.raising()
        self.batches.append((len(batch), batch.device))


def toy(device, dtype=torch.float32):
    model = nn.Linear(1, 1, bias=False, dtype=dtype)
    nn.init.constant_(model.weight, 2.0)
    return DevicePlacement(model, device, "toy")


def doubled(placement, size=8, kind="numbers"):
    def run(part, device):
        return placement.model(ITEMS[part].to(device))

    found = list(placement.batches(run, len(ITEMS), size, kind))
    return [done for done, _ in found], torch.cat([result.cpu() for _, result in found])


def test_enough_memory_keeps_the_batch_and_is_silent(run_out):
    placement = toy(CPU)
    memory = Memory(placement, {"cpu": 8}, run_out["cpu"])
    done, result = doubled(placement)
    assert done == [8, 12]
    assert torch.equal(result, 2 * ITEMS)
    assert [count for count, _ in memory.batches] == [8, 4]


def test_the_cpu_itself_goes_on_in_smaller_batches(run_out):
    placement = toy(CPU)
    Memory(placement, {"cpu": 3}, run_out["cpu"])
    with pytest.warns(
        ZsrisWarning, match=r"memory ran out on the CPU: going on in smaller"
    ) as told:
        done, result = doubled(placement)
    assert len(told) == 1
    assert "\n" not in str(told[0].message)
    assert "and on the CPU" not in str(told[0].message)
    assert done == [2, 4, 6, 8, 10, 12]
    assert torch.equal(result, 2 * ITEMS)


@pytest.mark.parametrize("who", EVERYBODY)
def test_no_memory_on_the_cpu_for_one_item_is_a_clear_error(run_out, who):
    placement = toy(CPU)
    Memory(placement, {"cpu": 0}, run_out[who])
    with (
        pytest.warns(ZsrisWarning, match="ran out"),
        pytest.raises(OutOfMemoryError) as info,
    ):
        doubled(placement)
    assert str(info.value).startswith(
        "toy: memory ran out on the CPU for one of the numbers; close"
    )
    with pytest.raises(OutOfMemoryError, match=r"^toy: memory ran out on the CPU for a photo; "):
        placement.whole(lambda _: placement.model(ITEMS))


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_cpu_takes_over_when_one_item_is_too_much(run_out, second_device, who):
    placement = toy(second_device)
    memory = Memory(placement, {"lazy": 0, "cpu": 8}, run_out[who])
    with pytest.warns(ZsrisWarning, match="ran out on lazy:0: .* and on the CPU where") as told:
        _, result = doubled(placement)
    assert len(told) == 1
    assert torch.equal(result, 2 * ITEMS)
    # There it begins with whole batches again.
    assert memory.batches == [(8, CPU), (4, CPU)]
    assert placement.device == placement.model.weight.device == CPU


# The room of each device may change from call to call, as other programs come and go.
ROOMS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=6)


@given(ROOMS, st.integers(1, 20), st.sampled_from(EVERYBODY))
def test_whatever_fails_the_results_are_the_same_and_one_warning_tells(
    second_device, run_out, rooms, size, who
):
    placement = toy(second_device)
    memory = Memory(placement, {}, run_out[who])
    warned = []
    for there, here in rooms:
        memory.room = {"lazy": there, "cpu": here}
        placement.restart()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            done, result = doubled(placement, size)
        warned += told
        assert torch.equal(result, 2 * ITEMS)
        assert done == sorted(set(done))
        assert done[-1] == len(ITEMS)
        assert (placement.device == CPU) == (there == 0)
    assert len(warned) == any(min(size, 12) > there for there, _ in rooms)


def test_the_batch_that_fits_is_remembered_for_each_kind(run_out):
    placement = toy(CPU)
    memory = Memory(placement, {"cpu": 3}, run_out["cpu"])
    with pytest.warns(ZsrisWarning, match="ran out"):
        doubled(placement)
    memory.batches.clear()
    placement.restart()
    doubled(placement)
    assert {count for count, _ in memory.batches} == {2}
    memory.room["cpu"] = 8
    memory.batches.clear()
    doubled(placement, kind="others")
    assert [count for count, _ in memory.batches] == [8, 4]


def test_a_batch_that_did_not_fit_either_is_not_remembered(run_out, second_device):
    placement = toy(second_device)
    memory = Memory(placement, {"lazy": 0, "cpu": 8}, run_out["mps"])
    with pytest.warns(ZsrisWarning, match="ran out"):
        doubled(placement)
    memory.room["lazy"] = 8
    memory.batches.clear()
    placement.restart()
    doubled(placement)
    assert [count for count, _ in memory.batches] == [8, 4]


def test_the_next_photo_starts_on_the_wanted_device(run_out, second_device):
    placement = toy(second_device)
    Memory(placement, {"lazy": 0, "cpu": 99}, run_out["cuda"])
    with pytest.warns(ZsrisWarning, match="ran out"):
        result = placement.whole(lambda device: placement.model(ITEMS.to(device)))
    assert torch.equal(result, 2 * ITEMS)
    assert placement.device == CPU
    placement.restart()
    assert placement.device == placement.model.weight.device == second_device


class Heavy(nn.Sequential):
    """A model whose second half finds no room on the second device while `full`."""

    def __init__(self, raising):
        super().__init__(nn.Linear(1, 1), nn.Linear(1, 1))
        self.full, self.raising = True, raising

    def to(self, device):
        self[0].to(device)
        if self.full and torch.device(device).type != "cpu":
            self.raising()
        self[1].to(device)
        return self


def test_a_model_that_finds_no_room_stays_whole_on_the_cpu(run_out, second_device):
    model = Heavy(run_out["cuda"])
    expected = model(ITEMS).detach()
    with pytest.warns(ZsrisWarning, match="ran out on lazy:0"):
        placement = DevicePlacement(model, second_device, "heavy")
    assert {parameter.device for parameter in model.parameters()} == {CPU}
    assert placement.device == CPU
    placement.restart()
    assert torch.equal(placement.whole(lambda device: model(ITEMS.to(device))), expected)
    model.full = False
    placement.restart()
    assert {parameter.device for parameter in model.parameters()} == {second_device}


def test_half_precision_is_left_on_the_cpu_and_taken_up_again(run_out, second_device):
    placement = toy(second_device, torch.float16)
    nn.init.constant_(placement.model.weight, 1 / 3)
    exact = placement.model.weight.detach().cpu().clone()
    Memory(placement, {"lazy": 0, "cpu": 99}, run_out["cuda"])
    seen = []

    def run(device):
        seen.append(placement.model.weight.dtype)
        return placement.model(ITEMS.to(device, seen[-1]))

    with pytest.warns(ZsrisWarning, match="ran out"):
        placement.whole(run)
    assert seen == [torch.float16, torch.float32]
    placement.restart()
    assert placement.model.weight.dtype == torch.float16
    assert torch.equal(placement.model.weight.cpu(), exact)


def test_weights_moved_in_inference_mode_can_still_have_gradients(run_out, second_device):
    placement = toy(second_device)
    Memory(placement, {"lazy": 0, "cpu": 99}, run_out["mps"])
    with torch.inference_mode(), pytest.warns(ZsrisWarning, match="ran out"):
        placement.whole(lambda device: placement.model(ITEMS.to(device)))
    assert not placement.model.weight.is_inference()


def test_what_a_failed_attempt_warned_of_is_said_once(run_out):
    placement = toy(CPU)
    Memory(placement, {"cpu": 4}, run_out["cpu"])

    def run(part, _):
        warn(f"item {part.start} is odd")
        return placement.model(ITEMS[part])

    with recorded_warnings() as messages:
        list(placement.batches(run, 8, 8, "numbers"))
    assert [each for each in messages if "odd" in each] == ["item 0 is odd", "item 4 is odd"]
    assert len(messages) == 3


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    placement = toy(CPU)
    with pytest.raises(RuntimeError, match="shapes"):
        placement.whole(lambda _: placement.model(torch.zeros(1, 2)))


def test_whoever_made_something_of_the_weights_hears_of_each_move(run_out, second_device):
    moves = []
    model = nn.Linear(1, 1)
    placement = DevicePlacement(
        model, second_device, "toy", lambda: moves.append(model.weight.device)
    )
    Memory(placement, {"lazy": 0, "cpu": 99}, run_out["cuda"])
    with pytest.warns(ZsrisWarning, match="ran out"):
        placement.whole(lambda device: model(ITEMS.to(device)))
    placement.restart()
    assert moves == [second_device, CPU, second_device]


def test_gradients_are_never_kept():
    _, result = doubled(toy(CPU))
    assert not result.requires_grad


def test_half_precision_is_for_cuda_only():
    placement = toy(CPU)
    with placement.half():
        assert placement.model(ITEMS).dtype == torch.float32


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_gpu_that_is_full_is_left():
    placement = DevicePlacement(nn.Linear(1, 1), torch.device("cuda"), "toy")

    def run(device):
        if device.type == "cuda":
            torch.empty(1 << 45, dtype=torch.uint8, device=device)
        return placement.model(ITEMS.to(device))

    with pytest.warns(ZsrisWarning, match="ran out on cuda"):
        assert placement.whole(run).device == CPU

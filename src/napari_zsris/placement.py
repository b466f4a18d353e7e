"""Where a model runs, and how it retreats when the memory there runs out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Final, Generic, TypeVar

import torch
from torch import Tensor, nn

from napari_zsris.errors import OutOfMemoryError, recorded_warnings, warn
from napari_zsris.memory import REMEDY, out_of_memory

__all__ = ["CPU", "DevicePlacement"]

Model = TypeVar("Model", bound=nn.Module)
Result = TypeVar("Result")

CPU: Final = torch.device("cpu")


class DevicePlacement(Generic[Model]):
    """A model on a device, run in batches that shrink, then on the CPU, when memory runs out.

    All models of the package run so. A batch size that was found to fit is kept, for each device
    and kind of work, for the photos that follow; the CPU is kept to the end of the photo only,
    since a photo later the memory may be there again. Whatever happens the person is warned once,
    in words that are the same for all models, so that several of them are one warning to whoever
    shows each text once.

    Parameters
    ----------
    model : nn.Module
        The network, in evaluation mode.
    device : torch.device
        Where it should run.
    name : str
        What runs, for errors.
    moved : callable, optional
        Is called after each move, to drop what was made of the weights elsewhere.

    Attributes
    ----------
    wanted : torch.device
        Where the model should run.
    device : torch.device
        Where it is now. On the CPU it is in single precision.

    Raises
    ------
    OutOfMemoryError
        There is no room for the model on the CPU either.
    """

    def __init__(
        self,
        model: Model,
        device: torch.device,
        name: str,
        moved: Callable[[], object] = lambda: None,
    ) -> None:
        self.model = model
        self.wanted = device
        self.name = name
        self._moved = moved
        self._dtypes = {key: tensor.dtype for key, tensor in self._tensors()}
        self._sizes: dict[tuple[torch.device, str], int] = {}
        self._warned = False
        self.device = next((tensor.device for _, tensor in self._tensors()), CPU)
        self.restart()

    def restart(self) -> None:
        """Go back to the wanted device, for the next photo, if there is room."""
        if self.device == self.wanted:
            return
        # From here on a part of the model may be there, which has to come back where room lacks.
        self.device = self.wanted
        if not self._attempt(lambda: self._move(self.wanted)):
            self._leave("its weights")

    def whole(self, run: Callable[[torch.device], Result]) -> Result:
        """Run what cannot be split, on the CPU if need be.

        Parameters
        ----------
        run : callable
            Does the work on the device that it is given.

        Returns
        -------
        Result
            What `run` returned.

        Raises
        ------
        OutOfMemoryError
            The memory does not suffice on the CPU either.
        """
        while True:
            results = self._attempt(lambda: run(self.device))
            if results:
                return results[0]
            self._leave("a photo")

    def batches(
        self, run: Callable[[slice, torch.device], Result], total: int, size: int, kind: str
    ) -> Iterator[tuple[int, Result]]:
        """Run work over many items, batch by batch.

        Parameters
        ----------
        run : callable
            Does the work for a slice of the items, on the device that it is given.
        total : int
            How many items there are.
        size : int
            How many to take at a time, while memory lasts.
        kind : str
            What the items are, in the plural; each kind has a batch size of its own.

        Yields
        ------
        done : int
            Items finished.
        result : Result
            What `run` returned for the latest of them.

        Raises
        ------
        OutOfMemoryError
            The memory does not suffice for one item on the CPU either.
        """
        start, most = 0, self._size(kind, size)
        while start < total:
            part = slice(start, min(start + most, total))
            results = self._attempt(partial(run, part, self.device))
            if results:
                if most < size:
                    self._sizes[self.device, kind] = most
                yield part.stop, results[0]
                start = part.stop
            elif part.stop - start > 1:
                self._warn()
                most = (part.stop - start) // 2
            else:
                self._leave(f"one of the {kind}")
                most = self._size(kind, size)

    def half(self) -> contextlib.AbstractContextManager[object]:
        """Give the context in which the network itself runs: half precision on CUDA.

        Returns
        -------
        context manager
            Without effect on other devices.
        """
        if self.device.type != "cuda":
            return contextlib.nullcontext()
        return torch.autocast("cuda", torch.float16)

    def _size(self, kind: str, size: int) -> int:
        return min(size, self._sizes.get((self.device, kind), size))

    def _attempt(self, run: Callable[[], Result]) -> list[Result]:
        """Give the result in a list, which is empty when memory ran out."""
        results: list[Result] = []
        with recorded_warnings() as messages:
            try:
                with torch.no_grad():
                    results.append(run())
            except Exception as error:
                if not out_of_memory(error):
                    raise
        # Only here are the failed call's frames gone, and the tensors that they held; and what it
        # warned of will be said again when it is done in another way.
        if not results:
            _release(self.device)
        for message in messages if results else ():
            warn(message)
        return results

    def _leave(self, work: str) -> None:
        """Go to the CPU, or give up where that is where memory ran out."""
        if self.device.type != "cpu":
            self._warn()
            self.device = CPU
            if self._attempt(lambda: self._move(CPU)):
                _release(self.wanted)
                return
        raise OutOfMemoryError(f"{self.name}: memory ran out on the CPU for {work}; {REMEDY}")

    def _move(self, device: torch.device) -> None:
        away = device != self.wanted
        # Weights that were moved in inference mode would be unfit for gradients for ever.
        with torch.inference_mode(mode=False):
            if not away:
                self._cast(lambda dtype: dtype)
            self.model.to(device)
            if away:
                # CPUs compute in half precision slowly, or not at all.
                self._cast(_single)
        self._moved()

    def _cast(self, chosen: Callable[[torch.dtype], torch.dtype]) -> None:
        for key, tensor in self._tensors():
            tensor.data = tensor.data.to(chosen(self._dtypes[key]))

    def _tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Give all weights by name; some devices part those that a model has under two names."""
        return chain(
            self.model.named_parameters(remove_duplicate=False),
            self.model.named_buffers(remove_duplicate=False),
        )

    def _warn(self) -> None:
        if self._warned:
            return
        self._warned = True
        where = "the CPU" if self.wanted.type == "cpu" else str(self.wanted)
        then = "" if self.wanted.type == "cpu" else ", and on the CPU where these do not fit"
        warn(
            f"memory ran out on {where}: going on in smaller batches{then}, which is slower (close "
            "other programs, or choose a smaller model)"
        )


def _single(dtype: torch.dtype) -> torch.dtype:
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype


def _release(device: torch.device) -> None:
    """Give memory that torch keeps for later back, so that a smaller piece is to be had of it."""
    empty = getattr(getattr(torch, device.type, None), "empty_cache", None)
    if empty is not None:
        # With no memory at all even this fails on CUDA.
        with contextlib.suppress(RuntimeError):
            empty()

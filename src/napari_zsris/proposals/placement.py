"""Where a model runs, and how it retreats when a GPU's memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

import torch
from torch import nn

from napari_zsris.errors import ProposalError, warn

__all__ = ["CPU", "Placement"]

Model = TypeVar("Model", bound=nn.Module)
Result = TypeVar("Result")

CPU: Final = torch.device("cpu")


class Placement(Generic[Model]):
    """A model on a device, run in batches that shrink, then on the CPU, when memory runs out.

    A smaller batch is kept for the photos that follow; the CPU is kept to the end of the photo
    only, since a photo later the memory may be there again.

    Parameters
    ----------
    model : nn.Module
        The network, in evaluation mode.
    device : torch.device
        Where it should run.
    name : str
        What runs, for messages.

    Attributes
    ----------
    device : torch.device
        Where the model is now.
    largest : int or None
        The largest batch that memory allows, as far as it is known.
    """

    def __init__(self, model: Model, device: torch.device, name: str) -> None:
        self.model = model
        self.wanted = device
        self.device = device
        self.name = name
        self.largest: int | None = None
        self._warned = False
        model.to(device)

    def restart(self) -> None:
        """Go back to the wanted device, for the next photo."""
        if self.device != self.wanted:
            self._move(self.wanted)

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
        ProposalError
            The memory does not suffice on the CPU either.
        """
        while True:
            results = self._attempt(lambda: run(self.device))
            if results:
                return results[0]
            self._leave()

    def batches(
        self, run: Callable[[slice, torch.device], Result], total: int, size: int
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

        Yields
        ------
        done : int
            Items finished.
        result : Result
            What `run` returned for the latest of them.

        Raises
        ------
        ProposalError
            The memory does not suffice for one item on the CPU either.
        """
        start = 0
        while start < total:
            stop = min(start + min(size, self.largest or size), total)
            results = self._attempt(lambda batch: run(batch, self.device), slice(start, stop))
            if results:
                yield stop, results[0]
                start = stop
            elif stop - start > 1:
                self._warn()
                self.largest = (stop - start) // 2
            else:
                self._leave()

    def half(self) -> torch.autocast:
        """Give the context in which the network itself runs: half precision on CUDA.

        Returns
        -------
        torch.autocast
            Without effect on other devices.
        """
        return torch.autocast(self.device.type, torch.float16, enabled=self.device.type == "cuda")

    def _attempt(self, run: Callable[..., Result], *arguments: slice) -> list[Result]:
        """Give the result in a list, which is empty when memory ran out."""
        try:
            with torch.inference_mode():
                return [run(*arguments)]
        except torch.OutOfMemoryError:
            pass
        # Only here are the failed call's frames gone, and the tensors that they held.
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        return []

    def _leave(self) -> None:
        if self.device == CPU:
            raise ProposalError(
                f"{self.name}: memory ran out on the CPU, for the smallest piece of work: "
                "close other programs, or choose a smaller model or photo"
            )
        self._warn()
        self._move(CPU)

    def _move(self, device: torch.device) -> None:
        self.model.to(device)
        self.device = device

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            warn(
                f"{self.name}: memory ran out on {self.wanted}; going on in smaller batches, and "
                "on the CPU where these do not fit (close other programs that use the GPU)"
            )

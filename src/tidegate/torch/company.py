"""One model trained by many processes, and so by many machines: torch.distributed tells the sums.

    torchrun --nproc-per-node 4 train.py

with, in train.py::

    with tidegate.torch.parallel("checkpoints"):
        model.fit(X, y)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..network.threads import get_threads, set_threads
from ..train.company import Together, together

Array = NDArray[Any]


class TorchCompany:
    """The processes of a group of torch.distributed, as one of them; see `train.Company`.

    Sums are gloo's: every process gets the same bits, and the same ones every time.
    """

    def __init__(self) -> None:
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()

    def sum(self, values: Array) -> None:
        """Replaces an array by its sum over all."""
        if values.size:
            dist.all_reduce(torch.from_numpy(values))

    def gather(self, values: Array) -> list[Array]:
        """The arrays of all, by rank; they may differ along their first axis."""
        mine = torch.from_numpy(np.ascontiguousarray(values))
        counts = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        dist.all_gather(counts, torch.tensor([len(values)]))
        lengths = [int(count) for count in counts]
        room = (max(lengths), *values.shape[1:])
        if not all(room):
            return [np.empty((length, *room[1:]), values.dtype) for length in lengths]
        # gloo gathers what has one shape
        padded = mine.new_zeros(room)
        padded[: len(values)] = mine
        parts = [torch.empty_like(padded) for _ in range(self.size)]
        dist.all_gather(parts, padded)
        return [
            np.array(part[:length].numpy()) for part, length in zip(parts, lengths, strict=True)
        ]


@contextmanager
def parallel(
    checkpoints: str | os.PathLike[str] | None = None, every: int = 100
) -> Iterator[Together]:
    """While this lasts, every `fit` is the work of all processes that torchrun has started.

    Each process must run the same program on the same data. A batch is divided among them; all
    make the same update with the sum of their gradients, so that each holds the whole model in the
    end, and two processes learn what one does, to rounding. The threads of the core are divided
    among the processes of a machine, unless OMP_NUM_THREADS says how many there are.

    Args:
        checkpoints: a folder that all can read, where process 0 writes how far each run is: after a
            restart the program goes on from there, to the same bits. torchrun --max-restarts
            does that, with TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 in its environment, without which
            most restarts hang. None for none.
        every: updates from one checkpoint to the next.

    Raises:
        ArgumentError: outside of torchrun, where no process group is there either; if ``every`` is
            no whole number from 1 up.
    """
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise ArgumentError(f"every must be a whole number from 1 up, got {every!r}")
    made = not dist.is_initialized()
    if made:
        if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
            raise ArgumentError(
                "there is no group of processes here; start the program by torchrun "
                "--nproc-per-node N, or call torch.distributed.init_process_group first"
            )
        dist.init_process_group("gloo")
    threads = get_threads()
    beside = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if "OMP_NUM_THREADS" not in os.environ:
        set_threads(max(1, threads // beside))
    folder = None if checkpoints is None else Path(checkpoints)
    try:
        with together(TorchCompany(), folder, every) as shared:
            yield shared
    finally:
        set_threads(threads)
        if made:
            dist.destroy_process_group()

"""How to train, as a plain value."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from ..errors import ArgumentError
from ..network import Optimizer, checks
from .schedules import ScheduleKind, share


def _clipped_adam() -> Optimizer:
    return Optimizer("adam", learning_rate=1e-3, clip=1.0)


@dataclass(frozen=True)
class FitSettings:
    """How `fit` trains. With equal settings, spec and data, the result is the same to the bit.

    Example:
        >>> FitSettings(updates=500, batch=64, schedule="cosine").learning_rate(done=0, total=500)
        0.001
    """

    epochs: int = 100
    """How often each sequence is seen."""
    updates: int | None = None
    """A number of updates, in place of epochs."""
    batch: int = 32
    """Sequences in an update; the last one of an epoch may have fewer."""
    optimizer: Optimizer = field(default_factory=_clipped_adam)
    """Its settings; each fit starts with a state of its own."""
    schedule: ScheduleKind = "constant"
    """Of the learning rate, see `schedules.py`; the optimizer's is the highest."""
    warmup: float | None = None
    """Share of all updates in which the rate rises; None for 0, for onecycle 0.3."""
    patience: int | None = None
    """Stop after so many epochs without a better validation loss; None for never."""
    seed: int = 0
    """Of the order of the sequences and of the dropout."""
    bucket: bool = False
    """Whether a batch takes sequences of about the same length."""
    watch: bool = True
    """Whether to look now and then how far back the gradient reaches, and to warn; the result is
    the same."""
    checkpoint: str | os.PathLike[str] | None = None
    """A model file that holds all that `resume` needs: written after each epoch, after Ctrl-C and
    at the end."""
    checkpoint_every: int | None = None
    """Write it each so many updates, in place of each epoch."""
    resume: bool = False
    """Whether to go on from the checkpoint, if there is one."""

    def __post_init__(self) -> None:
        checks.whole(self, "epochs", 1)
        checks.whole(self, "batch", 1)
        checks.whole(self, "seed", 0, 2**63 - 1)
        for name in ("updates", "patience", "checkpoint_every"):
            if getattr(self, name) is not None:
                checks.whole(self, name, 1)
        checks.choice(self, "schedule", get_args(ScheduleKind))
        if self.warmup is not None:
            checks.number(self, "warmup", least=0, below=1)
        checks.flag(self, "bucket")
        checks.flag(self, "watch")
        checks.flag(self, "resume")
        if not isinstance(self.optimizer, Optimizer):
            raise ArgumentError(
                f"FitSettings.optimizer must be an Optimizer, got {self.optimizer!r}"
            )
        if self.checkpoint is None and (self.resume or self.checkpoint_every):
            raise ArgumentError(
                "FitSettings.resume and checkpoint_every need the file FitSettings.checkpoint"
            )

    def learning_rate(self, done: int, total: int) -> float:
        """Of the next update, when ``done`` of ``total`` are done."""
        warmup = self.warmup
        if warmup is None:
            warmup = 0.3 if self.schedule == "onecycle" else 0.0
        return self.optimizer.learning_rate * share(self.schedule, warmup, done, total)

    def to_json(self) -> dict[str, Any]:
        """All that decides the result, for a checkpoint to be compared with.

        How long a run is does not count where the learning rate does not depend on it: such a run
        may go on for longer than was planned.
        """
        data = asdict(self)
        for name in ("watch", "checkpoint", "checkpoint_every", "resume", "epochs"):
            del data[name]
        del data["optimizer"]["state"]
        data["optimizer"]["betas"] = list(self.optimizer.betas)
        if self.updates is None and (self.schedule != "constant" or self.warmup):
            data["epochs"] = self.epochs
        return data


def annealed(
    updates: int,
    batch: int,
    rate: float,
    *,
    weight_decay: float,
    beta2: float,
    warmup: float = 0.05,
    patience: int | None = None,
    clip: float | None = 1.0,
    clip_value: float | None = None,
    seed: int = 0,
) -> FitSettings:
    """The recipe of all estimators: AdamW, clipped gradients, a cosine down to 0.

    Args:
        updates: how many.
        batch: sequences in an update.
        rate: the highest learning rate.
        weight_decay, beta2: of AdamW.
        warmup: the share of the updates in which the rate rises.
        patience, seed: as for `FitSettings`.
        clip, clip_value: as for `Optimizer`.

    Example:
        >>> settings = annealed(100, 32, 3e-3, weight_decay=0.01, beta2=0.99, warmup=0.1)
        >>> [round(settings.learning_rate(done, 100), 4) for done in (0, 10, 55, 99)]
        [0.0003, 0.003, 0.0015, 0.0]
    """
    optimizer = Optimizer(
        "adamw",
        rate,
        betas=(0.9, beta2),
        weight_decay=weight_decay,
        clip=clip,
        clip_value=clip_value,
    )
    return FitSettings(
        updates=updates,
        batch=batch,
        optimizer=optimizer,
        schedule="cosine",
        warmup=warmup,
        patience=patience,
        seed=seed,
    )

"""The loop: updates over the sequences, epoch by epoch, until something ends it.

What comes next follows from the state of a run alone (parameters, optimizer, history), and a
checkpoint holds that; so a run that was stopped anywhere goes on to the same bits.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import checkpoint, company
from .custom import CustomLoss, NotFiniteError, bound
from .diverged import DivergedError, LastGood, advice
from .history import Epoch, History
from .interrupt import Interrupt
from .progress import Listener, Pace
from .sequences import Sequences
from .settings import FitSettings
from .shared import shared_step
from .source import Chunk, Part, Shuffled, Source
from .watch import Watch

if TYPE_CHECKING:
    from ..network.network import Network, StepResult


class Run:
    """One run of `fit`, from its start, or from its checkpoint."""

    def __init__(
        self,
        network: Network,
        source: Source,
        held_out: Sequences | None,
        settings: FitSettings,
        loss: CustomLoss | None,
    ) -> None:
        self.network = network
        self.source = source
        self.held_out = held_out
        self.settings = settings
        self.loss = loss
        self.optimizer = replace(settings.optimizer, state=None)
        self.history = History()
        self.best: NDArray[Any] | None = None
        """The network's parameters after its best epoch; beside them, what the loss remembered."""
        self.best_memory: list[NDArray[Any]] = []
        self.good = LastGood()
        self.total = settings.updates or settings.epochs * source.per_epoch
        self.together = company.current()
        if held_out is not None:  # what does not fit shows now, not after the first epoch
            self.evaluate(held_out.batch(np.zeros(1, np.int64)))
        self.checkpoint, self.every = settings.checkpoint, settings.checkpoint_every
        resume = settings.resume
        if self.together is not None and self.checkpoint is None:
            self.checkpoint, self.every = self.together.next_checkpoint(), self.together.every
            resume = True
        if self.checkpoint is not None:
            data = source.sequences if isinstance(source, Shuffled) else source.batch(0, 0)
            self._purpose = checkpoint.Purpose.of(network.spec, settings, data, held_out)
            if resume:
                self.resume(self.checkpoint, self._purpose)
        self.watch: Watch | None = None
        if settings.watch:
            clips = settings.optimizer.clip is not None
            past = self.history
            self.watch = Watch(network, self.total, past.looks, clips, past.norm)

    @property
    def done(self) -> int:
        """Updates done."""
        return len(self.history.loss)

    @property
    def closed(self) -> int:
        """Updates in the epochs that are over."""
        return self.history.epochs[-1].updates if self.history.epochs else 0

    def run(self, tell: Listener | None, interrupt: Interrupt) -> History:
        """To the end: all updates done, no better epoch within the patience, or Ctrl-C."""
        history, every = self.history, self.every
        pace = Pace(tell, self.done, self.total)
        epoch_start = time.perf_counter()
        while not history.stopped:
            if interrupt.asked:
                if self.shares:  # the others would wait for this one
                    raise KeyboardInterrupt
                history.stopped = "interrupted"
            elif self.closed < self.done and self.done in (self.epoch_end, self.total):
                self.end_epoch(time.perf_counter() - epoch_start)
                epoch_start = time.perf_counter()
                self.tell(pace, 0)
                if every is None:
                    self.save()
            elif self.done >= self.total:
                history.stopped = "epochs" if self.settings.updates is None else "updates"
            else:
                self.tell(pace, self.update())
                if every is not None and self.done % every == 0:
                    self.save()
        self.save()
        self.back_to_best()
        return history

    # ---- what a run consists of ----

    @property
    def shares(self) -> bool:
        """Whether other processes compute parts of its batches."""
        return self.together is not None and self.together.company.size > 1

    @property
    def epoch_end(self) -> int:
        """Updates done when the epoch that is running is over."""
        return self.closed + self.source.per_epoch

    def update(self) -> int:
        """One update; returns the number of its sequences."""
        batch = self.source.batch(len(self.history.epochs), self.done - self.closed)
        rate = self.settings.learning_rate(self.done, self.total)
        self.good.before(self.done, self.network)
        if self.watch is not None:
            self.watch.before(self.done, batch, self.settings.batch)
        try:
            step = self.step(batch, rate)
        except NotFiniteError as error:
            raise self.diverged(str(error), batch) from None
        if not math.isfinite(step.loss):
            raise self.diverged(f"the loss is {step.loss}", batch)
        if not math.isfinite(step.norm):
            raise self.diverged(f"the gradient's norm is {step.norm}", batch)
        self.good.after()
        self.history.loss.append(step.loss)
        self.history.norm.append(step.norm)
        self.history.learning_rate.append(rate)
        if self.watch is not None:
            self.watch.after(self.history.norm)
        return len(batch)

    def end_epoch(self, seconds: float) -> None:
        """Closes the epoch: its losses, and whether it is the best one or the last."""
        self.check()
        losses = self.history.loss[self.closed :]
        epoch = len(self.history.epochs)
        sizes = [self.source.size(epoch, number) for number in range(len(losses))]
        loss = float(np.average(losses, weights=sizes))
        validation = None
        if self.held_out is not None:
            validation = self.evaluate(self.held_out)
            if not math.isfinite(validation):
                raise self.diverged(f"the validation loss is {validation}", self.held_out)
        self.history.epochs.append(Epoch(loss, validation, seconds, self.done))
        best = self.history.best_epoch
        if best is None:
            return
        since = len(self.history.epochs) - 1 - best
        if since == 0:
            self.best = self.network.parameters.copy()
            self.best_memory = [part.copy() for part in memory_of(self.loss)]
        elif self.settings.patience is not None and since >= self.settings.patience:
            self.history.stopped = "patience"

    def check(self) -> None:
        """That the last update, whose result no loss has seen yet, has left finite numbers."""
        state = self.optimizer.begin(self.network.parameters)
        for what, array in (
            ("weights", self.network.parameters),
            ("optimizer's means", state.m),
            ("optimizer's squares", state.v),
        ):
            if not np.isfinite(array).all():
                raise self.diverged(f"the {what} are no longer finite", None)

    # ---- what it asks of the network ----

    def step(self, batch: Part, rate: float) -> StepResult:
        """A training step with the network's loss, or with the user's own."""
        options: dict[str, Any] = {"learning_rate": rate, "seed": self.settings.seed}
        if self.together is not None and self.shares:
            return shared_step(
                self.network, batch, self.optimizer, self.loss, self.together, **options
            )
        if self.loss is not None:
            function = bound(self.loss, batch)
            return self.network.custom_step(
                batch.rows, batch.spans, function, self.optimizer, **options
            )
        if isinstance(batch, Chunk):
            return self.network.train_step(
                batch.rows,
                batch.spans,
                batch.targets,
                self.optimizer,
                state=batch.state,
                classes=batch.classes,
                **options,
            )
        return self.network.train_step(
            batch.rows,
            batch.spans,
            batch.targets,
            self.optimizer,
            target_index=batch.target_index,
            weights=batch.weights,
            **options,
        )

    def evaluate(self, part: Sequences) -> float:
        """The loss over some sequences, without dropout."""
        if self.loss is not None:
            output = self.network.forward(part.rows, part.spans).output
            return bound(self.loss, part, needs_gradient=False)(output)[0]
        return self.network.loss(
            part.rows,
            part.spans,
            part.targets,
            target_index=part.target_index,
            weights=part.weights,
        )

    # ---- what it leaves behind ----

    def tell(self, pace: Pace, sequences: int) -> None:
        """Reports an update of so many sequences, or with 0 the end of an epoch."""
        epochs, loss = self.history.epochs, self.history.loss[-1]
        validation = epochs[-1].validation if epochs else None
        running = len(epochs) + (sequences > 0)
        pace.update(sequences, running, self.done, loss, validation)

    def save(self) -> None:
        """Writes the checkpoint, if one is wanted; in any case, see `check`."""
        self.check()
        if self.checkpoint is None:
            return
        parameters = self.network.parameters
        state = self.optimizer.begin(parameters)
        memory = [*self.source.memory(), *memory_of(self.loss)]
        if self.together is not None:
            self.together.complete(self.source.memory())
            if self.together.company.rank:
                return
        held = checkpoint.Checkpoint(
            parameters, state, self.best, self.history, memory, self.best_memory
        )
        checkpoint.write(self.checkpoint, self._purpose, held)

    def resume(self, path: Any, purpose: checkpoint.Purpose) -> None:
        """Goes back to where the checkpoint was written, if there is one."""
        learnt = memory_of(self.loss)
        memory = [*self.source.memory(), *learnt]
        state = checkpoint.read(path, purpose, memory, learnt)
        if state is None:
            return
        self.network.parameters[...] = state.parameters
        self.optimizer.state = state.optimizer
        self.best, self.history = state.best, state.history
        self.best_memory = state.best_memory
        for part, saved in zip(memory, state.memory, strict=True):
            part[...] = saved
        if self.history.stopped != "patience":  # Ctrl-C, or a run that is now to be longer
            self.history.stopped = ""

    def back_to_best(self) -> bool:
        """Network and loss as they were after the best epoch, if there is one."""
        if self.best is None:
            return False
        self.network.parameters[...] = self.best
        for part, kept in zip(memory_of(self.loss), self.best_memory, strict=True):
            part[...] = kept
        return True

    def diverged(self, what: str, batch: Part | None) -> DivergedError:
        """The error, with the network set back to its last good weights."""
        kept = "holds the weights that it began with"
        if self.back_to_best() and self.history.best_epoch is not None:
            kept = f"holds its best weights, of epoch {self.history.best_epoch + 1}"
        elif self.good.parameters is not None:
            self.network.parameters[...] = self.good.parameters
            kept = f"holds its last good weights, those after update {self.good.updates}"
        rate = self.settings.learning_rate(min(self.done, self.total - 1), self.total)
        if batch is None and isinstance(self.source, Shuffled):
            batch = self.source.sequences
        hint = advice(batch, rate, self.optimizer.clip, first=self.done == 0)
        epoch = len(self.history.epochs) + 1
        self.history.stopped = "diverged"
        return DivergedError(
            f"{what} at update {self.done + 1} (epoch {epoch}, learning rate {rate:.3g}); "
            f"{hint}; the network {kept}",
            self.done + 1,
            self.history,
        )


def memory_of(loss: CustomLoss | None) -> list[NDArray[Any]]:
    """What a loss of one's own remembers from update to update, if it says so."""
    remembers = getattr(loss, "memory", None)
    return [] if remembers is None else list(remembers())

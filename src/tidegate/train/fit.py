"""Training, from the outside: of sequences in tables, or of batches that are drawn one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from ..errors import ArgumentError
from .custom import CustomLoss
from .history import History
from .interrupt import Interrupt
from .progress import Listener, listener
from .run import Run
from .sequences import Held, Sequences
from .settings import FitSettings
from .source import Draw, Shuffled, Stream

if TYPE_CHECKING:
    from ..data.bags import TokenBags
    from ..data.spans import Spans
    from ..network import Network


def fit(
    network: Network,
    rows: ArrayLike | TokenBags,
    spans: Spans,
    targets: ArrayLike,
    settings: FitSettings | None = None,
    *,
    target_index: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    validation: Held | None = None,
    loss: CustomLoss | None = None,
    progress: bool | Listener | None = None,
) -> History:
    """Trains the network in place, and returns the course of it.

    Afterwards the network holds the weights of the epoch with the lowest validation loss or,
    without data held out, the last ones. Ctrl-C finishes the update that is running and ends the
    run in the same way, with ``history.stopped == "interrupted"``; a second Ctrl-C raises
    KeyboardInterrupt.

    Args:
        network: with a head and a loss, or a head and ``loss``.
        rows: ``[N, columns]`` numbers, or ``[N]`` token ids or `TokenBags`.
        spans: n sequences in them.
        targets: ``[M, targets]`` numbers (NaN: no target), or ``[M]`` class ids (negative: no
            target). For the readout "each", beside the rows: see `Network.train_step`.
        settings: how to train; None for ``FitSettings()``.
        target_index: ``[n]``, the row of targets of each span; by default its number.
        weights: ``[M]``, of the rows of targets.
        validation: sequences held out, for early stopping and the choice of the best epoch.
        loss: in place of the network's: (target rows ``[m, ...]``, output ``[m, O]``) → (value,
            gradient by the output ``[m, O]``).
        progress: None for a bar on stderr if that is a terminal; True or False for always or
            never; or a function that is given a `Report` from time to time.

    Raises:
        ArgumentError: if anything does not fit.
        DivergedError: when loss, gradient or validation loss is not finite. The network holds the
            best weights so far or, without data held out, the last ones with a finite loss, at
            most 10 updates old.
        ModelFileError: if the checkpoint cannot be read or written.

    Example:
        >>> import numpy as np
        >>> from tidegate.data import Spans
        >>> from tidegate.network import Loss, Network, NetworkSpec, NumberInput
        >>> rows = np.sin(np.arange(200.0))[:, None]
        >>> spans = Spans(np.arange(190), np.full(190, 10))
        >>> spec = NetworkSpec(NumberInput(1), hidden=8, outputs=1, loss=Loss("mse"))
        >>> history = fit(Network(spec), rows, spans, rows[10:], FitSettings(epochs=3))
        >>> history.stopped, len(history.loss)
        ('epochs', 18)
    """
    settings = settings or FitSettings()
    spec, custom = network.spec, loss is not None
    held = Held(rows, spans, targets, target_index, weights)
    sequences = Sequences.of(spec, held, "the training data", custom)
    held_out = None
    if validation is not None:
        held_out = Sequences.of(spec, validation, "the validation data", custom)
    elif settings.patience is not None:
        raise ArgumentError(
            "FitSettings.patience needs a validation loss; give fit validation=Held(...)"
        )
    for part, title in ((sequences, "the training data"), (held_out, "the validation data")):
        if not custom and part is not None and not part.counts():
            raise ArgumentError(
                f"{title} has no target that counts: all are masked, or have a weight of 0"
            )
    run = Run(network, Shuffled(sequences, settings), held_out, settings, loss)
    with Interrupt() as interrupt, listener(progress) as tell:
        return run.run(tell, interrupt)


def fit_drawn(
    network: Network,
    draw: Draw,
    loss: CustomLoss | None,
    settings: FitSettings,
    *,
    validation: Held | None = None,
    epochs: int = 1,
    progress: bool | Listener | None = None,
) -> History:
    """Trains the network in place on batches that are made when their update comes.

    For windows that would not fit into memory all at once, and for sequences that are varied. Like
    `fit`, without checkpoints.

    Args:
        network: with a head.
        draw: (updates done) → the next batch; it must depend on this number alone.
        loss: (the batch's targets, output) → (value, gradient by the output); None for the
            network's.
        settings: how to train; ``updates`` says for how long, ``batch`` what a batch counts for.
        validation: sequences held out, as for `fit`; the loss is asked for them after each epoch.
        epochs: into how many all updates are divided.
        progress: as for `fit`.

    Raises:
        ArgumentError, DivergedError: as `fit`.

    Example:
        >>> import numpy as np
        >>> from tidegate.data import Spans
        >>> from tidegate.network import Network, NetworkSpec, NumberInput
        >>> from tidegate.train import Drawn
        >>> def draw(done):
        ...     rows = np.random.default_rng(done).normal(size=(40, 1)).astype(np.float32)
        ...     return Drawn(rows, Spans(np.arange(8) * 5, np.full(8, 5)), rows[::5])
        >>> def loss(targets, output):
        ...     return float(np.mean((output - targets) ** 2)), 2 * (output - targets) / 8
        >>> network = Network(NetworkSpec(NumberInput(1), hidden=8, outputs=1))
        >>> history = fit_drawn(network, draw, loss, FitSettings(updates=20))
        >>> history.stopped, len(history.loss)
        ('updates', 20)
    """
    held_out = None
    if validation is not None:
        custom = loss is not None
        held_out = Sequences.of(network.spec, validation, "the validation data", custom)
    elif settings.patience is not None:
        raise ArgumentError(
            "FitSettings.patience needs a validation loss; give fit_drawn validation=Held(...)"
        )
    run = Run(network, Stream(draw, settings, epochs), held_out, settings, loss)
    with Interrupt() as interrupt, listener(progress) as tell:
        return run.run(tell, interrupt)

"""The audit of a model of torch: `tidegate.torch.audit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .result import Audit
from .whole import audit as audit_of


def audit(
    module: Any,
    x: Any,
    y: Any = None,
    loss: Callable[[Any, Any], Any] | None = None,
    *,
    seed: int = 0,
) -> Audit:
    """What a model of torch remembers: the audit of `tidegate.audit`.

    The gradient by lag is that of every nn.RNN, nn.LSTM and nn.GRU inside of the model, each with
    what it reads when the model runs, from a state of zero; influence, usable memory and blind
    outputs are the model's as a whole. Any function of a tensor is told of in the same way, but for
    the states that nobody can find in it. Lags are counted from the newest row, which has lag 0.

    Args:
        module: an nn.Module, or any function, that maps ``[B, T, F]`` to ``[B, ...]``; of outputs
            ``[B, T, ...]`` the last step is looked at. Of a tuple or dict, its first tensor.
        x: ``[B, T, F]``
        y: ``[B, ...]``, what it should give; without it, what a longer past is worth is told by how
            far the output changes.
        loss: (output, y) → the loss of each sequence ``[B]``, lower is better; None for the mean
            squared error.
        seed: as in `tidegate.audit`.

    Raises:
        ArgumentError: if the model gives no tensor for each sequence.
        DataError: if x is no such tensor, or holds NaN or infinity.

    Example:
        >>> import torch
        >>> def newest_unknown(x):
        ...     return x[:, :-2].sum(1)
        >>> print(audit(newest_unknown, torch.randn(8, 40, 1)).blind[0])
        y0 cannot depend on the newest 2 rows of all inputs
    """
    from ..torch.subject import subject_of

    return audit_of(subject_of(module, x, y, loss), None, seed=seed)

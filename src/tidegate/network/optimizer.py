"""How a training step changes the parameters: settings, and the state that a checkpoint holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from . import checks

OptimizerKind = Literal["sgd", "adam", "adamw"]


@dataclass
class OptimizerState:
    """What an optimizer remembers: the steps done, and two numbers for each parameter."""

    step: int
    m: NDArray[Any]
    """[parameters]: momentum (sgd) or the mean of the gradients (adam, adamw)."""
    v: NDArray[Any]
    """[parameters]: the mean of the squared gradients; unused by sgd."""


@dataclass
class Optimizer:
    """torch.optim's SGD, Adam or AdamW, with clipping by global norm, by value, or both.

    Rows of an embedding that a batch does not read are left alone, their ``m`` and ``v`` too.

    Example:
        >>> Optimizer("adamw", learning_rate=3e-3, weight_decay=0.01, clip=1.0).betas
        (0.9, 0.999)
    """

    kind: OptimizerKind = "adam"
    """``sgd``, ``adam`` or ``adamw``."""
    learning_rate: float = 1e-3
    """From 0 up."""
    betas: tuple[float, float] = (0.9, 0.999)
    """How much of ``m`` and of ``v`` a step keeps; for adam and adamw."""
    eps: float = 1e-8
    """Added to the root of ``v``; for adam and adamw."""
    weight_decay: float = 0.0
    """So much of each parameter is added to its gradient; adamw takes it, times the learning rate,
    from the parameter itself."""
    momentum: float = 0.0
    """How much of ``m`` a step keeps; for sgd, from 0 to below 1."""
    clip: float | None = None
    """The largest norm of the whole gradient; None for no limit."""
    clip_value: float | None = None
    """The largest size of each number of the gradient, cut off before its norm is limited; None for
    no limit. A step then takes two calls of the core, and somewhat longer."""
    state: OptimizerState | None = None
    """Made at the first step."""

    def __post_init__(self) -> None:
        checks.choice(self, "kind", get_args(OptimizerKind))
        for name in ("learning_rate", "eps", "weight_decay"):
            checks.number(self, name, least=0)
        checks.number(self, "momentum", least=0, below=1)
        betas = checks.numbers_of(self, "betas")
        if len(betas) != 2 or not all(0 <= beta < 1 for beta in betas):
            raise ArgumentError(
                f"Optimizer.betas must be two numbers from 0 to below 1, got {betas}"
            )
        checks.clipping(self)

    def begin(self, parameters: NDArray[Any]) -> OptimizerState:
        """The state, made of zeros if there is none yet.

        Raises:
            ArgumentError: if it belongs to other parameters.
        """
        if self.state is None:
            self.state = OptimizerState(0, np.zeros_like(parameters), np.zeros_like(parameters))
        for memory in (self.state.m, self.state.v):
            if memory.shape != parameters.shape or memory.dtype != parameters.dtype:
                raise ArgumentError(
                    f"the optimizer holds the state of another network, {memory.size} numbers of "
                    f"{memory.dtype} for {parameters.size} parameters of {parameters.dtype}; "
                    f"take a new Optimizer"
                )
        return self.state

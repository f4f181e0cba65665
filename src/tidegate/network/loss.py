"""What training makes small, as a plain value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from ..errors import ArgumentError
from . import checks

LossKind: TypeAlias = Literal[
    "mse", "mae", "rmse", "huber", "pinball", "binary", "categorical", "mixing"
]
MIXED = 64
"""Paths, and quantiles, that a loss mixes at most: as many as the core has room for."""


@dataclass(frozen=True)
class Loss:
    """What training makes small; `network/reference_loss.py` has the formulas, `network/mixing.py`
    that of ``mixing``.

    Weights of samples and classes count as in torch: reduction ``mean`` divides the weighted sum by
    the sum of the weights, over all targets that are not masked; ``sum`` adds over steps and
    outputs and divides by the number of sequences. A target is masked by NaN, a class id by a
    negative one.
    """

    kind: LossKind
    quantiles: tuple[float, ...] = ()
    """For ``pinball`` and ``mixing``: increasing, each between 0 and 1."""
    paths: int = 0
    """For ``mixing``: what a median is mixed from; a step has 2 + paths targets."""
    chance: bool = False
    """For ``mixing``: whether the chance of an event is asked for, too."""
    delta: float = 1.0
    """For ``huber``: where the square turns into a line."""
    smoothing: float = 0.0
    """For ``binary`` and ``categorical``: how much of the target is spread over all classes."""
    class_weight: tuple[float, ...] = ()
    """``binary``: for targets below 0.5, and for the others; ``categorical``: for each class."""
    reduction: Literal["mean", "sum"] = "mean"

    def __post_init__(self) -> None:
        checks.choice(self, "kind", get_args(LossKind))
        checks.choice(self, "reduction", ("mean", "sum"))
        checks.number(self, "delta", least=0)
        checks.number(self, "smoothing", least=0, below=1)
        quantiles = checks.numbers_of(self, "quantiles")
        weights = checks.numbers_of(self, "class_weight")

        checks.flag(self, "chance")
        checks.whole(self, "paths", 0, MIXED)

        if self.kind == "rmse" and self.reduction == "sum":
            raise ArgumentError("Loss rmse has no reduction 'sum'; take reduction='mean', or mse")
        if (self.kind in ("pinball", "mixing")) != bool(quantiles):
            raise ArgumentError(
                f"Loss.quantiles are for kind 'pinball' or 'mixing', which needs one at least; "
                f"got {quantiles} with kind {self.kind!r}"
            )
        self._check_mixing()
        rising = all(a < b for a, b in zip((0.0, *quantiles), (*quantiles, 1.0), strict=True))
        if not rising:
            raise ArgumentError(
                f"Loss.quantiles must increase and lie between 0 and 1, got {quantiles}"
            )
        if self.kind == "huber" and self.delta == 0:
            raise ArgumentError("Loss.delta must be above 0, got 0.0; with 0 it would be all zero")
        if self.kind not in ("binary", "categorical") and (weights or self.smoothing):
            raise ArgumentError(
                f"Loss.class_weight and Loss.smoothing are for kind 'binary' or 'categorical', "
                f"got kind {self.kind!r}"
            )
        if any(weight < 0 for weight in weights) or (weights and not any(weights)):
            raise ArgumentError(
                f"Loss.class_weight must be at least 0 and not all 0, got {weights}"
            )
        if self.kind == "binary" and len(weights) not in (0, 2):
            raise ArgumentError(
                f"Loss.class_weight for 'binary' must be (weight of 0, weight of 1), got {weights}"
            )

    def _check_mixing(self) -> None:
        if (self.kind == "mixing") != bool(self.paths) or (self.chance and self.kind != "mixing"):
            raise ArgumentError(
                f"Loss.paths and Loss.chance are for kind 'mixing', which needs one path at least; "
                f"got {self.paths} paths with kind {self.kind!r}"
            )
        if self.kind != "mixing":
            return
        if self.reduction == "sum":
            raise ArgumentError("Loss mixing has no reduction 'sum'; take reduction='mean'")
        if 0.5 not in self.quantiles or len(self.quantiles) > MIXED:
            raise ArgumentError(
                f"Loss.quantiles for 'mixing' must hold the median, 0.5, and be {MIXED} at most, "
                f"got {self.quantiles}"
            )

    @property
    def together(self) -> int:
        """Outputs that belong to one target; for ``mixing``, to one step ahead.

        Example:
            >>> Loss("mixing", (0.1, 0.5, 0.9), paths=4, chance=True).together
            8
        """
        return self.paths + (len(self.quantiles) or 1) + self.chance

    @property
    def middle(self) -> int:
        """Which of the quantiles is the median."""
        return self.quantiles.index(0.5)

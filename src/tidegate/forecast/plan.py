"""What is learnt from a table, and how, as a plain value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..cells import CELLS
from ..data.plain import from_json
from ..network import Optimizer, checks
from ..train import FitSettings


@dataclass(frozen=True)
class Training:
    """How long and how fast a forecaster's network learns.

    Example:
        >>> Training().settings(updates=100, seed=0).schedule
        'cosine'
    """

    updates: int | None = None
    """None: as many as the rows are worth, 600 at most."""
    batch: int = 64
    """Windows in an update."""
    learning_rate: float = 3e-3
    """The highest; it rises for a tenth of the updates and then falls along a cosine."""
    weight_decay: float = 0.1

    def __post_init__(self) -> None:
        if self.updates is not None:
            checks.whole(self, "updates", 1)
        checks.whole(self, "batch", 1)
        checks.number(self, "learning_rate", least=0)
        checks.number(self, "weight_decay", least=0)

    def updates_for(self, rows: int) -> int:
        """Updates for a table: each row begins the future of about 9 windows, in a small table of
        up to 90.

        Example:
            >>> [Training().updates_for(rows) for rows in (20, 200, 1461, 100_000)]
            [28, 150, 205, 600]
        """
        few, many = 90 * rows // self.batch, 9 * rows // self.batch
        return self.updates or max(min(max(many, 150), few, 600), 1)

    def settings(self, updates: int, seed: int) -> FitSettings:
        """The same for `train.fit`."""
        optimizer = Optimizer(
            "adamw",
            self.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=self.weight_decay,
            clip=1.0,
        )
        return FitSettings(
            epochs=1,
            updates=updates,
            batch=self.batch,
            optimizer=optimizer,
            schedule="cosine",
            warmup=0.1,
            seed=seed,
        )


@dataclass(frozen=True)
class Plan:
    """A forecaster's settings, complete and checked.

    Example:
        >>> Plan.from_json(Plan(horizon=7, window=56, season=7).to_json()).window
        56
    """

    horizon: int
    """Steps ahead."""
    window: int
    """Rows that the network sees before a cut, at the most."""
    season: int
    """Rows in a season; 1 for none."""
    cell: str = "lstm"
    hidden: int = 64
    seed: int = 0
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        for name in ("horizon", "window", "season", "hidden"):
            checks.whole(self, name, 1)
        checks.whole(self, "seed", 0, 2**63 - 1)
        checks.choice(self, "cell", tuple(CELLS))

    @classmethod
    def window_for(cls, horizon: int, season: int) -> int:
        """A window that suits a horizon and a season."""
        return min(max(8 * season, 2 * horizon, 32), 64)

    @property
    def least(self) -> int:
        """The fewest rows before a cut to learn from."""
        return max(4, self.season + 1)

    @property
    def needed(self) -> int:
        """The fewest rows that one series must have: then each step ahead was seen once."""
        return self.least + self.horizon

    @property
    def tail(self) -> int:
        """The newest rows of a series that decide its forecast."""
        return max(self.window, self.season)

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and `from_json` turns back into an equal value."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Plan:
        """The plan that `to_json` described.

        Raises:
            ArgumentError: for a key that is not known, is missing, or holds a value out of range.
        """
        if isinstance(data, dict) and "training" in data:
            data = {**data, "training": from_json(Training, data["training"])}
        return from_json(cls, data)

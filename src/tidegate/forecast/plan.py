"""What is learnt from a table, and how, as a plain value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..cells import CELLS
from ..data.plain import from_json
from ..errors import ArgumentError
from ..network import Init, checks
from ..train import FitSettings
from ..train.settings import annealed

LONGEST = 24
"""Rows that a step of the network reads, at most."""
STEPS = 16
"""Without a season, a step reads a window's rows over this, 2 at least."""

BATCH = 128
"""Windows in an update, where nothing else suits the table."""
ROWS_AN_UPDATE = 20
"""One update for so many rows, until there are `USUAL` of them; then one for `BATCH` rows."""
LEAST, USUAL, MOST = 70, 700, 3000
"""Updates of `BATCH`: where rows are few, but no more than rows; where they are not; and at the
most."""
LONGER = 1.5
"""Of smaller batches, which are for many series, so many times one for `BATCH` rows, and `MOST`."""
SMALLER = 2 / 3
"""Of a batch a k-th as large there are k to this power as many updates: a k-th would see as many
windows as before, but fewer do."""


@dataclass(frozen=True)
class ForecastTraining:
    """How long and how fast a forecaster's network learns.

    Example:
        >>> ForecastTraining().settings(updates=100, seed=0).schedule
        'cosine'
    """

    updates: int | None = None
    """None: as many as the rows are worth, 3,000 at most of 128 windows, 18,000 of 16."""
    batch: int | None = None
    """Windows in an update. None: 32 where ``updates`` is given; else 128, or 16, four times as
    often, where there are many series."""
    learning_rate: float = 3e-3
    """The highest; it rises for a tenth of the updates and then falls along a cosine."""
    weight_decay: float = 1e-4
    calibrate: bool = True
    """Whether the intervals are corrected by windows held out, which takes a quarter of the time
    more."""
    smoothing: float | None = None
    """How much exponential smoothing of the window counts in a forecast beside the network, from 0
    to 1, or, where there are two seasons, an autoregression on both; None for a quarter of rows
    with one season, but a day's hours, .3 with Theta beside it where they are many; a quarter of
    few rows, .3 of rows with two seasons, 0 of others."""
    ridge: float | None = None
    """How much a ridge regression on the rows of the window counts in a forecast beside the
    network, from 0 to 1; None for .3 of a few long series without covariates, or what windows held
    out bear out, .6 at the most, and 0 of others."""
    init: Init = field(default_factory=Init)
    """What the weights start from; ``Init(chrono=T)`` for memories of T steps."""
    clip: float | None = 1.0
    """The largest norm of a gradient; None for no such limit."""
    clip_value: float | None = None
    """The largest size of each number of a gradient, cut off before its norm is limited; None for
    no such limit."""

    def __post_init__(self) -> None:
        if self.updates is not None:
            checks.whole(self, "updates", 1)
        if self.batch is not None:
            checks.whole(self, "batch", 1)
        checks.number(self, "learning_rate", least=0)
        checks.number(self, "weight_decay", least=0)
        checks.flag(self, "calibrate")
        for name in ("smoothing", "ridge"):
            if getattr(self, name) is not None:
                checks.share(self, name)
        if not isinstance(self.init, Init):
            raise ArgumentError(f"ForecastTraining.init must be an Init, got {self.init!r}")
        checks.clipping(self)

    @property
    def size(self) -> int:
        """Windows in an update."""
        return self.batch or BATCH

    def updates_for(self, rows: int, covariates: int = 0) -> int:
        """Updates for a table: few where rows are few, which are soon known by heart; more where
        there are columns of covariates and rows to learn what they say.

        Example:
            >>> training = ForecastTraining()
            >>> [training.updates_for(rows) for rows in (20, 200, 1461, 9000, 100_000, 1_000_000)]
            [20, 70, 73, 450, 781, 3000]
        """
        least = min(rows, LEAST)
        usual = min(rows // ROWS_AN_UPDATE, USUAL * (2 if covariates else 1))
        longer = LONGER if self.size < BATCH else 1
        found = max(min(int(longer * rows) // BATCH, int(longer * MOST)), usual, least, 1)
        return self.updates or max(round(found * (BATCH / self.size) ** SMALLER), 1)

    def settings(self, updates: int, seed: int) -> FitSettings:
        """The same for `train.fit`."""
        return annealed(
            updates,
            self.size,
            self.learning_rate,
            weight_decay=self.weight_decay,
            beta2=0.98,
            warmup=0.1,
            clip=self.clip,
            clip_value=self.clip_value,
            seed=seed,
        )


Training = ForecastTraining  # what this package calls it: it knows no other


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
    """Rows that the network sees before a cut; `reach` says when they are more."""
    season: int
    """Rows in a season; 1 for none."""
    cell: str = "gru"
    hidden: int = 128
    seed: int = 0
    training: Training = field(default_factory=Training)
    members: int = 1
    """Networks that say together what comes, each with a seed of its own."""
    long_season: int = 0
    """Rows in a second, longer season, such as the week of hourly rows; 0 for none."""
    calendar: bool = False
    """Whether the network is told the time of the year."""
    anchored: bool = False
    """Whether a window is measured from the mean of its last season, in deviations of its series,
    and not from its own mean in its own deviations: for a few long series."""
    roots: bool = False
    """Whether series that are never negative and vary much are read in roots, see
    `scaling.Scaling`."""
    dropout: float = 0.0
    """The share of the last layer's outputs that training sets to zero."""
    begun: float = 0.0
    """The share of windows that training shows as of a series that has just begun: the newest rows
    alone, fewer than `least`."""
    told_apart: int = 0
    """Series that the network is told apart, each by a column of its own; 0 for none."""
    smoothing: float = 0.0
    """How much `Windows.smoothed` counts in a forecast, from 0 to 1."""
    theta: bool = False
    """Whether smoothing of rows with one season has Theta beside it, see `theta`."""
    ridge: float = 0.0
    """How much the median is then moved to what `ridge.Ridge` says, from 0 to 1, and all quantiles
    as far."""

    def __post_init__(self) -> None:
        for name in ("horizon", "window", "season", "hidden", "members"):
            checks.whole(self, name, 1)
        checks.whole(self, "seed", 0, 2**63 - 1)
        checks.whole(self, "long_season", 0)
        checks.whole(self, "told_apart", 0)
        checks.flag(self, "calendar")
        checks.flag(self, "anchored")
        checks.flag(self, "roots")
        checks.flag(self, "theta")
        checks.number(self, "dropout", least=0, below=1)
        checks.share(self, "begun")
        checks.share(self, "smoothing")
        checks.share(self, "ridge")
        if 0 < self.long_season <= self.season:
            raise ArgumentError(
                f"Plan.long_season must be longer than the season, {self.season}, "
                f"got {self.long_season}"
            )
        if self.theta and self.season == 1:
            raise ArgumentError("Plan.theta is for rows with a season, got a season of 1")
        checks.choice(self, "cell", tuple(CELLS))

    @classmethod
    def window_for(cls, season: int, long_season: int = 0) -> int:
        """A window that suits the seasons: five of them, more of short ones, two of the longer.

        Example:
            >>> [Plan.window_for(season) for season in (1, 4, 7, 12, 24)], Plan.window_for(24, 168)
            ([8, 20, 112, 60, 336], 336)
        """
        usual = {1: 8, 2: 10, 3: 15, 7: 112, 24: 336}
        return max(usual.get(season, 5 * season), 2 * long_season)

    @property
    def segment(self) -> int:
        """Rows that one step of the network reads: a season, two of a short one, the largest
        share of a long one up to 24; a sixteenth of a long window without one.

        Example:
            >>> [Plan(1, 1, season).segment for season in (1, 2, 4, 7, 12, 24, 52, 168, 288)]
            [2, 4, 4, 14, 12, 24, 13, 24, 24]
            >>> [Plan(1, window, 1).segment for window in (8, 32, 60, 112)]
            [2, 2, 3, 7]
        """
        m = self.season
        if m == 1:
            return max(self.window // STEPS, 2)
        if m > LONGEST:
            return next(p for p in range(LONGEST, 0, -1) if m % p == 0 or p == LONGEST // 2)
        return 2 * m if m < 4 or m == 7 else m

    @property
    def steps(self) -> int:
        """Steps of the network over a window."""
        rows = max(self.window, self.season + (self.season > 1), self.long_season, 2)
        return -(-rows // self.segment)

    @property
    def reach(self) -> int:
        """The newest rows before a cut that decide a forecast: the window in whole steps, and a
        season at the least."""
        return self.steps * self.segment

    @property
    def both_seasons(self) -> bool:
        """Whether a window shows rows and what was before them by both of two seasons."""
        return 0 < self.long_season < self.reach

    @property
    def least(self) -> int:
        """The fewest rows before a cut to learn from, though some may be hidden."""
        return max(4, self.season + 1)

    @property
    def fewest(self) -> int:
        """The fewest rows before a cut that are learnt from."""
        return 1 if self.begun else self.least

    @property
    def needed(self) -> int:
        """The fewest rows that one series must have: then each step ahead was seen once."""
        return self.least + self.horizon

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
            data = {**data, "training": from_json(Training, Init.within(data["training"]))}
        return from_json(cls, data)

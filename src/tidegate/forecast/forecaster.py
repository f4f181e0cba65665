"""Forecasts of tables: a frame in, a frame with intervals out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..cells import CELLS
from ..data.frame import write_frame
from ..data.series import Series, read_series
from ..errors import ArgumentError, DataError, NotFittedError
from ..network import checks
from ..train import History
from ..train.progress import Listener
from . import saved
from .defaults import suited
from .evaluate import Evaluation, evaluate, grid_of
from .learn import Learned, learn, newest
from .plan import Plan, Training

LEVELS = (80, 95)


class Forecaster:
    """One recurrent network over all series of a table, that forecasts each with intervals.

    After `fit`: ``plan_``, all settings with their defaults filled in; ``learned_``, the model;
    ``series_``, the newest rows of each series; ``history_``, the course of the training (None if
    loaded).

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"ds": range(60), "y": [float(i % 4) + 1 for i in range(60)]})
        >>> forecaster = Forecaster(horizon=2, season=4, hidden=8).fit(frame)
        >>> forecaster.predict(levels=(80,)).columns
        ['ds', 'LSTM', 'LSTM-lo-80', 'LSTM-hi-80']
    """

    def __init__(
        self,
        horizon: int,
        cell: str = "lstm",
        *,
        id: str = "unique_id",
        time: str = "ds",
        target: str = "y",
        window: int | None = None,
        season: int | None = None,
        hidden: int = 64,
        training: Training | None = None,
        seed: int = 0,
    ) -> None:
        """
        Args:
            horizon: steps ahead, from 1.
            cell: "lstm", "gru", "rnn" or "rnn_relu".
            id: the column that names each row's series; it may be absent.
            time: the column of dates, or of whole numbers.
            target: the column of numbers to forecast.
            window: rows that the network sees before it forecasts; None for a few seasons.
            season: rows in a season; None for what the dates suggest, such as 7 for days.
            hidden: units of the network.
            training: how long and how fast it learns; None for what suits the rows.
            seed: of everything drawn at random. Equal seeds give equal forecasts, to the bit.
        """
        self.horizon = horizon
        self.cell = cell
        self.id = id
        self.time = time
        self.target = target
        self.window = window
        self.season = season
        self.hidden = hidden
        self.training = training
        self.seed = seed

    def fit(self, df: Any, progress: bool | Listener | None = None) -> Forecaster:
        """Learns from a frame.

        Ctrl-C ends the training early and keeps what was learnt; ``history_.stopped`` tells.

        Args:
            df: pandas or polars, in any order of rows; or a `Series` that was read already.
            progress: None for a bar on stderr if that is a terminal; True or False for always or
                never; or a function that is given a `train.Report` from time to time.

        Returns:
            Itself.

        Raises:
            ArgumentError: if a setting makes no sense.
            DataError: if the frame cannot be used, or has too few rows.
        """
        series = self._read(df)
        plan = self._plan(series)
        learned, history = learn(plan, series, series.length, progress)
        self.plan_ = plan
        self.learned_ = learned
        self.series_ = newest(series, plan.tail)
        self.history_: History | None = history
        return self

    def predict(self, levels: Iterable[float] = LEVELS) -> Any:
        """What comes next, for each series.

        Args:
            levels: of the intervals, in percent, above 0 and below 100; may be empty.

        Returns:
            A frame of the library that `fit` was given, ``horizon`` rows for each series: the id
            (if there was one), the time, the median under the cell's name (``LSTM``), the ends of
            each interval (``LSTM-lo-80``, ``LSTM-hi-80``), and, if any series has many zeros and
            no negative value, the chance that a value is not zero (``LSTM-p``; NaN for others).

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if a level makes no sense.
        """
        learned, series, plan = self._fitted()
        chosen = check_levels(levels)
        n = len(series.start)
        end = series.start + series.length
        forecast = learned.forecast(series, np.arange(n), end, grid_of(chosen))
        name, middle = plan.cell.upper(), len(chosen)
        columns = {name: forecast.quantiles[..., middle].ravel()}
        for level in chosen:
            out = 1 + sorted(chosen).index(level)
            for side, place in (("lo", middle - out), ("hi", middle + out)):
                columns[f"{name}-{side}-{level:g}"] = forecast.quantiles[..., place].ravel()
        if not np.isnan(forecast.chance).all():
            columns[f"{name}-p"] = forecast.chance.ravel()
        times = series.frequency.ahead(series.time[end - 1], plan.horizon).ravel()
        ids = None
        if series.ids is not None:
            ids = [name for name in series.ids for _ in range(plan.horizon)]
        return write_frame(series.frame, ids, times, columns)

    def evaluate(
        self,
        df: Any,
        levels: Iterable[float] = LEVELS,
        progress: bool | Listener | None = None,
    ) -> Evaluation:
        """How such a forecaster does on the last windows of a frame, beside simple baselines.

        A model of its own is trained on the rows before them, once; this forecaster stays as it is,
        and need not be fitted.

        Args:
            df: as for `fit`.
            levels: as for `predict`.
            progress: as for `fit`.

        Raises:
            ArgumentError, DataError: as `fit`.
            KeyboardInterrupt: after Ctrl-C.
        """
        series = self._read(df)
        return evaluate(self._plan(series), series, check_levels(levels), progress)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model file, whole or not at all; `load` reads it.

        Raises:
            NotFittedError: before `fit`.
            ModelFileError: if it cannot be written.
        """
        learned, series, _ = self._fitted()
        saved.write(path, self._settings(), learned, series)

    def _settings(self) -> dict[str, Any]:
        """The constructor's arguments, save those that the plan holds."""
        return {"id": self.id, "time": self.time, "target": self.target}

    def _read(self, df: Any) -> Series:
        """The frame's series, once all settings make sense."""
        for name in ("horizon", "hidden"):
            checks.whole(self, name, 1)
        for name in ("window", "season"):
            if getattr(self, name) is not None:
                checks.whole(self, name, 1)
        checks.whole(self, "seed", 0, 2**63 - 1)
        checks.choice(self, "cell", tuple(CELLS))
        if not isinstance(self.training, Training | None):
            raise ArgumentError(
                f"Forecaster.training must be a Training or None, got {self.training!r}"
            )
        if isinstance(df, Series):
            series = df
        else:
            series = read_series(df, id=self.id, time=self.time, target=self.target)
        name = self.cell.upper()
        for column in (series.frame.id, series.frame.time):
            if column is not None and (column == name or column.startswith(f"{name}-")):
                raise DataError(
                    f"the column {column!r} has a name that the forecast needs; rename it"
                )
        return series

    def _plan(self, series: Series) -> Plan:
        """The settings, with their defaults filled in."""
        return suited(
            series,
            self.horizon,
            season=self.season,
            window=self.window,
            cell=self.cell,
            hidden=self.hidden,
            seed=self.seed,
            training=self.training,
        )

    def _fitted(self) -> tuple[Learned, Series, Plan]:
        if not hasattr(self, "learned_"):
            raise NotFittedError("this Forecaster is not fitted yet; call fit(df) first")
        return self.learned_, self.series_, self.plan_


def load(path: str | os.PathLike[str]) -> Forecaster:
    """The forecaster that was saved; it predicts the same bits.

    Raises:
        ModelFileError: if the file is damaged, of another kind, or does not exist.
    """
    settings, learned, series = saved.read(path)
    plan = learned.model.plan
    forecaster = Forecaster(
        plan.horizon,
        plan.cell,
        window=plan.window,
        season=plan.season,
        hidden=plan.hidden,
        training=plan.training,
        seed=plan.seed,
        **settings,
    )
    forecaster.plan_ = plan
    forecaster.learned_ = learned
    forecaster.series_ = series
    forecaster.history_ = None
    return forecaster


def check_levels(levels: Iterable[float]) -> tuple[float, ...]:
    """The levels as given, each once.

    Raises:
        ArgumentError: if one is no number above 0 and below 100.
    """
    if isinstance(levels, str | bytes) or not isinstance(levels, Iterable):
        raise ArgumentError(f"levels must be numbers such as (80, 95), got {levels!r}")
    chosen = tuple(dict.fromkeys(checks.as_number(level, "a level") for level in levels))
    for level in chosen:
        if not 0 < level < 100:
            raise ArgumentError(f"a level must be above 0 and below 100 percent, got {level:g}")
    return chosen

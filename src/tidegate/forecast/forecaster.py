"""Forecasts of tables: a frame in, a frame with intervals out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..data import extend
from ..data.frame import write_frame
from ..data.series import Series, read_series
from ..errors import ArgumentError, NotFittedError
from ..network.shown import as_call
from ..train import History
from ..train.progress import Listener
from . import ask, audited, baselines, frames, saved, settings, tune
from .auto import Answers, Learner
from .backtest import Backtest, backtest
from .choice import Choice
from .evaluate import Evaluation
from .plan import Plan, Training
from .settings import AUTO


class Forecaster:
    """One recurrent network over all series of a table, that forecasts each with intervals.

    Where rows are few or have one season, but a day's hours, a quarter is exponential smoothing of
    the window; with two seasons three tenths are an autoregression, and two networks learn if rows
    are many; of a few long series without covariates some are a ridge regression.
    ``plan_`` says so, and ``training`` and ``ensemble`` may say otherwise.

    After `fit`: ``plan_``, all settings with their defaults filled in; ``answers_``, what learnt;
    ``series_``, the newest rows of each series; ``filled_``, the times that were left out of the
    table and count as missing; ``history_``, the course of the training (None if loaded, or a
    baseline); ``choice_``, what ``cell="auto"`` picked, and by how much (else None); after `tune`,
    ``tuning_``, what was tried.

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"ds": range(60), "y": [float(i % 4) + 1 for i in range(60)]})
        >>> training = Training(updates=20)
        >>> forecaster = Forecaster(horizon=2, hidden=8, training=training).fit(frame)
        >>> forecaster.predict(levels=(80,)).columns
        ['ds', 'GRU', 'GRU-lo-80', 'GRU-hi-80']
    """

    def __init__(
        self,
        horizon: int,
        cell: str = "gru",
        *,
        id: str = "unique_id",
        time: str = "ds",
        target: str = "y",
        future: Iterable[str] = (),
        past: Iterable[str] = (),
        static: Iterable[str] = (),
        season: int | tuple[int, ...] | None = None,
        window: int | None = None,
        hidden: int = 128,
        ensemble: int | None = None,
        training: Training | None = None,
        n_jobs: int | None = None,
        seed: int = 0,
    ) -> None:
        """
        Args:
            horizon: steps ahead, from 1.
            cell: "gru", "lstm", "rnn" or "rnn_relu"; or "auto": the one of RNN, GRU, LSTM and the
                baselines that does best on the last windows of the table.
            id: the column that names each row's series; it may be absent.
            time: the column of dates, or of whole numbers.
            target: the column of numbers to forecast; NaN where nobody observed one.
            future: columns that are known ahead, such as holidays; numbers or categories.
            past: columns that are known as late as the target.
            static: columns that each series has one value of.
            season: rows in a season, such as 24, or in two, such as (24, 168); None for what the
                dates suggest, or the rows repeat; 1 for none.
            window: rows that the network sees before it forecasts; None for a few seasons.
            hidden: units of the network.
            ensemble: networks, each with a seed of its own, that say together what comes; None for
                what suits the rows: one, or two where many rows have two seasons.
            training: how long and how fast they learn; None for what suits the rows.
            n_jobs: members or windows at once; None for the processors or joblib.parallel_config.
            seed: of everything drawn at random. Equal seeds give equal forecasts, to the bit.
        """
        self.horizon = horizon
        self.cell = cell
        self.id = id
        self.time = time
        self.target = target
        self.future = future
        self.past = past
        self.static = static
        self.season = season
        self.window = window
        self.hidden = hidden
        self.ensemble = ensemble
        self.training = training
        self.n_jobs = n_jobs
        self.seed = seed

    def __repr__(self) -> str:
        return as_call(type(self), vars(self))

    def fit(
        self, df: Any, *, static: Any = None, progress: bool | Listener | None = None
    ) -> Forecaster:
        """Learns from a frame.

        Ctrl-C ends the training early and keeps what was learnt; ``history_.stopped`` tells.

        Args:
            df: pandas or polars, in any order of rows; or a `Series` that was read already. Of a
                series with fewer rows than the horizon, or than windows that were learnt from have,
                a warning tells, in `predict` too; and of a ``season`` that none has twice.
            static: a frame with the static columns, a row for each series; None if ``df`` itself
                has them.
            progress: None for a bar on stderr if that is a terminal; True or False for always or
                never; or a function that is given a `train.Report` from time to time.

        Returns:
            Itself.

        Raises:
            ArgumentError: if a setting makes no sense.
            DataError: if the frame cannot be used, or has too few rows.
        """
        series = self._read(df, static)
        answers, history, choice = self._learner(series, progress).learn(series.length)
        ask.tell_short(series, self.horizon, answers.plan.fewest)
        settings.tell_season(self, series)
        self.answers_ = answers
        self.plan_ = answers.plan
        self.series_ = answers.needs(series)
        self.filled_ = series.filled
        self.history_: History | None = history
        self.choice_: Choice | None = choice
        return self

    def predict(
        self,
        levels: Iterable[float] | None = None,
        quantiles: Iterable[float] = (),
        *,
        df: Any = None,
        future: Any = None,
        static: Any = None,
    ) -> Any:
        """What comes next, for each series.

        Args:
            levels: of the intervals, in percent, above 0 and below 100; may be empty. None for 80
                and 95, or for no intervals where quantiles are named.
            quantiles: further levels, above 0 and below 1. One at which an interval ends has that
                column alone, and 0.5 is the median.
            df: other series, or the same with other rows, to forecast instead of those learnt
                from, with the same columns; times that it leaves out count as missing, as in `fit`.
            future: a frame with what is known ahead: id, time and the ``future`` columns, for each
                series and each of the ``horizon`` steps.
            static: of series in ``df`` that are new; None if it has the columns itself.

        Returns:
            A frame of the library that `fit` was given, ``horizon`` rows for each series: the id
            (if there was one), the time, the median under the cell's name (``GRU``), the ends of
            each interval (``GRU-lo-80``, ``GRU-hi-80``), each further quantile (``GRU-ql0.3``),
            and, if any series has many zeros and no negative value, the chance that a value is not
            zero (``GRU-p``; NaN for others).

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if a level makes no sense.
            DataError: if a frame cannot be used, or something known ahead is missing.
        """
        answers, series, plan = self._fitted()
        chosen, others = ask.asked(levels, quantiles)
        if df is not None:
            answers, series = self._others(df, static)
        elif static is not None:
            raise ArgumentError("static goes with df: the static values of its series")
        ahead = frames.known_ahead(series, future, plan.horizon)
        grid = ask.grid_of(chosen, others)
        n = len(series)
        end = series.start + series.length
        forecast = answers.forecast(series, np.arange(n), end, grid, ahead)
        times = series.frequency.ahead(series.time[end - 1], plan.horizon).ravel()
        columns = ask.columns(self._name, grid, chosen, forecast)
        ids = series.ids and [name for name in series.ids for _ in range(plan.horizon)]
        return write_frame(series.frame, ids, times, columns)

    def update(self, df: Any, *, static: Any = None) -> Forecaster:
        """Takes newer rows: what `predict` gives next, starts after them. Nothing is learnt anew.

        Args:
            df: rows after those known, with the same columns; new series are welcome.
            static: of new series; None if ``df`` has the columns itself.

        Returns:
            Itself.

        Raises:
            NotFittedError: before `fit`.
            DataError: if the frame cannot be used, or a row is not newer than those known.
        """
        answers, series, _ = self._fitted()
        new = read_series(df, missing="any", gaps="fill", like=series, static_frame=static)
        longer = extend(series, new)
        fitted = np.arange(len(longer))
        fitted[len(series) :] = -1
        self.answers_ = answers.on(longer, fitted, series)
        self.series_ = answers.needs(longer)
        self.filled_ = longer.filled
        return self

    def evaluate(
        self,
        df: Any,
        levels: Iterable[float] = ask.LEVELS,
        *,
        static: Any = None,
        progress: bool | Listener | None = None,
    ) -> Evaluation:
        """How such a forecaster does on the last windows of a frame, beside simple baselines.

        A model of its own is trained on the rows before them, once; this forecaster stays as it is,
        and need not be fitted. The short of `backtest`.

        Args:
            df, static, progress: as for `fit`.
            levels: of the intervals, in percent, above 0 and below 100.

        Raises:
            ArgumentError, DataError: as `fit`.
            KeyboardInterrupt: after Ctrl-C.
        """
        return Evaluation.of(self.backtest(df, levels=levels, static=static, progress=progress))

    def backtest(
        self,
        df: Any,
        windows: int | None = None,
        step: int | None = None,
        refit: bool | int = False,
        *,
        levels: Iterable[float] | None = None,
        quantiles: Iterable[float] = (),
        names: Iterable[str] | None = None,
        static: Any = None,
        progress: bool | Listener | None = None,
    ) -> Backtest:
        """Forecasts of the last windows of a frame from what came before each, beside baselines.

        This forecaster stays as it is, and need not be fitted.

        Args:
            df, static, progress: as for `fit`.
            windows: of each series, or as many as it has rows for; None for as many as suit the
                rows, 52 at most.
            step: rows from one window to the next; None for the horizon: no two overlap.
            refit: False for one training before all windows; True for one at every window; a number
                for one at every so many.
            levels, quantiles: as for `predict`.
            names: baselines to compare with; None for all that need no other library.

        Raises:
            ArgumentError, DataError: as `fit`.
            KeyboardInterrupt: after Ctrl-C.
        """
        chosen, others = ask.asked(levels, quantiles)
        settings.check_windows(windows, step, refit)
        compared = None if names is None else baselines.check_names(names)
        series = self._read(df, static)
        # members learn at once, or windows do
        learner = self._learner(series, progress, self.n_jobs if refit is False else 1)
        return backtest(
            learner.ahead,
            series,
            self.horizon,
            learner.season,
            model=self._name,
            needed=learner.planner.needed(series, windows, step),
            windows=windows,
            step=step,
            refit=refit,
            levels=chosen,
            quantiles=others,
            names=compared,
            n_jobs=self.n_jobs,
        )

    def tune(
        self,
        df: Any,
        trials: int = 20,
        timeout: float | None = None,
        *,
        static: Any = None,
        progress: bool | Listener | None = None,
    ) -> Forecaster:
        """Searches for better settings by backtest, and learns from the frame with the best.

        The settings that were found are this forecaster's from then on; ``tuning_`` holds every
        try. With ``cell="auto"`` it begins with a GRU and ends with the best network: no baseline
        is among what is tried. Needs the extra ``tune`` (Optuna). With ``n_jobs`` above 1 some are
        tried at once.

        Args:
            df, static, progress: as for `fit`.
            trials: settings to try, at most; the first is the forecaster's own.
            timeout: seconds after which no other is tried.

        Returns:
            Itself.

        Raises:
            ArgumentError: if a setting makes no sense, or Optuna is not installed.
            DataError: as `fit`.
            KeyboardInterrupt: after Ctrl-C.
        """
        series = self._read(df, static)
        found, self.tuning_ = tune.search(
            settings.planner_of(self), series, trials, timeout, self.n_jobs
        )
        self.cell, self.hidden, self.window = found.cell, found.hidden, found.window
        self.training = found.training
        return self.fit(series, progress=progress)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model file, whole or not at all; `load` reads it.

        Raises:
            NotFittedError: before `fit`.
            ModelFileError: if it cannot be written.
        """
        answers, series, _ = self._fitted()
        kept = saved.Settings(self.cell, self.id, self.time, self.target)
        saved.write(path, kept, answers, series)

    def to_onnx(
        self,
        path: str | os.PathLike[str],
        levels: Iterable[float] | None = None,
        quantiles: Iterable[float] = (),
    ) -> None:
        """Writes the whole forecast, from raw rows to quantiles, as an ONNX file: see
        `exported.write_forecast`, and `exported.feed_of` for what a run of it is given.

        Args:
            path: where to.
            levels, quantiles: as for `predict`; the file has these and no others.

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if onnx is not installed, a level makes no sense, or a baseline was
                picked in place of a network.
            ModelFileError: if it cannot be written.
        """
        from . import exported

        chosen, others = ask.asked(levels, quantiles)
        exported.write_forecast(path, self, chosen, others)

    def __audit__(self, data: Any) -> Any:
        """Itself with a frame, as `tg.audit` sees it."""
        return audited.subject(self, data)

    @property
    def _name(self) -> str:
        """What the columns of forecasts begin with."""
        return self.cell.upper()

    def _learner(
        self, series: Series, progress: bool | Listener | None, n_jobs: int | None = None
    ) -> Learner:
        jobs = self.n_jobs if n_jobs is None else n_jobs
        return Learner(settings.planner_of(self), series, self.cell == AUTO, jobs, progress)

    def _others(self, df: Any, static: Any) -> tuple[Answers, Series]:
        """Other series to forecast, and what answers for them."""
        answers, series, _ = self._fitted()
        other = read_series(df, missing="keep", gaps="fill", like=series, static_frame=static)
        ask.tell_short(other, answers.plan.horizon, answers.plan.fewest, depth=4)
        number = {name: i for i, name in enumerate(series.ids or [None])}
        fitted = np.array([number.get(name, -1) for name in other.ids or [None]])
        return answers.on(other, fitted, series), answers.needs(other)

    def _read(self, df: Any, static: Any = None) -> Series:
        """The frame's series, once all settings make sense."""
        settings.check(self)
        series = frames.series_of(self, df, static)
        settings.check_columns(self._name, series)
        return series

    def _fitted(self) -> tuple[Answers, Series, Plan]:
        if not hasattr(self, "answers_"):
            raise NotFittedError("this Forecaster is not fitted yet; call fit(df) first")
        return self.answers_, self.series_, self.plan_

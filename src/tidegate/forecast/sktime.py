"""The forecaster as one of sktime's, for its pipelines, splits, tuning and metrics.

Import it from here: ``from tidegate.forecast.sktime import TidegateForecaster``. Nothing else in
this package imports sktime, which comes with ``pip install tidegate[sktime]``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster

from ..errors import ArgumentError, DataError
from .forecaster import Forecaster
from .load import load
from .plan import Training
from .tables import names

TIME, TARGET = "ds", "y"


class TidegateForecaster(BaseForecaster):  # type: ignore[misc]  # sktime has no types
    """A recurrent network that forecasts a series with quantiles; tidegate's ``Forecaster``.

    The point forecast is the median. Intervals and quantiles never cross, at any level. Equal data,
    parameters and ``random_state`` give equal forecasts, to the bit.

    ``y`` may have missing values; a time that its index leaves out counts as one. Of a table of
    several columns, a panel or a hierarchy, sktime fits a network of its own to each series. ``X``
    is what is known ahead: numbers, or text and categories, without missing values; ``predict``
    needs it for each step up to the last of ``fh``. Forecasts are out of sample only.

    ``update`` with ``update_params=True`` learns anew from all rows up to the new cutoff. With
    ``update_params=False`` the network stays and goes on from the newer rows, which takes
    milliseconds; of rows that are known already, the new values are not looked at.

    Parameters
    ----------
    cell : str, optional (default="gru")
        The network's cell: "gru", "lstm", "rnn" or "rnn_relu"; or "auto" for what does best on
        the last rows, which may be a baseline.
    season : int, tuple of two int, or None, optional (default=None)
        Rows in a season, such as 24, or in two, such as (24, 168); None for what the index and the
        rows suggest.
    window : int or None, optional (default=None)
        Rows that the network sees before it forecasts; None for a few seasons.
    hidden : int, optional (default=128)
        Units of the network.
    ensemble : int or None, optional (default=None)
        Networks, of which the forecast is the median; None for what suits the rows.
    training : tidegate.forecast.plan.Training or None, optional (default=None)
        How long and how fast it learns; None for what suits the rows.
    n_jobs : int or None, optional (default=None)
        Networks that are trained at once; None or -1 for one for each processor.
    random_state : int, optional (default=0)
        The seed of everything drawn at random.

    Attributes
    ----------
    forecaster_ : tidegate.Forecaster
        The fitted forecaster behind it; ``forecaster_.save(path)`` writes its model file. Of its
        columns, "ds" is the time, "y" the target, and "X['price']" the column "price" of ``X``.

    See Also
    --------
    tidegate.Forecaster : one network for all series of a long table.

    Notes
    -----
    A fitted one is pickled and copied by way of its model file, without ``history_``.

    Examples
    --------
    >>> import pandas as pd
    >>> from tidegate.forecast.plan import Training
    >>> from tidegate.forecast.sktime import TidegateForecaster
    >>> index = pd.period_range("2020-01", periods=36, freq="M")
    >>> y = pd.Series([float(i % 12) for i in range(36)], index=index)
    >>> forecaster = TidegateForecaster(hidden=8, training=Training(updates=20))
    >>> y_pred = forecaster.fit(y, fh=[1, 3]).predict()
    >>> y_pred.index.astype(str).tolist()
    ['2023-01', '2023-03']
    >>> forecaster.predict_quantiles(alpha=[0.1, 0.9]).shape
    (2, 2)
    """

    _tags = {  # noqa: RUF012  # sktime's own form
        "authors": "tidegate developers",
        "maintainers": "tidegate developers",
        "y_inner_mtype": "pd.Series",
        "X_inner_mtype": "pd.DataFrame",
        "requires-fh-in-fit": True,
        "capability:multivariate": False,
        "capability:exogenous": True,
        "capability:categorical_in_X": True,
        "capability:non_contiguous_X": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": True,
        "capability:unequal_length": True,
        "capability:update": True,
        "capability:random_state": True,
        "property:randomness": "deterministic",
    }
    # The rows are kept here anyway, in the form that a new fit needs. It is sktime's own default
    # from 1.3 on.
    _config = {"remember_data": False}  # noqa: RUF012

    def __init__(
        self,
        cell: str = "gru",
        season: int | tuple[int, int] | None = None,
        window: int | None = None,
        hidden: int = 128,
        ensemble: int | None = None,
        training: Training | None = None,
        n_jobs: int | None = None,
        random_state: int = 0,
    ) -> None:
        self.cell = cell
        self.season = season
        self.window = window
        self.hidden = hidden
        self.ensemble = ensemble
        self.training = training
        self.n_jobs = n_jobs
        self.random_state = random_state
        super().__init__()

    def __post_init__(self) -> None:
        """What sktime looks for if it is asked to remember data after all."""
        self._y = None
        self._X = None

    def _fit(self, y: pd.Series, X: pd.DataFrame | None, fh: Any) -> TidegateForecaster:
        """Learns from a series.

        Parameters
        ----------
        y : pd.Series
            May hold NaN.
        X : pd.DataFrame or None
            Has a row for each of ``y``.
        fh : ForecastingHorizon
            The farthest step decides the network's horizon.
        """
        self._name = y.name
        self._covariates = None if X is None else tuple(X.columns)
        self._rows = rows_of(y, X)
        self._learn(int(steps_of(fh, self.cutoff).max()))
        return self

    def _predict(self, fh: Any, X: pd.DataFrame | None) -> pd.Series:
        """The medians, at the times of ``fh``."""
        ahead, index = self._ahead(fh, X, ())
        return pd.Series(ahead.iloc[:, 1].to_numpy(), index=index, name=self._name)

    def _predict_quantiles(
        self, fh: Any, X: pd.DataFrame | None, alpha: Sequence[float]
    ) -> pd.DataFrame:
        """The quantiles, a column for each ``alpha``, at the times of ``fh``."""
        ahead, index = self._ahead(fh, X, alpha)
        found = ahead[names(ahead.columns[1], np.asarray(alpha), ())]
        columns = pd.MultiIndex.from_product([self._get_varnames(), alpha])
        return pd.DataFrame(found.to_numpy(), index=index, columns=columns)

    def _update(
        self, y: pd.Series, X: pd.DataFrame | None = None, update_params: bool = True
    ) -> TidegateForecaster:
        """Goes on with newer rows.

        Parameters
        ----------
        y : pd.Series
            Rows, of which some may be known already.
        X : pd.DataFrame or None
            Has a row for each of ``y``, and for times left out before it.
        update_params : bool
            Whether to learn anew; else the network stays and sees newer rows only.
        """
        self._check_covariates(X)
        newest = self._rows[TIME].iloc[-1]
        new = rows_of(y, X, after=newest)
        if update_params:
            old = self._rows[~self._rows[TIME].isin(new[TIME])]
            rows = pd.concat([old, new]).sort_values(TIME, ignore_index=True)
            self._rows = rows[rows[TIME] <= new[TIME].iloc[-1]]
            self._learn(self.forecaster_.horizon)
            return self
        newer = new[new[TIME] > newest]
        if len(newer):
            self._rows = pd.concat([self._rows, newer], ignore_index=True)
            self.forecaster_.update(newer)
        return self

    def _learn(self, horizon: int) -> None:
        """Learns from all rows."""
        self.forecaster_ = Forecaster(
            horizon,
            self.cell,
            time=TIME,
            target=TARGET,
            future=[column(name) for name in self._covariates or ()],
            window=self.window,
            season=self.season,
            hidden=self.hidden,
            ensemble=self.ensemble,
            training=self.training,
            n_jobs=self.n_jobs,
            seed=self.random_state,
        ).fit(self._rows, progress=False)

    def _ahead(
        self, fh: Any, X: pd.DataFrame | None, quantiles: Sequence[float]
    ) -> tuple[pd.DataFrame, pd.Index]:
        """The forecaster's frame at the steps asked for, and sktime's index of these."""
        self._check_covariates(X)
        steps, index = steps_of(fh, self.cutoff), fh.to_absolute_index(self.cutoff)
        horizon = self.forecaster_.horizon
        if steps.max() > horizon:
            raise ArgumentError(
                f"fh must lie within the {horizon} steps that were fitted, got {steps.max()}; fit "
                f"again with a longer one"
            )
        # update_predict over rows known already sets the cutoff back: later ones must not be seen
        seen = self._rows[TIME] <= times_of(self.cutoff)[0]
        frame = self.forecaster_.predict(
            levels=(),
            quantiles=quantiles,
            df=None if seen.all() else self._rows[seen],
            future=None if X is None else frame_of(X),
        )
        ahead = frame.iloc[steps - 1]
        times, expected = ahead[TIME].to_numpy(), times_of(index).to_numpy()
        if (times != expected).any():
            i = int(np.argmax(times != expected))
            raise DataError(
                f"step {steps[i]} is {expected[i]} by the index of y, and {times[i]} by its rows; "
                f"give an index of equal steps, such as periods, or numbers that count up by 1"
            )
        return ahead, index

    def _check_covariates(self, X: pd.DataFrame | None) -> None:
        if (X is None) == (self._covariates is None):
            return
        if X is None:
            raise DataError("fit was given X, so X is needed here too; pass its rows")
        raise DataError("fit was not given X, so none can be used here; fit again with X")

    def __getstate__(self) -> dict[str, Any]:
        """The attributes; of the fitted forecaster, its model file."""
        state = dict(self.__dict__)
        if "forecaster_" in state:
            state["forecaster_"] = model_file(self.forecaster_)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "forecaster_" in state:
            self.forecaster_ = from_model_file(state["forecaster_"])

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Settings for sktime's tests: small networks that learn for a moment.

        Parameters
        ----------
        parameter_set : str, optional (default="default")
            There is no other.

        Returns
        -------
        list of dict
        """
        return [
            {"hidden": 4, "training": Training(updates=2, batch=4, calibrate=False)},
            {
                "cell": "lstm",
                "season": 3,
                "window": 6,
                "hidden": 3,
                "ensemble": 2,
                "training": Training(updates=2, batch=4),
                "random_state": 1,
            },
        ]


def steps_of(fh: Any, cutoff: Any) -> Any:
    """``[k]`` int64, how many steps behind the cutoff each time of a horizon lies."""
    return fh.to_relative(cutoff).to_numpy().astype(np.int64)


def times_of(index: pd.Index) -> pd.Index:
    """The times of an index as a forecaster reads them; periods by their first moment."""
    return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index


def column(name: Any) -> str:
    """What a column of X is called beside the time and the target.

    Example:
        >>> column("price"), column(0)
        ("X['price']", 'X[0]')
    """
    return f"X[{name!r}]"


def frame_of(X: pd.DataFrame) -> pd.DataFrame:
    """The rows of X with their time."""
    frame = X.set_axis([column(name) for name in X.columns], axis=1).reset_index(drop=True)
    frame.insert(0, TIME, times_of(X.index))
    return frame


def rows_of(y: pd.Series, X: pd.DataFrame | None, after: Any = None) -> pd.DataFrame:
    """The rows of a series with their time, and with those of X.

    X may have more rows: of times that y leaves out, they are taken, the target missing there.

    Args:
        y, X: as sktime hands them to a fit.
        after: take times that are left out after this one only; None for all after y's first.

    Example:
        >>> X = pd.DataFrame({"price": range(6)})
        >>> rows_of(pd.Series([0.2, 0.4], index=[2, 4]), X, after=0).values.tolist()
        [[1.0, nan, 1.0], [2.0, 0.2, 2.0], [3.0, nan, 3.0], [4.0, 0.4, 4.0]]
    """
    times = times_of(y.index)
    rows = pd.DataFrame({TIME: times, TARGET: y.to_numpy(np.float64)})
    if X is None:
        return rows
    known = frame_of(X)
    inside = (known[TIME] > (times[0] if after is None else after)) & (known[TIME] < times[-1])
    return rows.merge(known[inside | known[TIME].isin(times)], how="outer", on=TIME)


def model_file(forecaster: Forecaster) -> bytes:
    """What `Forecaster.save` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model")
        forecaster.save(path)
        with open(path, "rb") as file:
            return file.read()


def from_model_file(content: bytes) -> Forecaster:
    """The forecaster of a model file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model")
        with open(path, "wb") as file:
            file.write(content)
        return load(path)

"""Backtests as frames of the user's library, with the column names of NeuralForecast."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import FrameKind, Series, write_frame
from ..errors import DataError

Array = NDArray[Any]

ID, CUTOFF, METRIC = "unique_id", "cutoff", "metric"


def names(model: str, grid: Array, levels: tuple[float, ...]) -> list[str | None]:
    """The column of each quantile: the median, the ends of intervals, and others by their level.

    Example:
        >>> names("GRU", np.array([0.1, 0.3, 0.5, 0.9]), (80.0,))
        ['GRU-lo-80', 'GRU-ql0.3', 'GRU', 'GRU-hi-80']
        >>> names("GRU", np.array([0.99999995]), (99.99999,))
        ['GRU-hi-99.99999']
    """
    found: list[str | None] = []
    for q in grid:
        wide = round(abs(200 * float(q) - 100), 9)
        of_level = [level for level in levels if abs(wide - level) < 1e-9]
        if wide == 0:
            found.append(model)
        elif of_level:
            found.append(ends(model, of_level[0])[int(q > 0.5)])
        else:
            found.append(f"{model}-ql{round(float(q), 9):.9g}")
    return found


def ends(model: str, level: float) -> tuple[str, str]:
    """The columns of the two ends of an interval.

    Example:
        >>> ends("GRU", 100 / 3)
        ('GRU-lo-33.333333333', 'GRU-hi-33.333333333')
    """
    return f"{model}-lo-{percent(level)}", f"{model}-hi-{percent(level)}"


def percent(level: float) -> str:
    """A level as names have it: with the digits that tell it from others.

    Example:
        >>> percent(80.0), percent(99.99999)
        ('80', '99.99999')
    """
    return f"{round(level, 9):.12g}"


def forecasts(
    series: Series, which: Array, cut: Array, actual: Array, columns: dict[str, Array]
) -> Any:
    """Id, time, cutoff, what came, then the columns: a row for each step of each window.

    Args:
        series: those forecast.
        which: ``[k]``, the number of each window's series.
        cut: ``[k]``, the first row of each window.
        actual: ``[k, h]``
        columns: name → ``[k, h]``.

    Raises:
        DataError: if the user's frame has a column of one of these names.
    """
    import narwhals as nw

    horizon = actual.shape[1]
    kind, ids = _with_id(series)
    for column in (kind.id, kind.time, kind.target):
        if column == CUTOFF or column in columns:
            raise DataError(
                f"the column {column!r} has a name that the frame of forecasts needs; rename it"
            )
    row_ids = [ids[i] for i in which for _ in range(horizon)]
    times = series.time[cut[:, None] + np.arange(horizon)].ravel()
    cutoff = np.repeat(series.time[cut - 1], horizon)
    flat = {name: values.ravel() for name, values in columns.items()}
    frame = write_frame(kind, row_ids, times, {kind.target: actual.ravel(), **flat})
    other = write_frame(replace(kind, time=CUTOFF), row_ids, cutoff, {})
    whole = nw.from_native(frame, eager_only=True)
    cutoffs = nw.from_native(other, eager_only=True)[CUTOFF]
    order = [str(kind.id), kind.time, CUTOFF, kind.target, *columns]
    return whole.with_columns(cutoffs).select(order).to_native()


def scores(series: Series, which: Array, table: dict[str, dict[str, Array]]) -> Any:
    """A row for each metric of each series, a column for each model, as utilsforecast writes it.

    Args:
        series: those forecast.
        which: ``[n]``, numbers of series.
        table: metric → model → ``[n]``.

    Raises:
        DataError: if the user's ids are in a column of one of these names.
    """
    import narwhals as nw

    kind, ids = _with_id(series)
    library = kind.library if find_spec(kind.library) else "polars"
    models = list(dict.fromkeys(name for row in table.values() for name in row))
    if kind.id in (METRIC, *models):
        raise DataError(
            f"the column {kind.id!r} has a name that the frame of scores needs; rename it"
        )
    nothing = np.full(len(which), np.nan)
    parts = [
        kind.id_column([ids[i] for _ in table for i in which], library),
        nw.new_series(
            METRIC, [metric for metric in table for _ in which], nw.String, backend=library
        ),
    ]
    for name in models:
        values = np.concatenate([row.get(name, nothing) for row in table.values()])
        parts.append(nw.new_series(name, values, nw.Float64, backend=library))
    return parts[0].to_frame().with_columns(*parts[1:]).to_native()


def _with_id(series: Series) -> tuple[FrameKind, list[Any]]:
    """A frame without ids gets one, for these conventions ask for it: the target's name."""
    if series.ids is not None:
        return series.frame, series.ids
    kind = replace(series.frame, id=ID, id_dtype="String")
    return kind, [series.frame.target] * len(series)

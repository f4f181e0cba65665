"""A forecaster with a frame, as the audit sees it.

Influence is that of the whole forecast, `influence.py` says how. By length of context, older values
are hidden from the networks and from their baselines; the units of the window are kept. What is
judged so, and by whom, `unlearnt.py` says.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cells.base import sigmoid
from ..data.series import Series, read_series
from ..errors import ArgumentError, DataError
from ..network import Network
from ..network.audited import FEW, Acts, NetworkSubject, about_of
from ..network.beyond import tells
from ..network.lags import doubling, spread
from ..network.subject import Context, worst
from . import unlearnt
from .influence import Columns, influence, spread_of, without_floor
from .learn import table_of
from .members import Members
from .model import Model
from .unlearnt import Judged, take
from .windows import Table, Windows, filled

if TYPE_CHECKING:
    from .forecaster import Forecaster

Array = NDArray[Any]

MOST = 200
"""Windows that are looked at."""
LEAST = 0.01
"""A chance is taken for no less, or one surprise would count for all."""


def subject(forecaster: Forecaster, df: Any) -> NetworkSubject:
    """The forecaster with the windows of a frame, or of series that were read already, that are
    followed by a whole horizon.

    Raises:
        NotFittedError: before `fit`.
        ArgumentError: if it is no network.
        DataError: if the frame cannot be used, or has too few rows.
    """
    answers, known, plan = forecaster._fitted()
    if not isinstance(answers, Members):
        raise ArgumentError(
            f"this forecaster picked {answers.name}, a simple rule that has no network to audit; "
            f"audit one of a given cell, such as gru"
        )
    series = df
    if not isinstance(df, Series):
        series = read_series(df, missing="keep", gaps="fill", like=known)
    number = {name: i for i, name in enumerate(known.ids or [None])}
    fitted = np.array([number.get(name, -1) for name in series.ids or [None]])
    answers = answers.on(series, fitted, known)
    each = answers.learned
    first, models = each[0], [learned.model for learned in each]
    model, table = first.model, table_of(plan, series, first.scaling, first.units)
    windows = _windows(model, table)
    rows, spans = model.inputs.rows(windows)
    horizon, spec = plan.horizon, model.network.spec
    settings: tuple[str, ...] = ("cell", "init", "window", "hidden", "learning_rate", "clip_value")
    settings += ("clip",) if plan.training.clip is None else ()
    ahead, columns = spread(horizon, FEW), Columns(series.encoding, first.units)
    about = replace(
        about_of(spec),
        outputs=tuple(f"t+{i + 1}" for i in ahead),
        inputs=(series.frame.target, *columns.timed),
        once=tuple(code.name for code in series.encoding.static),
        sizes=(float(np.median(spread_of(windows))), *columns.sizes),
        step=_called(series),
        rows=plan.segment,
        unit="by a change of 1 of the input",
        loss="cost of chance and amount" if table.zeros.any() else "absolute error",
        burst=worst(model.network.burst for model in models),
        settings=settings,
    )
    targets = windows.targets()[..., :2].astype(np.float64)
    head, inputs = model.inputs.head, model.inputs

    def score(output: Array) -> Array:
        answer = inputs.answer(output).astype(np.float64)
        found = head.parts(answer, windows.paths)
        chance = None if found.logit is None else sigmoid(found.logit)
        median = model.leant(found.quantiles, windows)[..., head.middle]
        return _cost(median, chance, targets)

    def losses(judged: Judged, seen: int, most: int) -> Array:
        some = take(judged.windows, spread(len(judged.windows), most))
        truth = some.targets()[..., :2].astype(np.float64)
        if seen == _longest(windows):
            seen = plan.reach
        if not seen:
            usual = 1 - some.zero.sum(axis=1) / np.maximum(some.seen.sum(axis=1), 1)
            chance = np.repeat(usual[:, None], truth.shape[1], axis=1)
            ahead_of = np.ones(truth.shape[:2])
            costs = [_cost(level * ahead_of, chance, truth) for level in levels(some)]
            return min(costs, key=lambda each: float(each.mean()))
        some = hidden(some, seen)
        parts = [each.parts(some) for each in judged.models]
        z = np.median([quantiles[..., head.middle] for quantiles, _ in parts], axis=0)
        return _cost(z, np.median([chance for _, chance in parts], axis=0), truth)

    def beyond(rows: int) -> float:
        """By changes from row to row, for a level that wanders tells of itself."""
        some = take(judged.windows, spread(len(judged.windows), MOST))
        z = np.where(some.seen, some.z, np.nan)
        answer = some.targets()[:, :1, 0].astype(np.float64) - z[:, -1:]
        known = np.isfinite(answer[:, 0])
        far = np.diff(z, axis=1)[known, : max(z.shape[1] - 1 - rows, 0)]
        return tells(list(far[:, :, None]), answer[known])

    judged = unlearnt.judged(answers.learned, windows, series, known, losses)

    def acts_of(models: list[Model], table: Table) -> Acts:
        def acts(which: Array) -> tuple[Array, Array]:
            some = replace(take(windows, which), table=table)
            return influence(models, some, columns, ahead)

        return acts

    def anew(network: Network) -> Acts:
        return acts_of([replace(model, network=network)], without_floor(table))

    first_of_all = NetworkSubject(
        about,
        model.network,
        rows,
        spans,
        score,
        acts=acts_of(models, table),
        contexts=Context((0, *doubling(_longest(windows))), partial(losses, judged), MOST, beyond),
        labels=_labels(series, windows),
        anew=anew,
    )
    others = tuple(replace(first_of_all, network=other.network) for other in models[1:])
    return replace(first_of_all, others=others)


def _called(series: Series) -> str:
    """What a row is: "day", "15-minute step"; "row" where times are whole numbers.

    Example:
        >>> import polars as pl
        >>> from datetime import datetime, timedelta
        >>> times = [datetime(2024, 1, 1) + timedelta(minutes=15 * i) for i in range(3)]
        >>> _called(read_series(pl.DataFrame({"ds": times, "y": [1.0, 2.0, 3.0]})))
        '15-minute step'
    """
    if series.frequency.unit == "integer":
        return "row"
    count, _, unit = series.frequency.name.rpartition(" ")
    return f"{count}-{unit.removesuffix('s')} step" if count else unit


def levels(windows: Windows) -> list[Array]:
    """``[k, 1]`` each: what may be called the level of a window, in its own units.

    That is what it is measured from. Where that is the mean of the last season alone, of rows
    without a season the last value, the mean of all of it is another.
    """
    found = [np.zeros((len(windows), 1))]
    if windows.plan.anchored:
        count = np.maximum(windows.seen.sum(axis=1), 1)
        mean = np.where(windows.seen, windows.z, 0).sum(axis=1) / count
        found.append(mean[:, None])
    return found


def hidden(windows: Windows, seen: int) -> Windows:
    """The same windows with only the newest values known; their units stay."""
    beyond = windows.z.shape[1] - seen
    z, known = windows.z.copy(), windows.seen.copy()
    z[:, :beyond] = np.nan
    known[:, :beyond] = False
    zero = windows.zero.copy()
    zero[:, :beyond] = False
    z = np.nan_to_num(filled(z, windows.plan.season), nan=0.0)
    beside = tuple(np.where(np.arange(z.shape[1]) < beyond, 0, column) for column in windows.beside)
    return replace(windows, z=z, seen=known, zero=zero, beside=beside)


def _windows(model: Model, table: Table) -> Windows:
    """Some windows that are followed by a whole horizon; whole ones, if there are any."""
    plan = model.plan
    for rows in (plan.reach, plan.least):
        count = np.maximum(table.length - rows - plan.horizon + 1, 0)
        if count.any():
            chosen = spread(int(count.sum()), MOST)
            series = np.searchsorted(np.cumsum(count), chosen, side="right")
            number = chosen - (np.cumsum(count) - count)[series]
            return Windows.before(table, plan, series, table.start[series] + rows + number)
    raise DataError(
        f"an audit needs a series of {plan.needed} rows at least, to compare the forecast of "
        f"{plan.horizon} steps with what came; the longest has {int(table.length.max())}"
    )


def _longest(windows: Windows) -> int:
    """The most rows that any window has before it: fewer than it could read, of short series."""
    before = windows.cut - windows.table.start[windows.series]
    return int(min(windows.plan.reach, before.max()))


def _cost(z: Array, chance: Array | None, truth: Array) -> Array:
    """``[k]``: the mean absolute error of amounts in deviations of the window, of what is known,
    and where zeros are counted apart what the chance of one costs, in nats.

    Args:
        z: ``[k, h]``
        chance: ``[k, h]``, that a value is not zero.
        truth: ``[k, h, 2]``, the value and whether it is not zero, NaN where unknown; see `Head`.
    """
    found: Array = _mean(np.abs(z - truth[..., 0]))
    if chance is None:
        return found
    p = np.clip(chance, LEAST, 1 - LEAST)
    return found + _mean(np.where(truth[..., 1] > 0, -np.log(p), -np.log1p(-p)) + 0 * truth[..., 1])


def _mean(each: Array) -> Array:
    """``[k]``, over what is known of ``[k, h]``; 0 where nothing is."""
    known = ~np.isnan(each)
    found: Array = np.where(known, each, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return found


def _labels(series: Series, windows: Windows) -> tuple[str, ...]:
    """What each step of the network is called: the time of its newest row, ``before`` where that is
    before the first, or how far ahead."""
    plan = windows.plan
    newest = windows.cut[:, None] - plan.reach - 1 + plan.segment * np.arange(1, plan.steps + 1)
    start = series.start[windows.series][:, None]
    times = series.time[np.maximum(newest, start)]
    if times.dtype.kind == "M" and series.frame.zone is not None and not series.frame.wall:
        times = _on_the_clock(times, series.frame.zone)
    if times.dtype.kind == "M":
        dates = times.astype("datetime64[D]")
        times = dates if (dates == times).all() else times.astype("datetime64[m]")
    names = [[str(time).replace("T", " ") for time in row] for row in times]
    names = np.where(newest >= start, names, "before").tolist()
    ahead = [f"+{min((i + 1) * plan.segment, plan.horizon)}"
             for i in range(-(-plan.horizon // plan.segment))]  # fmt: skip
    return tuple(name for row in names for name in (*row, *ahead))


def _on_the_clock(times: Array, zone: str) -> Array:
    """Times in UTC as a clock in a time zone shows them."""
    import polars as pl

    flat = pl.Series(times.ravel()).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    found: Array = flat.dt.replace_time_zone(None, ambiguous="earliest").to_numpy()
    return found.reshape(times.shape)

"""Fitted forecasters as ONNX files: raw rows in, quantiles out."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data.series import Series, read_series
from ..errors import ArgumentError
from ..network.onnx import Graph, add_network, size_of
from . import ask, frames, tables
from .learn import Learned, of_year
from .onnx.autoregressed import add_autoregressed
from .onnx.formula import Formula
from .onnx.head import Lean, add_at, add_chance, add_quantiles, add_rising
from .onnx.paths import add_paths
from .onnx.smoothed import add_smoothed
from .onnx.units import add_units
from .onnx.windows import Given, add_rows, add_windows
from .simple import Simple

if TYPE_CHECKING:
    from .forecaster import Forecaster

Array = NDArray[Any]

FOREVER = 2**62
"""A length that is longer than any series."""


def write_forecast(
    path: str | os.PathLike[str],
    forecaster: Forecaster,
    levels: tuple[float, ...],
    quantiles: tuple[float, ...] = (),
) -> None:
    """Writes a forecaster, whole or not at all: scaling, windows, baselines, networks, intervals.

    What a run is given of B series, of which `feed_of` makes an example:

    ``values`` [batch, rows] float64, the newest rows of each, as they were observed, NaN where
    missing; as many as the metadata's ``rows`` decide a forecast, or more where nothing was seen in
    these; fewer are padded as `predict` does. ``series`` [batch] int64, which of the metadata's
    ``ids`` each is, and so in which units it is read; -1 for a new one, whose units come from all
    rows given. It may be left out if the model knows one series. ``lengths`` [batch] int64, if some
    have fewer rows than the table.

    Where the model has such: ``calendar`` [batch, 2] float64, sine and cosine of 2π times the share
    of the year that has passed at the last row (for months, the month's number % 12 / 12);
    ``future`` [batch, rows + horizon, F] float64, the rows ahead right after a series's last;
    ``past`` [batch, rows, P], NaN where missing; ``static`` [batch, S]. The metadata name their
    columns; a category has one for each level.

    Outputs: ``forecast`` [batch, horizon] float64, the median; ``quantiles`` [batch, horizon, n],
    at the metadata's ``levels``; and if any series has many zeros, ``chance`` [batch, horizon] that
    a value is not zero, NaN for others. A forecast's times are for the caller to know.

    Args:
        path: where to.
        forecaster: a fitted one.
        levels, quantiles: see `Forecaster.predict`.

    Raises:
        NotFittedError: before `fit`.
        ArgumentError: if onnx is not installed, or the forecaster is a baseline.
        ModelFileError: if it cannot be written.

    Example:
        >>> import tempfile, onnx
        >>> import polars as pl
        >>> from tidegate import Forecaster
        >>> from tidegate.forecast.plan import Training
        >>> frame = pl.DataFrame({"ds": range(60), "y": [float(i % 4) + 1 for i in range(60)]})
        >>> model = Forecaster(horizon=2, hidden=8, training=Training(updates=2)).fit(frame)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.to_onnx(f"{folder}/model.onnx")
        ...     graph = onnx.load(f"{folder}/model.onnx").graph
        >>> [value.name for value in graph.input], [value.name for value in graph.output]
        (['values', 'lengths', 'series'], ['forecast', 'quantiles'])
    """
    answers, series, _ = forecaster._fitted()
    if isinstance(answers, Simple):
        raise ArgumentError(
            f"this forecaster picked {answers.name}, a simple rule that has no network; ONNX is "
            f"for cells, such as cell='gru'"
        )
    grid = ask.grid_of(levels, quantiles)
    first = answers.learned[0]
    f = Formula(Graph())
    given, numbers = _inputs(f, first, series)
    found = [add_forecast(f, each, given, numbers, grid) for each in answers.learned]
    values = _median(f, [each[0] for each in found])
    horizon = answers.plan.horizon
    middle = f("Gather", values, int(np.searchsorted(grid, 0.5)), attributes={"axis": 2})
    f.graph.output("forecast", middle, ("batch", horizon), np.float64)
    f.graph.output("quantiles", values, ("batch", horizon, len(grid)), np.float64)
    if first.model.inputs.zeros:
        chance = _median(f, [each[1] for each in found])
        chance = f("Where", f.beside(found[0][2], 2), chance, np.nan)
        flat = f("Squeeze", chance, np.array([2]))
        f.graph.output("chance", flat, ("batch", horizon), np.float64)
    names = tables.names(forecaster._name, grid, levels)
    encoding = series.encoding
    metadata = {
        "ids": series.ids,
        "rows": answers.plan.reach,
        "levels": grid.tolist(),
        "columns": names,
        "frequency": series.frequency.to_json(),
        **{
            kind: [name for code in getattr(encoding, kind) for name in code.columns]
            for kind in ("future", "past", "static")
        },
    }
    texts = {name: json.dumps(value) for name, value in metadata.items()}
    f.graph.write(path, "A forecaster by tidegate", texts)


def add_forecast(
    f: Formula, learned: Learned, given: Given, numbers: str, grid: Array
) -> tuple[str, str, str]:
    """What one network says.

    Args:
        f: that writes.
        learned: the network, and the units that it thinks in.
        given: what a run is given.
        numbers: [B] int64, of the series.
        grid: ``[n]``, levels.

    Returns:
        Quantiles [B, h, n]; the chance of a value that is not zero, [B, h, 1]; and whether a series
        has its zeros counted apart, [B, 1].
    """
    model, plan = learned.model, learned.model.plan
    head = model.inputs.head
    missing = f("IsNaN", given.values)
    row = f("Range", 0, f("Squeeze", size_of(f.graph, given.values, 1)), 1)
    seen = f("And", f("Less", row, f.beside(given.lengths, 1)), f("Not", missing))
    y = f("Where", seen, given.values, 0.0)
    units = add_units(f, learned.scaling, numbers, y, seen, model.inputs.zeros, plan)
    counts = (model.inputs.future, model.inputs.past, model.inputs.static)
    windows = add_windows(f, plan, given, units, learned.units, counts)
    rows = add_rows(f, model.inputs, windows)
    output = f.cast(add_network(f.graph, model.network, rows).output, np.float64)
    each = f.shaped(output, 0, -1, head.width)
    each = f.part(each, 0, plan.horizon)
    apart = f.beside(units.zeros, 2)
    paths = f("Where", apart, 0.0, add_paths(f, plan, windows.z, windows.seen))
    lean = None
    if plan.smoothing:
        share = f("Where", apart, 0.0, plan.smoothing)
        add = add_autoregressed if plan.both_seasons else add_smoothed
        mean, deviation = add(f, plan, windows.z, windows.seen)
        lean = Lean(share, f.beside(mean, 2), f.beside(deviation, 2))
    ridge = None
    if model.ridge is not None:
        read = windows.z if not given.calendar else f.join(windows.z, given.calendar, axis=1)
        said = f("Add", f("MatMul", read, model.ridge.weights), model.ridge.bias)
        ridge = f("Where", apart, 0.0, plan.ridge), f.beside(said, 2)
    known = add_quantiles(f, head, model.correction, each, paths, lean, ridge)
    one = f.spread(np.ones((1, 1, 1)), numbers, plan.horizon, 1)
    chance = add_chance(f, each, units.zeros) if head.chance else one
    z, none = add_at(f, head, grid, chance, known)
    u = f("Add", f.beside(windows.shift, 2), f("Mul", f.beside(windows.scale, 2), z))
    values = f("Where", none, 0.0, units.undo(f, u))
    return add_rising(f, values, len(grid)), chance, units.zeros


def feed_of(
    forecaster: Forecaster, *, df: Any = None, future: Any = None, static: Any = None
) -> dict[str, Array]:
    """What a run of a forecaster's ONNX file is given for the forecast that `predict` makes.

    Args:
        forecaster: a fitted one.
        df, future, static: as for `Forecaster.predict`.

    Raises:
        NotFittedError: before `fit`.
        DataError: if a frame cannot be used, or something known ahead is missing.

    Example:
        >>> import polars as pl
        >>> from tidegate import Forecaster
        >>> from tidegate.forecast.plan import Training
        >>> frame = pl.DataFrame({"ds": range(60), "y": [float(i % 4) + 1 for i in range(60)]})
        >>> model = Forecaster(horizon=2, hidden=8, training=Training(updates=2)).fit(frame)
        >>> feed = feed_of(model)
        >>> feed["values"][:, -3:].tolist(), feed["series"].tolist()
        ([[2.0, 3.0, 4.0]], [0])
    """
    answers, series, plan = forecaster._fitted()
    numbers = np.arange(len(series))
    if df is not None:
        number = {name: i for i, name in enumerate(series.ids or [None])}
        series = read_series(df, missing="keep", gaps="fill", like=series, static_frame=static)
        numbers = np.array([number.get(name, -1) for name in series.ids or [None]])
    ahead = frames.known_ahead(series, future, plan.horizon)
    n, length = len(series), series.length
    place = np.arange(length.max()) - np.zeros((n, 1), np.int64)
    inside = place < length[:, None]
    row = series.start[:, None] + np.minimum(place, length[:, None] - 1)
    feed = {
        "values": np.where(inside, series.values[row], np.nan),
        "lengths": length.astype(np.int64),
        "series": numbers.astype(np.int64),
    }
    if not isinstance(answers, Simple) and answers.learned[0].model.inputs.calendar:
        feed["calendar"] = of_year(series, series.start + length - 1)
    if ahead is not None:
        known = np.zeros((n, length.max() + plan.horizon, ahead.shape[2]))
        known[:, : length.max()] = series.future[row]
        known[np.arange(n)[:, None], length[:, None] + np.arange(plan.horizon)] = ahead
        feed["future"] = known
    if series.past.shape[1]:
        feed["past"] = np.where(inside[..., None], series.past[row], np.nan)
    if series.static.shape[1]:
        feed["static"] = series.static
    return feed


def _inputs(f: Formula, learned: Learned, series: Series) -> tuple[Given, str]:
    """What a run is given, and the numbers of the series."""
    graph, inputs = f.graph, learned.model.inputs
    values = graph.input("values", np.float64, ("batch", "rows"))
    lengths = graph.input("lengths", np.int64, ("lengths_batch",), np.array([FOREVER]))
    lengths = f("Min", lengths, size_of(graph, values, 1))
    lengths = f("Expand", lengths, size_of(graph, values, 0))
    only = np.array([0]) if len(series) == 1 else None
    batch = "batch" if only is None else "series_batch"
    numbers = graph.input("series", np.int64, (batch,), only)
    numbers = f("Expand", numbers, size_of(graph, values, 0))
    wide: tuple[tuple[str, int, tuple[str, ...]], ...] = (
        ("calendar", inputs.calendar, ("batch",)),
        ("future", inputs.future, ("batch", "rows_and_horizon")),
        ("past", inputs.past, ("batch", "rows")),
        ("static", inputs.static - inputs.plan.told_apart, ("batch",)),
    )
    others = [
        graph.input(name, np.float64, (*dims, count)) if count else "" for name, count, dims in wide
    ]
    if inputs.plan.told_apart:
        own = learned.units.place[:, None] == np.arange(inputs.plan.told_apart)
        none = np.zeros((1, inputs.plan.told_apart))  # the last row, which -1 gathers
        places = np.concatenate([own, none])
        found = f("Gather", places, f("Max", numbers, -1), attributes={"axis": 0})
        others[-1] = f.join(*filter(None, others[-1:]), found, axis=1)
    return Given(values, lengths, *others), numbers


def _median(f: Formula, values: list[str]) -> str:
    """Of what several networks say, number by number; each [B, h, n]."""
    if len(values) == 1:
        return values[0]
    table = f.join(*(f.beside(value, 0) for value in values), axis=0)
    middle = len(values) // 2
    attributes = {"axis": 0, "largest": 0}
    ordered = f.graph.add_several(
        "TopK", table, f.graph.integers(middle + 1), outputs=2, attributes=attributes
    )[0]
    first = middle if len(values) % 2 else middle - 1
    return f(
        "ReduceMean",
        f.part(ordered, first, middle + 1, 0),
        np.array([0]),
        attributes={"keepdims": 0},
    )

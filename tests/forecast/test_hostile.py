"""What an outsider hands in: it works, or one line says which series, date and column is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from tidegate.errors import ArgumentError, DataError, TidegateError
from tidegate.forecast.forecaster import Forecaster

from .frames import QUICK, days, forecaster, several, wave

ROWS, HORIZON = 30, 2
FIRST = dt.date(2024, 1, 1)

LIBRARIES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "pandas": lambda frame: frame.to_pandas(),
    "pandas nullable": lambda frame: frame.to_pandas().convert_dtypes(),
    "pyarrow": lambda frame: frame.to_arrow(),
}


def shops(**changes: Any) -> pl.DataFrame:
    """Two series of days, one a million times as large as the other."""
    y = np.random.default_rng(0).random(2 * ROWS) + 1
    y[ROWS:] *= 1e6
    ds = [FIRST + dt.timedelta(days=i) for i in range(ROWS)] * 2
    ids = ["a"] * ROWS + ["b"] * ROWS
    return pl.DataFrame({"unique_id": ids, "ds": ds, "y": y, **changes})


def put(column: str, row: int, value: Any) -> pl.DataFrame:
    """The shops with another value in one cell."""
    frame = shops()
    values = frame[column].to_list()
    values[row] = value
    return frame.with_columns(pl.Series(column, values))


def fitted(df: Any, **settings: Any) -> Forecaster:
    return forecaster(HORIZON, "gru", **settings).fit(df, progress=False)


def numbers(found: Any) -> np.ndarray:
    """The median and the intervals."""
    table = nw.from_native(found, eager_only=True)
    names = [name for name in table.columns if name == "GRU" or name.startswith("GRU-")]
    return table.select(names).to_numpy().astype(np.float64)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (put("y", 40, np.inf), r"row 40, series 'b', column 'y': the value is infinite"),
        (put("y", 40, -np.inf), r"row 40, series 'b', column 'y': the value is infinite"),
        (put("ds", 40, FIRST), r"row 40, series 'b', column 'ds': 2024-01-01 is already in row 30"),
        (put("ds", 40, None), r"row 40, series 'b', column 'ds': the date is missing"),
        (put("unique_id", 40, None), r"row 40, column 'unique_id': the id is missing"),
        (
            put("ds", 59, dt.date(2924, 1, 30)),
            r"row 59, series 'b', column 'ds': 2924-01-30 comes after 2024-01-29",
        ),
        (
            shops(y=["1", "x"] * ROWS),
            r"row 1, series 'a', column 'y': 'x' is no number",
        ),
        (
            shops(y=["1", "2"] * ROWS),
            r"row 0, series 'a', column 'y': expected numbers, but the column holds String",
        ),
        (shops()[:0], r"the frame has no rows"),
        (shops()[:1], r"row 0, series 'a', column 'ds': this is the only row"),
        (shops()[:4], r"must have 7 rows at least, got 4"),
        (shops(y=[1.0] * ROWS + [None] * ROWS), r"series 'b' has no value at all in column 'y'"),
    ],
)
def test_what_is_wrong_is_named(library: str, frame: pl.DataFrame, words: str) -> None:
    with pytest.raises(DataError, match=rf"^[^\n]*{words}[^\n]*$"):
        fitted(LIBRARIES[library](frame))


@pytest.mark.parametrize("library", LIBRARIES)
def test_any_order_of_rows_of_any_library_gives_the_same(library: str) -> None:
    frame = shops()
    expected = numbers(fitted(frame).predict())
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=3)
    np.testing.assert_array_equal(numbers(fitted(LIBRARIES[library](shuffled)).predict()), expected)


@pytest.mark.parametrize(
    "change",
    [
        pl.col("unique_id").cast(pl.Categorical),
        pl.col("unique_id").cast(pl.Enum(["b", "a"])),
        pl.col("y").cast(pl.Float32),
        pl.col("y").cast(pl.Decimal(20, 4)),
        pl.col("ds").cast(pl.Datetime("ns")),
        pl.when(pl.col("ds") < FIRST + dt.timedelta(days=3)).then(None).otherwise("y").alias("y"),
    ],
    ids=str,
)
def test_columns_of_other_types_work(change: pl.Expr) -> None:
    found = fitted(shops().with_columns(change)).predict()
    assert found["unique_id"].to_list() == ["a", "a", "b", "b"]
    assert np.isfinite(numbers(found)).all()


@pytest.mark.parametrize(
    "y",
    [
        np.zeros(ROWS),
        np.full(ROWS, -7.0),
        np.random.default_rng(0).normal(size=ROWS) * 1e300,
        np.random.default_rng(0).random(ROWS) * 1e-300,
        10.0 ** np.random.default_rng(0).uniform(-6, 6, ROWS),
        np.append(np.ones(ROWS - 1), 1e300),
    ],
    ids=["zero", "constant", "1e300", "1e-300", "12 orders", "one outlier"],
)
def test_numbers_of_any_size_are_forecast_and_judged(y: np.ndarray) -> None:
    frame = shops().with_columns(y=np.append(y, np.random.default_rng(1).random(ROWS)))
    model = forecaster(HORIZON, "gru")
    assert np.isfinite(numbers(model.fit(frame, progress=False).predict())).all()
    found = model.backtest(frame, windows=2, progress=False)
    assert np.isfinite(numbers(found.frame)).all()
    assert all(np.isfinite(list(row.values())).all() for row in found.overall.values())
    assert str(found.verdict).startswith("no better than")


@pytest.mark.parametrize("level", [1e6, 1e9])
def test_what_varies_little_is_forecast_as_well_at_any_level(level: float) -> None:
    y = np.random.default_rng(0).normal(size=ROWS)
    frame = shops()[:ROWS].drop("unique_id")
    found = [
        numbers(fitted(frame.with_columns(y=y + offset)).predict()) - offset
        for offset in (level, 2e5)
    ]
    # the rounding of values is 1e-7 of their deviation, that of training in float32 as much
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)
    assert (np.abs(found[0]) < 10).all()


@pytest.mark.parametrize("times", ["of two zones", "with a zone and without"])
def test_mixed_time_zones_are_told_apart(times: str) -> None:
    other = "Europe/Berlin" if times == "of two zones" else None
    ds = [pd.Timestamp(FIRST, tz="UTC") + pd.Timedelta(days=i) for i in range(ROWS)]
    ds[7] = pd.Timestamp(ds[7].tz_localize(None), tz=other)
    frame = pd.DataFrame({"ds": ds, "y": np.arange(ROWS) * 1.0})
    with pytest.raises(DataError, match=r"^row 7, column 'ds': the column mixes time zones"):
        fitted(frame)


def test_texts_of_pyarrow_of_either_kind() -> None:
    frame = several(a=wave(), b=wave() + 3).with_columns(shop=pl.col("unique_id"), day=pl.lit("x"))
    usual = frame.to_arrow()
    texts = [field.name for field in usual.schema if "string" in str(field.type)]
    assert len(texts) == 3
    views = usual
    for name in texts:
        place = views.schema.get_field_index(name)
        views = views.set_column(place, name, views[name].cast("string_view"))
    model = forecaster(static=["shop"], past=["day"])
    assert model.fit(views).predict().equals(model.fit(usual).predict())
    assert model.predict(df=views).equals(model.predict(df=usual))


@pytest.mark.parametrize(
    "change",
    [
        {"window": 2**31 - 1},
        {"season": (4, 2**31 - 1)},
        {"training": replace(QUICK, batch=2**31 - 1)},
    ],
    ids=str,
)
def test_windows_that_no_memory_holds(change: dict[str, Any]) -> None:
    words = r"windows of \d+ rows, \d+ to a batch, do not fit into memory; take a shorter window"
    with pytest.raises(ArgumentError, match=words):
        forecaster(**change).fit(days(wave()))


def test_a_horizon_longer_than_the_history_says_which_is_possible() -> None:
    with pytest.raises(
        DataError, match=r"must have 45 rows at least, got 30; take a horizon up to"
    ):
        forecaster(40, "gru").fit(shops())
    with pytest.raises(DataError, match=r"must have 85 rows at least, got 30"):
        forecaster(40, "gru").backtest(shops())


def with_price(**changes: Any) -> pl.DataFrame:
    return shops(price=np.arange(2.0 * ROWS), **changes)


def ahead(series: str = "a", price: tuple[Any, ...] = (1.0, 2.0)) -> pl.DataFrame:
    ds = [FIRST + dt.timedelta(days=ROWS + i) for i in range(len(price))]
    columns = {"unique_id": [series] * len(price), "ds": ds, "price": list(price)}
    return pl.DataFrame(columns, strict=False)


@pytest.mark.parametrize(
    ("of_b", "words"),
    [
        (ahead("b", (1.0,)), "series 'b': there is no row for 2024-02-01"),
        (ahead("c"), "series 'b': there is no row for 2024-01-31 .*1 more"),
        (
            ahead("b", (1.0, None)),
            "row 3, series 'b', column 'price', 2024-02-01: the value is mis",
        ),
        (ahead("b", (1.0, np.nan)), "row 3, series 'b', column 'price', 2024-02-01: .*missing"),
        (ahead("b", (np.inf, 1.0)), "row 2, series 'b', column 'price', 2024-01-31: .*infinite"),
        (
            pl.concat([ahead("b"), ahead("b")]),
            "row 4, series 'b', column 'ds': .* already in row 2",
        ),
    ],
)
def test_what_is_not_known_ahead_is_named(of_b: pl.DataFrame, words: str) -> None:
    model = fitted(with_price(), future=["price"])
    assert np.isfinite(numbers(model.predict(future=pl.concat([ahead("a"), ahead("b")])))).all()
    with pytest.raises(DataError, match=f"^future: {words}"):
        model.predict(future=pl.concat([ahead("a"), of_b]))


def static(**changes: Any) -> pl.DataFrame:
    return pl.DataFrame({"unique_id": ["a", "b"], "kind": ["cafe", "shop"], **changes})


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pl.concat([static(), static()]), "rows 0 and 2 are both of series 'a'"),
        (static()[:1], "there is no row for series 'b'"),
        (static(kind=["cafe", None]), "row 1, series 'b', column 'kind': the value is missing"),
    ],
)
def test_static_rows_that_are_wrong(frame: pl.DataFrame, words: str) -> None:
    with pytest.raises(DataError, match=f"^static frame[:,] {words}"):
        forecaster(static=["kind"]).fit(shops(), static=frame)


def test_an_unknown_series_needs_its_static_values() -> None:
    model = forecaster(HORIZON, "gru", static=["kind"]).fit(shops(), static=static())
    new = shops().with_columns(pl.col("unique_id") + "2")
    with pytest.raises(DataError, match=r"series 'a2' \(and 1 more\) is not known, .*'kind'"):
        model.predict(df=new)
    told = static(unique_id=["a2", "b2"])
    assert np.isfinite(numbers(model.predict(df=new, static=told))).all()
    with pytest.raises(DataError, match=r"series 'b2', column 'kind': 'bar' is none of the values"):
        model.predict(df=new, static=told.with_columns(kind=pl.Series(["cafe", "bar"])))


@pytest.mark.parametrize("level", [0, 100, "x", np.nan, None, True, -5])
def test_levels_that_are_none(level: Any) -> None:
    model = fitted(shops())
    with pytest.raises(ArgumentError, match=r"^a level must be "):
        model.predict(levels=(level,))
    with pytest.raises(ArgumentError, match=r"^a level must be "):
        model.backtest(shops(), levels=(level,))


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_a_level_is_no_share(level: float) -> None:
    with pytest.raises(ArgumentError, match=r"^a level is in percent, .* for 0\.8 give 80$"):
        fitted(shops()).predict(levels=(level,))


@pytest.mark.parametrize("df", [None, [1, 2], np.zeros(9), pd.Series([1.0]), shops().lazy()])
def test_what_is_no_frame(df: Any) -> None:
    with pytest.raises(TidegateError, match=r"^expected a pandas or a polars frame, got a"):
        fitted(df)


def test_dates_end_with_the_year_9999() -> None:
    last = dt.date(9999, 12, 31)
    ds = [last - dt.timedelta(days=ROWS - 1 - i) for i in range(ROWS)]
    model = fitted(pl.DataFrame({"ds": ds, "y": np.arange(ROWS) * 1.0}))
    with pytest.raises(DataError, match="reaches 10000-01-02, and dates end with the year 9999"):
        model.predict()


def test_numbers_whose_bytes_are_swapped() -> None:
    times, values = np.arange(40), np.arange(40) % 4 + 0.5
    frame = pd.DataFrame({"ds": times, "y": values})
    swapped = pd.DataFrame({"ds": times.astype(">i8"), "y": values.astype(">f8")})
    one, other = (forecaster(2).fit(df).predict() for df in (frame, swapped))
    pd.testing.assert_frame_equal(one, other, check_dtype=False)

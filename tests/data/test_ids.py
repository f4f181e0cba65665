"""Ids that are categories: told as texts or numbers, written as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import tidegate
from tidegate.data import read_series, write_frame

NAMES = ["b", "b", "a", "a"]
LEVELS = pl.Enum(["b", "a", "z"])


def frame(ids: Any) -> pl.DataFrame:
    return pl.DataFrame({"unique_id": ids, "ds": [1, 2, 1, 2], "y": [1.0, 2.0, 3.0, 4.0]})


def written(df: Any, ids: list[Any]) -> Any:
    series = read_series(df)
    times = np.arange(len(ids))
    return write_frame(series.frame, ids, times, {})


@pytest.mark.parametrize("dtype", [pl.Categorical, LEVELS, pl.String])
def test_a_join_with_the_frame_that_was_read_finds_every_series(dtype: Any) -> None:
    df = frame(pl.Series(NAMES, dtype=dtype))
    found = written(df, ["a", "b"])
    assert found["unique_id"].dtype == dtype
    assert len(df.join(found, on="unique_id")) == 4


def test_categories_that_are_numbers_are_numbers() -> None:
    df = frame([10, 10, 2, 2]).to_pandas()
    df["unique_id"] = df["unique_id"].astype("category")
    series = read_series(df)
    assert series.ids == [2, 10]
    assert len(df.merge(written(df, [2, 10]), on="unique_id")) == 4


def test_categories_of_pandas_and_pyarrow_are_categories() -> None:
    df = frame(NAMES).to_pandas()
    df["unique_id"] = pd.Categorical(df["unique_id"], ["b", "a"], ordered=True)
    found = written(df, ["a", "b"])["unique_id"]
    assert found.dtype == df["unique_id"].dtype
    table = pa.table(
        {"unique_id": pa.array(NAMES).dictionary_encode(), "ds": range(4), "y": [1.0] * 4}
    )
    assert pa.types.is_dictionary(written(table, ["a", "b"])["unique_id"].type)


def test_of_a_series_that_is_none_of_the_levels_categories_have_no_order(tmp_path: Path) -> None:
    rows = pl.DataFrame({"ds": range(30), "y": [float(i % 3) for i in range(30)]})
    df = rows.select(pl.lit("a").cast(LEVELS).alias("unique_id"), pl.all())
    training = tidegate.ForecastTraining(updates=2, calibrate=False)
    model = tidegate.Forecaster(2, hidden=4, training=training).fit(df)
    model.save(tmp_path / "model")
    loaded = tidegate.load(tmp_path / "model")
    assert loaded.predict()["unique_id"].dtype == LEVELS
    scores = model.backtest(df, windows=1, names=["naive"])
    assert scores.frame["unique_id"].dtype == scores.scores["unique_id"].dtype == LEVELS
    new = rows.select(pl.lit("new").alias("unique_id"), pl.all())
    assert loaded.predict(df=new)["unique_id"].dtype == pl.Categorical

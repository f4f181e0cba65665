"""Covariates: numbers as they are, categories by level, and the encoding that is kept."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from libraries import LIBRARIES, Data, each_library
from tidegate.data import Code, Encoding, Series, read_series
from tidegate.data.encoding import MOST_LEVELS
from tidegate.errors import ArgumentError, DataError

BASE: Data = {
    "unique_id": ["b", "b", "a", "a", "a"],
    "ds": [2, 1, 3, 1, 2],
    "y": [0.0, 1.0, 2.0, 3.0, 4.0],
}
FUTURE: Data = {**BASE, "price": [1, 2, 3, 4, 5], "open": [True, False, True, True, False]}
PAST: Data = {**BASE, "wind": ["n", None, "s", "e", "n"], "heat": [1.0, None, 3.0, 4.0, 5.0]}


def keep(df: Any, **options: Any) -> Series:
    return read_series(df, missing="keep", gaps="fill", **options)


@each_library
def test_future_columns_are_sorted_as_the_rows(library: str) -> None:
    series = read_series(LIBRARIES[library](FUTURE), future=["open", "price"])
    assert series.future.tolist() == [[1, 4], [0, 5], [1, 3], [0, 2], [1, 1]]
    assert series.encoding == Encoding(future=(Code("open"), Code("price")))
    assert (series.past.shape, series.static.shape) == ((5, 0), (2, 0))


@each_library
def test_categories_are_a_column_for_each_level(library: str) -> None:
    series = read_series(LIBRARIES[library](PAST), past=["wind", "heat"])
    assert series.encoding.past == (Code("wind", ("e", "n", "s")), Code("heat"))
    n = np.nan
    np.testing.assert_array_equal(
        series.past,
        [[1, 0, 0, 4], [0, 1, 0, 5], [0, 0, 1, 3], [n, n, n, n], [0, 1, 0, 1]],
    )


@pytest.mark.parametrize(
    ("column", "levels"),
    [
        (pd.Categorical(["z", "x", "z"], categories=["z", "x", "unused"]), ("x", "z")),
        (pd.Categorical([2, 1, 2]), ("1", "2")),
        (pd.Series(["z", "x", "z"], dtype=object), ("x", "z")),
    ],
)
def test_categories_of_pandas(column: Any, levels: tuple[str, ...]) -> None:
    df = pd.DataFrame({"ds": [1, 2, 3], "y": [1, 2, 3], "k": column})
    series = read_series(df, past=["k"])
    assert series.encoding.past == (Code("k", levels),)
    assert series.past.tolist() == [[0, 1], [1, 0], [0, 1]]


def test_past_columns_are_missing_where_times_are_left_out() -> None:
    df = pl.DataFrame({"ds": [1, 2, 4], "y": [1.0, 2.0, 4.0], "k": ["a", "b", "a"]})
    series = keep(df, past=["k"])
    np.testing.assert_array_equal(series.past, [[1, 0], [0, 1], [np.nan, np.nan], [1, 0]])


@each_library
def test_what_was_learnt_is_used_again(library: str) -> None:
    known = read_series(LIBRARIES[library](PAST), past=["wind", "heat"])
    new: Data = {"unique_id": ["c"], "ds": [9], "y": [1.0], "wind": ["s"], "heat": [None]}
    series = read_series(LIBRARIES[library](new), like=known)
    np.testing.assert_array_equal(series.past, [[0, 0, 1, np.nan]])
    assert series.encoding == known.encoding
    assert series.frequency == known.frequency


FAULTS: list[tuple[Data, dict[str, Any], str]] = [
    (
        {**FUTURE, "price": [1.0, 2.0, None, 4.0, None]},
        {"future": ["price"]},
        "row 2, series 'a', column 'price': the value is missing (and 1 more); fill it in",
    ),
    (
        {**FUTURE, "open": ["yes", "no", "no", None, "no"]},
        {"future": ["open"]},
        "row 3, series 'a', column 'open': the value is missing; fill it in",
    ),
    (
        {**PAST, "heat": [1.0, float("inf"), None, 4.0, 5.0]},
        {"past": ["heat"]},
        "row 1, series 'b', column 'heat': the value is infinite; correct it",
    ),
    (
        FUTURE,
        {"future": ["prize"]},
        "there is no column 'prize', only 'unique_id', 'ds', 'y', 'price', 'open'; did you mean "
        "'price'? Then pass future=['price']",
    ),
    (
        {**FUTURE, "ds": [2, 1, 4, 1, 2]},
        {"future": ["price"]},
        "series 'a': 3 is left out, so 'price', which is known ahead, has no value there; add a "
        "row for it, with an empty 'y'",
    ),
    (
        {**FUTURE, "ds": [2, 1, 6, 1, 2]},
        {"future": ["price"]},
        "series 'a': 3 is left out (3 steps in all), so 'price', which is known ahead, has no "
        "value there; add a row for each, with an empty 'y'",
    ),
]


@each_library
@pytest.mark.parametrize(("data", "options", "message"), FAULTS, ids=[f[2][:50] for f in FAULTS])
def test_faults(library: str, data: Data, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        keep(LIBRARIES[library](data), **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"wind": ["n", "s", "w", "e", "n"]},
            "row 2, series 'a', column 'wind': 'w' is none of the values that were learnt from, "
            "'e', 'n', 's'; correct it, or fit again with rows that have it",
        ),
        (
            {"wind": [1, 2, 3, 4, 5]},
            "row 0, series 'b', column 'wind': expected text, one of 'e', 'n', 's', but the column "
            "holds Int64; convert it",
        ),
        (
            {"heat": ["1", "2", "3", "4", "5"]},
            "row 0, series 'b', column 'heat': expected numbers, as in the column that was learnt "
            "from, got text; convert it",
        ),
    ],
)
def test_a_frame_unlike_the_one_learnt_from(change: Data, message: str) -> None:
    known = read_series(pl.DataFrame(PAST), past=["wind", "heat"])
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_series(pl.DataFrame({**PAST, **change}), like=known)


def test_too_many_levels() -> None:
    count = MOST_LEVELS + 1
    data: Data = {"ds": list(range(count)), "y": [0.0] * count}
    data["k"] = [f"{i}" for i in range(count)]
    with pytest.raises(
        DataError, match=r"column 'k': the column has 257 different values, and 256"
    ):
        read_series(pl.DataFrame(data), past=["k"])
    assert read_series(pl.DataFrame(data)[1:], past=["k"]).past.shape == (256, 256)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"future": "price"}, r"future must be a list of columns such as \['price'\], got 'price'"),
        ({"past": [3]}, r"past must be a list .* got \[3\]"),
        ({"past": ["price"], "future": ["price"]}, "future and past must be different columns"),
        ({"static": ["y"]}, "and static must be different columns, got unique_id, ds, y, y"),
    ],
)
def test_names_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        read_series(pl.DataFrame(FUTURE), **options)


ENCODING = Encoding((Code("price"),), (Code("wind", ("n", "s")),), (Code("size"),))


def test_json_and_back() -> None:
    assert Encoding.from_json(json.loads(json.dumps(ENCODING.to_json()))) == ENCODING


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"colour": []}, "Encoding has no entry 'colour'"),
        ({"past": 3}, "past must be a list of columns, got 3"),
        ({"past": [3]}, "Code must be a JSON object, got int"),
        ({"past": [{"name": 3}]}, "name must be text, got 3"),
        ({"past": [{"levels": ["a"]}]}, "Code needs the entry 'name'"),
        ({"past": [{"name": "a", "levels": []}]}, "levels must be different texts"),
        ({"past": [{"name": "a", "levels": "ab"}]}, "levels must be different texts"),
        ({"past": [{"name": "a", "levels": ["b", "a"]}]}, "in increasing order"),
        ({"past": [{"name": "a", "levels": ["a", 1]}]}, "levels must be different texts"),
        ({"past": [{"name": "a"}], "static": [{"name": "a"}]}, "different columns, got a, a"),
    ],
)
def test_json_refused(data: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Encoding.from_json(data)


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_past_column_without_any_value(missing: float | None) -> None:
    frame = {"ds": range(6), "y": [1.0] * 6, "heat": [missing] * 6, "wind": [1.0, *[missing] * 5]}
    known = read_series(pl.DataFrame(frame), past=["wind"], missing="any")
    assert np.isnan(known.past[1:]).all()
    with pytest.raises(DataError, match=r"^the column 'heat' has no value at all, so that nothing"):
        read_series(pl.DataFrame(frame), past=["wind", "heat"], missing="any")
    # what was learnt from may be missing from newer rows
    full = read_series(pl.DataFrame({**frame, "heat": [2.0] * 6}), past=["heat"], missing="any")
    assert np.isnan(read_series(pl.DataFrame(frame), missing="any", like=full).past).all()

"""What is true of a whole series, from its rows or from a frame of its own."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import polars as pl
import pytest

from libraries import LIBRARIES, Data, each_library
from tidegate.data import Code, read_series
from tidegate.errors import DataError

ROWS: Data = {
    "unique_id": ["b", "a", "b", "a"],
    "ds": [1, 2, 2, 1],
    "y": [1.0, 2.0, 3.0, 4.0],
}
KIND: Data = {"kind": ["shop", "cafe", "shop", "cafe"], "size": [2, 1, 2, 1]}
EXPECTED = [[1, 0, 1], [0, 1, 2]]
STATIC: Data = {"unique_id": ["c", "b", "a"], "kind": ["bar", "shop", "cafe"], "size": [9, 2, 1]}


@each_library
def test_from_rows(library: str) -> None:
    series = read_series(LIBRARIES[library]({**ROWS, **KIND}), static=["kind", "size"])
    assert series.static.tolist() == EXPECTED
    assert series.encoding.static == (Code("kind", ("cafe", "shop")), Code("size"))


@each_library
@pytest.mark.parametrize("names", [(), ("kind", "size")])
def test_from_a_frame_with_more_series(library: str, names: tuple[str, ...]) -> None:
    frame = LIBRARIES[library](STATIC)
    series = read_series(LIBRARIES[library](ROWS), static=names, static_frame=frame)
    assert series.static.tolist() == EXPECTED
    # the level of a series that is not there was not learnt from
    assert series.encoding.static == (Code("kind", ("cafe", "shop")), Code("size"))


def test_a_single_series_without_a_name() -> None:
    df = pd.DataFrame({"ds": [1, 2], "y": [1.0, 2.0]})
    assert read_series(df, static_frame=pd.DataFrame({"size": [7]})).static.tolist() == [[7]]
    with pytest.raises(DataError, match="static frame: expected 1 row for the only series, got 2"):
        read_series(df, static_frame=pd.DataFrame({"size": [7, 8]}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"size": [2, 1, 2, 3]},
            "row 1, series 'a', column 'size': a static column must have one value in each series, "
            "got 3 and 1; correct it, or name it under past or future",
        ),
        (
            {"kind": ["shop", "cafe", "cafe", "cafe"]},
            "row 2, series 'b', column 'kind': a static column must have one value in each series, "
            "got 'shop' and 'cafe'; correct it, or name it under past or future",
        ),
        (
            {"kind": ["shop", None, "shop", "cafe"]},
            "row 1, series 'a', column 'kind': the value is missing; fill it in",
        ),
    ],
)
def test_faults_of_rows(change: Data, message: str) -> None:
    df = pl.DataFrame({**ROWS, **KIND, **change})
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_series(df, static=["kind", "size"])


@each_library
@pytest.mark.parametrize(
    ("static", "message"),
    [
        (
            {"unique_id": ["b", "c"], "size": [1, 2]},
            "static frame: there is no row for series 'a'; add one for each",
        ),
        (
            {"unique_id": ["x", "y"], "size": [1, 2]},
            "static frame: there is no row for series 'a' (and none for 1 more); add one for each",
        ),
        (
            {"unique_id": ["a", "b", "c", "b", "c"], "size": [1, 2, 3, 4, 5]},
            "static frame: rows 1 and 3 are both of series 'b'; keep one row for each series",
        ),
        (
            {"unique_id": ["a", "c", "b"], "size": [1.0, None, None]},
            "static frame, row 2, series 'b', column 'size': the value is missing; fill it in",
        ),
        (
            {"id": ["a", "b"], "size": [1, 2]},
            "static frame: there is no column 'unique_id', only 'id', 'size'; name another with "
            "id=...",
        ),
    ],
)
def test_faults_of_a_frame(library: str, static: Data, message: str) -> None:
    make = LIBRARIES[library]
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_series(make(ROWS), static_frame=make(static))


def read_like(known: Any, change: Data, **options: Any) -> Any:
    rows: Data = {"unique_id": ["b"], "ds": [3], "y": [1.0], **change}
    return read_series(pl.DataFrame(rows), like=known, **options)


def test_known_series_need_not_be_described_again() -> None:
    known = read_series(pl.DataFrame(ROWS), static_frame=pl.DataFrame(STATIC))
    assert read_like(known, {}).static.tolist() == [EXPECTED[1]]
    with pytest.raises(DataError, match=r"^series 'd' is not known, so .* given: 'kind', 'size'; "):
        read_like(known, {"unique_id": ["d"]})
    with pytest.raises(DataError, match=r"'bar' is none of the values .* 'cafe', 'shop'"):
        read_like(known, {"unique_id": ["c"]}, static_frame=pl.DataFrame(STATIC))
    other = pl.DataFrame({**STATIC, "kind": ["shop"] * 3})
    assert read_like(known, {"unique_id": ["c"]}, static_frame=other).static.tolist() == [[0, 1, 9]]
    described: Data = {"unique_id": ["d"], "kind": ["cafe"], "size": [5]}
    assert read_like(known, described).static.tolist() == [[1, 0, 5]]

"""The chart: what stands where."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest

from tidegate.cli.chart import HEIGHT, WIDTH, draw, when
from tidegate.data.series import read_series


def chart(
    past: list[float], median: list[float], *, spread: float = 1.0, chance: bool = False
) -> list[str]:
    """The lines of a chart, for days, with two intervals."""
    first = dt.date(2024, 1, 1)
    days = [first + dt.timedelta(days=i) for i in range(len(past) + len(median))]
    series = read_series(pl.DataFrame({"ds": days[: len(past)], "y": past}), missing="keep")
    values = np.array(median)
    columns = {
        "ds": days[len(past) :],
        "LSTM": values,
        "LSTM-lo-95": values - 2 * spread,
        "LSTM-hi-95": values + 2 * spread,
        "LSTM-lo-80": values - spread,
        "LSTM-hi-80": values + spread,
    }
    if chance:
        columns["LSTM-p"] = np.full(len(median), 0.5)
    return draw(series, pl.DataFrame(columns), "LSTM").split("\n")


def test_the_past_rises_to_the_right_and_the_intervals_lie_around_the_median() -> None:
    lines = chart([0.0, 3.0, 6.0, 9.0], [5.0, 5.0])
    picture = [line.split("┤")[1] for line in lines[:HEIGHT]]
    assert lines[0].startswith("9.000 ┤")
    assert lines[HEIGHT - 1].startswith("0.000 ┤")
    assert [line.find("•") for line in picture if "•" in line] == [6, 4, 2, 0]
    last = [line.ljust(12)[10] for line in picture]
    # 7, 6, 5, 4 and 3 of 0 to 9, from the top
    assert "".join(last) == "  ░▒━▒░   "
    assert lines[HEIGHT].split() == ["2024-01-01", "2024-01-06"]
    assert lines[-1] == "• seen   ━ median   ▒ 80 % interval   ░ 95 % interval"


def test_amounts_are_bars_to_an_eighth_and_none_for_zero() -> None:
    lines = chart([0.0, 10.0, 5.0, 0.01], [5.0], spread=0.0, chance=True)
    picture = np.array([list(line.split("┤")[1].ljust(10)) for line in lines[:HEIGHT]])
    assert "".join(picture[:, 0]) == " " * 10
    assert "".join(picture[:, 2]) == "█" * 10
    assert "".join(picture[:, 4]) == " " * 5 + "█" * 5
    assert "".join(picture[:, 6]) == " " * 9 + "▁"
    assert lines[-1].startswith("█ seen")


@pytest.mark.parametrize(("steps", "width"), [(16, 64), (17, 64), (200, 64)])
def test_it_stays_small(steps: int, width: int) -> None:
    lines = chart(list(np.sin(np.arange(300.0))), [0.0] * steps)
    assert width == WIDTH
    widths = [len(line.split("┤")[1]) for line in lines[:HEIGHT]]
    assert max(widths) == WIDTH


@pytest.mark.parametrize("value", [0.0, 5.0, -1e300])
def test_all_values_the_same(value: float) -> None:
    lines = chart([value] * 3, [value], spread=0.0)
    assert sum("•" in line for line in lines[:HEIGHT]) == 1


def test_numbers_at_the_ends_of_what_there_is() -> None:
    lines = chart([-1.7e308, 1.7e308], [0.0])
    assert "1.7e+308" in lines[0]
    assert "•" in lines[0]
    assert "•" in lines[HEIGHT - 1]


def test_times_that_are_numbers_or_have_hours() -> None:
    ahead = pl.DataFrame({"ds": [3], "LSTM": [1.0]})
    numbers = read_series(pl.DataFrame({"ds": [1, 2], "y": [1.0, 2.0]}))
    assert draw(numbers, ahead, "LSTM").split("\n")[HEIGHT].split() == ["1", "3"]
    hours = [dt.datetime(2024, 1, 1, hour) for hour in range(3)]
    series = read_series(pl.DataFrame({"ds": hours[:2], "y": [1.0, 2.0]}))
    ahead = pl.DataFrame({"ds": hours[2:], "LSTM": [1.0]})
    axis = draw(series, ahead, "LSTM").split("\n")[HEIGHT]
    assert axis.strip().split("  ") == ["2024-01-01 00:00:00", "2024-01-01 02:00:00"]


def test_a_missing_value_leaves_its_place_empty() -> None:
    lines = chart([0.0, math.nan, 9.0], [5.0])
    picture = [line.split("┤")[1] for line in lines[:HEIGHT]]
    assert sorted(line.find("•") for line in picture if "•" in line) == [0, 4]
    bars = chart([0.0, math.nan, 9.0], [5.0], spread=0.0, chance=True)
    columns = np.array([list(line.split("┤")[1].ljust(8)) for line in bars[:HEIGHT]])
    assert "".join(columns[:, 2]) == " " * 10


def test_a_narrow_terminal() -> None:
    series = read_series(pl.DataFrame({"ds": range(90), "y": np.sin(np.arange(90.0))}))
    ahead = pl.DataFrame({"ds": range(90, 97), "GRU": np.zeros(7)})
    lines = draw(series, ahead, "GRU", 30).split("\n")
    assert max(len(line.split("┤")[1]) for line in lines[:HEIGHT]) == 30


@pytest.mark.parametrize(
    ("zone", "hour", "expected"),
    [
        (None, 6, "2024-01-01 06:00:00"),
        ("UTC", 6, "2024-01-01 06:00:00+00:00"),
        ("Asia/Tokyo", 1, "2023-12-31 16:00:00+00:00"),
    ],
)
def test_times_with_a_zone_are_written_with_their_offset(
    zone: str | None, hour: int, expected: str
) -> None:
    first = dt.datetime(2024, 1, 1, hour)
    times = pl.Series([first + dt.timedelta(hours=i) for i in range(30)])
    frame = pl.DataFrame({"ds": times.dt.replace_time_zone(zone), "y": np.zeros(30)})
    series = read_series(frame)
    assert when(series, series.time[0]) == expected

"""tidegate forecast with covariates, seasons, quantiles, saved models and missing values."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import tidegate
from commands import DAYS, LINES, RAIN, Run, rows, several

WEEK = [str(np.datetime64("2024-03-31") + i) for i in range(7)]
SOLD = "\n".join(
    [
        "day,price,sky,sold",
        *(f"{day},{i % 3},{'wet' if i % 2 else 'dry'},{i % 5 - 2}" for i, day in enumerate(DAYS)),
    ]
)
PRICES = "\n".join(["day,price", *(f"{day},{i % 3}" for i, day in enumerate(WEEK))])


def test_what_is_known_ahead_reaches_the_forecast(run: Run) -> None:
    Path("prices.csv").write_text(PRICES)
    done = run("forecast", "rain.csv", "--future", "prices.csv", "--out", "-", text=SOLD)
    assert done.code == 0
    assert "rain.csv: --target sold" in done.err
    assert "rain.csv: --future-column price (in prices.csv too)" in done.err
    frame = pl.read_csv("rain.csv", try_parse_dates=True)
    ahead = pl.read_csv("prices.csv", try_parse_dates=True)
    forecaster = tidegate.Forecaster(7, time="day", target="sold", future=["price"]).fit(frame)
    assert done.out == forecaster.predict(future=ahead).write_csv()


def test_an_empty_target_in_the_file_of_the_future_is_no_covariate(run: Run) -> None:
    rows = [f"{line}," for line in PRICES.splitlines()[1:]]
    Path("prices.csv").write_text("\n".join(["day,price,sold", *rows]))
    done = run("forecast", "rain.csv", "--future", "prices.csv", text=SOLD)
    assert done.code == 0
    assert "--future-column price (in" in done.err


BAD_FUTURE = {
    "a row is missing": (PRICES.rsplit("\n", 2)[0], "prices.csv: there is no row for 2024-04-05"),
    "a cell is empty": (PRICES.replace("04-02,2", "04-02,"), "prices.csv, line 4, column 'price'"),
    "text": (PRICES.replace("04-02,2", "04-02,dear"), "prices.csv, line 4, column 'price'"),
    "a day twice": (PRICES + "\n2024-04-02,2", "prices.csv, line 9"),
    "no time": (PRICES.replace("day", "when"), "prices.csv: there is no column 'day'"),
    "nothing shared": (PRICES.replace("price", "cost"), "prices.csv: beside the time"),
    "empty": ("", "prices.csv: the file is empty"),
}


@pytest.mark.parametrize("name", BAD_FUTURE)
def test_a_bad_file_of_the_future(run: Run, name: str) -> None:
    text, said = BAD_FUTURE[name]
    Path("prices.csv").write_text(text)
    words = ("--target", "sold", "--future", "prices.csv", "--out", "ahead.csv")
    done = run("forecast", "rain.csv", *words, text=SOLD)
    assert (done.code, done.out) == (1, "")
    assert said in done.err.splitlines()[-1]
    assert sorted(os.listdir()) == ["prices.csv", "rain.csv"]


def test_a_day_left_out_where_something_is_known_ahead_is_named_with_the_file(run: Run) -> None:
    Path("prices.csv").write_text(PRICES)
    gap = "\n".join(line for line in SOLD.splitlines() if not line.startswith("2024-01-10"))
    done = run("forecast", "rain.csv", "--target", "sold", "--future", "prices.csv", text=gap)
    assert done.code == 1
    said = done.err.splitlines()[-1]
    assert said.startswith("tidegate: rain.csv: 2024-01-10 is left out, so 'price'")


def test_past_and_static_columns(run: Run) -> None:
    body = [f"{line},{i},{line[0] == 'a'}" for i, line in enumerate(several().splitlines()[1:])]
    text = "\n".join(["shop,day,sold,guests,city", *body])
    words = ("--id", "shop", "--past", "guests", "--static", "city", "--horizon", "2")
    done = run("forecast", "rain.csv", *words, "--save", "model", "--out", "-", text=text)
    assert done.code == 0
    assert "--target sold" in done.err
    loaded = tidegate.load("model")
    assert (list(loaded.past), list(loaded.static)) == (["guests"], ["city"])
    done = run("forecast", "rain.csv", "--past", "guest", text=text)
    assert done.code == 1
    assert "there is no column 'guest'" in done.err


def test_seasons_quantiles_and_ensembles(run: Run) -> None:
    words = ("--season", "5,10", "--quantile", "0.3", "--ensemble", "2", "--horizon", "2")
    done = run("forecast", "rain.csv", *words, "--save", "model", "--out", "-")
    assert done.out.splitlines()[0] == "day,GRU,GRU-ql0.3,GRU-p"
    plan = tidegate.load("model").plan_
    assert (plan.season, plan.long_season, plan.members) == (5, 10, 2)
    assert "quantile 0.3" in done.err
    frame = pl.read_csv("rain.csv", try_parse_dates=True)
    forecaster = tidegate.Forecaster(2, time="day", target="rain", season=(5, 10), ensemble=2)
    assert done.out == forecaster.fit(frame).predict((), (0.3,)).write_csv()
    done = run("forecast", "rain.csv", "--quantile", "0.3", "--level", "50", "--out", "-")
    assert done.out.startswith("day,GRU,GRU-lo-50,GRU-hi-50,GRU-ql0.3,GRU-p\n")


def test_auto_says_what_it_took(run: Run) -> None:
    done = run("forecast", "rain.csv", "--auto", "--horizon", "2")
    assert done.code == 0
    took = re.search(r"^AUTO took (.+): .*\(\d+ windows\)$", done.out, re.MULTILINE)
    assert took is not None
    data = json.loads(run("forecast", "rain.csv", "--cell", "auto", "--horizon", "2", "--json").out)
    assert (data["cell"], data["choice"]["name"]) == ("auto", took[1])
    assert "AUTO" in data["forecast"][0]


def test_windows_of_the_backtest(run: Run) -> None:
    done = run("forecast", "rain.csv", "--backtest", "4", "--horizon", "2")
    assert "the last 4 windows of 2 days, held out" in done.out
    assert re.search(r"Verdict: GRU .*4 windows", done.out)


def test_the_scores_are_those_of_the_model_the_naive_ones_and_the_best(run: Run) -> None:
    done = run("forecast", "rain.csv", "--horizon", "2")
    frame = pl.read_csv("rain.csv", try_parse_dates=True)
    best = tidegate.Forecaster(2, time="day", target="rain").backtest(frame).verdict.baseline
    table = done.out.split("in 95 %\n")[1].split("\n\n")[0]
    shown = [re.split("  +", line)[0] for line in table.splitlines()]
    expected = ["GRU", "naive", "seasonal naive"]
    assert shown == expected + [best] * (best not in expected)


MISSING = {
    "empty cell": (RAIN.replace(LINES[9], f"{DAYS[9]},"), "1 empty cell counts as missing", "11"),
    "NaN": (RAIN.replace(LINES[9], f"{DAYS[9]},NaN"), "1 empty cell counts as missing", "11"),
    "two": (
        RAIN.replace(LINES[9], f"{DAYS[9]},").replace(LINES[20], f"{DAYS[20]},NA"),
        "2 empty cells count as missing in column 'rain', the first",
        "11",
    ),
}


@pytest.mark.parametrize("name", MISSING)
def test_missing_values_are_reported_and_no_forecast_is_nan(run: Run, name: str) -> None:
    text, said, line = MISSING[name]
    done = run("forecast", "rain.csv", "--time", "day", "--target", "rain", "--json", text=text)
    assert done.code == 0
    assert len(done.err.splitlines()) == 1
    assert said in done.err
    assert done.err.rstrip().endswith(f"line {line}")
    data = json.loads(done.out)
    assert f"rain.csv: {data['missing']}\n" == done.err
    assert all(value is not None for row in data["forecast"] for value in row.values())


def test_rows_that_are_empty_at_the_end_are_said_to_lie_before_the_forecast(run: Run) -> None:
    text = "\n".join([RAIN, *(f"{day}," for day in WEEK)])
    done = run("forecast", "rain.csv", "--horizon", "2", "--out", "-", text=text)
    assert "rows at the end are empty, and the forecast begins after them: to forecast" in done.err
    assert done.out.splitlines()[1].startswith("2024-04-07,")
    twice = [f"{line},{shop}" for shop in "ab" for line in text.splitlines()[1:]]
    ends = "\n".join(["day,rain,shop", *twice, "2024-04-07,1,b"])
    done = run("forecast", "rain.csv", "--out", "-", text=ends)
    assert "rows at the end of 1 series are empty" in done.err
    assert "at the end" not in run("forecast", "rain.csv").err


def test_days_left_out_are_reported(run: Run) -> None:
    text = "\n".join(["day,rain", *LINES[:9], *LINES[12:]])
    done = run("forecast", "rain.csv", "--time", "day", "--target", "rain", text=text)
    assert done.code == 0
    assert done.err == ("rain.csv: 3 days left out count as missing: 2024-01-10 to 2024-01-12\n")
    assert "nan" not in done.out.lower()


@pytest.mark.parametrize("value", ["0", "5", "1e300"])
def test_constant_series_and_large_numbers(run: Run, value: str) -> None:
    text = "\n".join(["t,y", *(f"{i},{value}" for i in range(60))])
    done = run("forecast", "rain.csv", "--horizon", "2", "--out", "-", text=text)
    assert done.code == 0
    rows = [line.split(",") for line in done.out.splitlines()[1:]]
    # a unit of the network is 1 % of a series that never moves
    np.testing.assert_allclose([float(row[1]) for row in rows], float(value), rtol=1e-2)


class TestModel:
    """--model: a forecast without training."""

    def test_of_what_it_remembers(self, run: Run) -> None:
        first = run("forecast", "rain.csv", "--save", "model", "--out", "-")
        done = run("forecast", "--model", "model", "--out", "-")
        assert (done.code, done.out) == (0, first.out)
        assert "rain, the next 7 days, after 2024-03-30\n" in done.err
        assert "Not judged" in done.err

    def test_of_other_rows(self, run: Run) -> None:
        run("forecast", "rain.csv", "--save", "model")
        fewer = "\n".join(
            ["rain,day", *(f"{b},{a}" for a, b in (line.split(",") for line in LINES[:80]))]
        )
        done = run("forecast", "rain.csv", "--model", "model", "--out", "-", text=fewer)
        assert done.code == 0
        frame = pl.read_csv("rain.csv", try_parse_dates=True)
        assert done.out == tidegate.load("model").predict(df=frame).write_csv()
        assert done.out.splitlines()[1].startswith("2024-03-21,")

    def test_a_series_called_na_is_known_again(self, run: Run) -> None:
        table = several().replace("a,20", "NA,20").replace("b,20", "null,20")
        first = run("forecast", "rain.csv", "--save", "model", "--out", "-", text=table)
        assert {row["shop"] for row in rows(first.out)} == {"NA", "null"}
        done = run("forecast", "rain.csv", "--model", "model", "--out", "-", text=table)
        assert (done.code, done.out) == (0, first.out)

    def test_a_category_called_na_is_known_ahead(self, run: Run) -> None:
        lines = several().splitlines()
        zoned = [
            f"{lines[0]},zone",
            *(f"{x},{('NA', 'EU')[i % 2]}" for i, x in enumerate(lines[1:])),
        ]
        days = [f"{shop},{day},NA" for shop in "ab" for day in DAYS[40:42]]
        Path("ahead.csv").write_text("\n".join(["shop,day,zone", *days]))
        words = ("--future", "ahead.csv", "--horizon", "2", "--out", "-")
        done = run("forecast", "rain.csv", *words, text="\n".join(zoned))
        assert done.code == 0
        assert "'NA' in column 'zone' is taken for a value like others" in done.err
        # where it is no value of the table, it is an empty cell
        other = "\n".join(zoned).replace(",NA", ",AP")
        done = run("forecast", "rain.csv", *words, text=other)
        assert done.code == 1 and "beside the time it has no column" in done.err

    def test_needs_what_is_known_ahead(self, run: Run) -> None:
        Path("prices.csv").write_text(PRICES)
        words = ("--future", "prices.csv")
        first = run("forecast", "rain.csv", *words, "--save", "model", "--out", "-", text=SOLD)
        done = run("forecast", "--model", "model", *words, "--out", "-", text=SOLD)
        assert (done.code, done.out) == (0, first.out)
        done = run("forecast", "--model", "model")
        assert done.code == 2
        assert "needs to know price ahead; give a file of it as --future" in done.err
        run("forecast", "rain.csv", "--save", "plain")
        done = run("forecast", "--model", "plain", *words)
        assert done.code == 2
        assert "leave --future out" in done.err

    def test_a_series_it_never_saw_needs_its_static_columns(self, run: Run) -> None:
        rows = several().splitlines()
        text = "\n".join([rows[0] + ",city", *(f"{row},c{row[0]}" for row in rows[1:])])
        words = ("--id", "shop", "--static", "city", "--horizon", "2")
        assert run("forecast", "rain.csv", *words, "--save", "model", text=text).code == 0
        new = "\n".join([rows[0], *(row.replace("b,", "z,", 1) for row in rows[1:])])
        done = run("forecast", "rain.csv", "--model", "model", text=new)
        assert (done.code, done.out) == (1, "")
        assert "series 'z'" in done.err.splitlines()[-1]
        assert "'city'" in done.err.splitlines()[-1]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (RAIN.replace("rain", "sun"), "there is no column 'rain', which the model has"),
            (RAIN.replace(LINES[9], f"{DAYS[9]},wet"), "line 11, column 'rain'"),
        ],
        ids=["column", "text"],
    )
    def test_a_table_of_another_kind(self, run: Run, text: str, said: str) -> None:
        run("forecast", "rain.csv", "--save", "model")
        done = run("forecast", "rain.csv", "--model", "model", text=text)
        assert (done.code, done.out) == (1, "")
        assert said in done.err

    def test_a_file_that_is_no_model(self, run: Run) -> None:
        done = run("forecast", "--model", "rain.csv")
        assert (done.code, done.out) == (1, "")
        assert "rain.csv" in done.err
        assert len(done.err.splitlines()) == 1

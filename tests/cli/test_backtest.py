"""tidegate backtest, from its words to its exit code, in this process."""

from __future__ import annotations

import json
import os
import re
import signal

import polars as pl
import pytest

import tidegate
from commands import LINES, RAIN, Run, several
from tidegate import ForecastTraining
from tidegate.cli.scores import verdict
from tidegate.forecast.backtest import Backtest
from tidegate.forecast.verdict import Verdict
from tidegate.train.run import Run as TrainingRun

WORDS = ("backtest", "rain.csv", "--horizon", "2")


def found(**options: object) -> Backtest:
    """The same from Python."""
    frame = pl.read_csv("rain.csv", try_parse_dates=True)
    test: Backtest = tidegate.Forecaster(2, time="day", target="rain").backtest(frame, **options)  # type: ignore[arg-type]
    return test


def test_the_report_has_all_baselines_the_best_first(run: Run) -> None:
    done = run(*WORDS, "--windows", "5")
    assert done.code == 0
    expected = found(windows=5)
    losses = expected.overall["scaled-pinball"]
    table = done.out.split("in 95 %\n")[1].split("\n\n")[0]
    shown = [re.split("  +", line)[0] for line in table.splitlines()]
    assert shown == sorted(losses, key=lambda name: losses[name])
    assert done.out.startswith("rain: the last 5 windows of 2 days, forecast by a model")
    assert str(expected.verdict) in done.out.splitlines()[-1]
    assert os.listdir() == ["rain.csv"]


def test_a_rule_that_was_worse_is_not_advised_because_windows_are_few() -> None:
    frame = pl.DataFrame({"day": range(60), "rain": [1.0, 2.0] * 30})
    training = ForecastTraining(updates=1)
    forecaster = tidegate.Forecaster(2, time="day", target="rain", training=training)
    judged = forecaster.backtest(frame, windows=5)
    for margin, advice in ((0.6, ""), (-0.6, " Naive would do; --auto takes the best.")):
        judged.__dict__["verdict"] = Verdict(
            "no better than", "GRU", "naive", margin, None, 5, 1, "windows"
        )
        assert verdict(judged).endswith(f"a p value needs 8).{advice}")


def test_forecasts_go_to_a_file_and_the_report_to_stderr(run: Run) -> None:
    words = ("--windows", "4", "--step", "1", "--baseline", "naive", "--level", "50")
    done = run(*WORDS, *words, "--out", "all.csv")
    assert (done.code, done.out) == (0, "")
    assert "Verdict: GRU" in done.err
    frame = pl.read_csv("all.csv", try_parse_dates=True)
    expected = found(windows=4, step=1, names=("naive",), levels=(50,)).frame
    assert frame.columns == expected.columns
    assert {"cutoff", "GRU-lo-50", "naive-hi-50"} < set(frame.columns)
    assert frame["GRU"].to_list() == pytest.approx(expected["GRU"].to_list(), rel=1e-12)


def test_json(run: Run) -> None:
    done = run(*WORDS, "--windows", "3", "--quantile", "0.2", "--json")
    data = json.loads(done.out)
    assert (data["windows"], data["levels"], data["quantiles"]) == (3, [], [0.2, 0.5])
    assert data["verdict"]["sentence"].startswith(data["verdict"]["relation"])
    assert data["missing"] == ""


def test_refit_trains_again_at_every_nth_window(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[TrainingRun] = []
    update = TrainingRun.update

    def counted(self: TrainingRun) -> int:
        if self not in begun:
            begun.append(self)
        return update(self)

    monkeypatch.setattr(TrainingRun, "update", counted)
    run(*WORDS, "--windows", "3")
    once = len(begun)
    for refit, words, times in (("1", "every window", 3), ("2", "every 2 windows", 2)):
        before = len(begun)
        done = run(*WORDS, "--windows", "3", "--refit", refit)
        assert done.code == 0
        assert f"trained anew for {words}" in " ".join(done.out.split())
        assert len(begun) - before == times * once
    assert run(*WORDS, "--refit", "0").code == 2


def test_auto_says_which_rule_it_took(run: Run) -> None:
    # networks that learn next to nothing are not picked
    words = (*WORDS, "--auto", "--windows", "2")
    done = run(*words)
    scores = json.loads(run(*words, "--json").out)["scores"]
    own = {metric: row["AUTO"] for metric, row in scores.items()}
    same = [name for name in scores["mae"] if own == {m: row[name] for m, row in scores.items()}]
    assert len(same) == 2
    assert done.out.splitlines()[-1].endswith(f" It took {same[1]} there.")


def test_several_series_and_a_column_known_ahead(run: Run) -> None:
    rows = several().splitlines()
    text = "\n".join([rows[0] + ",price", *(f"{row},{i % 3}" for i, row in enumerate(rows[1:]))])
    done = run(*WORDS, "--id", "shop", "--future-column", "price", text=text)
    assert done.code == 0
    assert "of 2 series" in done.out
    assert "--target sold" in done.err


def test_what_is_missing_is_reported(run: Run) -> None:
    text = "\n".join(["day,rain", *LINES[:9], *LINES[10:]])
    done = run(*WORDS, text=text)
    assert done.code == 0
    assert "1 day left out counts as missing: 2024-01-10" in done.err
    assert "nan" not in done.out.lower()


def test_more_windows_than_rows_are_as_many_as_there_are(run: Run) -> None:
    done = run(*WORDS, "--windows", "1000", "--baseline", "naive", "--json")
    assert done.code == 0
    assert json.loads(done.out)["windows"] == len(found(windows=1000, names=("naive",)).held.cut)


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("", (), "empty"),
        ("day,rain\n", (), "line 1"),
        ("\n".join(["day,rain", *LINES[:6]]), (), "got 6"),
        (RAIN, ("--past", "sun"), "there is no column 'sun'"),
    ],
    ids=["empty", "header only", "short", "no such column"],
)
def test_bad_data(run: Run, text: str, words: tuple[str, ...], said: str) -> None:
    done = run(*WORDS, *words, "--out", "all.csv", text=text)
    assert (done.code, done.out) == (1, "")
    error = done.err.splitlines()[-1]
    assert error.startswith("tidegate: rain.csv")
    assert said in error
    assert os.listdir() == ["rain.csv"]


def test_ctrl_c_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(self: TrainingRun) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return update(self)

    update = TrainingRun.update
    monkeypatch.setattr(TrainingRun, "update", pressed)
    done = run(*WORDS, "--out", "all.csv")
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[-1] == "tidegate: stopped by Ctrl-C"
    assert os.listdir() == ["rain.csv"]


def test_help_has_examples(run: Run) -> None:
    done = run("backtest", "--help")
    assert done.code == 0
    assert "tidegate backtest rain.csv --horizon 7" in done.out

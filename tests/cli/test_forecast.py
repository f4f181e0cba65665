"""tidegate forecast, from its words to its exit code, in this process."""

from __future__ import annotations

import json
import math
import os
import re
import signal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import tidegate
from commands import DAYS, LINES, RAIN, Done, Run, several
from tidegate.cli import main
from tidegate.train.run import Run as TrainingRun


def test_the_report(run: Run) -> None:
    done = run("forecast", "rain.csv", "--horizon", "3")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "rain, the next 3 days, after 90 days from 2024-01-01 to 2024-03-30"
    assert re.split("  +", lines[2]) == [
        "day",
        "GRU",
        "80 % interval",
        "95 % interval",
        "chance above 0",
    ]
    assert [line[:10] for line in lines[3:6]] == ["2024-03-31", "2024-04-01", "2024-04-02"]
    assert any(line.startswith("seasonal naive ") for line in lines)
    assert lines[-1].startswith("Verdict: ")
    assert "rain.csv: --time day" in done.err
    assert "--target rain" in done.err
    assert sorted(os.listdir()) == ["rain.csv"]


def test_the_report_fits_a_terminal_and_counts_windows_of_each_series(run: Run) -> None:
    Path("shops.csv").write_text(several())
    done = run("forecast", "shops.csv", "--backtest", "2")
    assert done.code == 0, done.err
    *report, verdict = done.out.splitlines()
    assert max(map(len, report)) <= 80
    assert "the last 2 windows of 7 days of each of 2 series, held out, by" in " ".join(report)
    assert "2 windows of 2 series" in verdict
    assert max(map(len, run("backtest", "rain.csv").out.splitlines()[:-1])) <= 80


def test_named_columns_are_no_guess(run: Run) -> None:
    done = run("forecast", "rain.csv", "--time", "day", "--target", "rain")
    assert (done.code, done.err) == (0, "")


def test_commas_that_were_judged_by_their_number_are_reported(run: Run) -> None:
    rows = [f'{day},"1,{i:03}"' for i, day in enumerate(DAYS)]
    Path("sales.csv").write_text("\n".join(["day,sold", *rows]))
    done = run("forecast", "sales.csv", "--out", "-")
    assert "sales.csv: commas in column 'sold' are taken to stand between thousands" in done.err
    assert 900 < pl.read_csv(done.out.encode())["GRU"].min() < 1500


def test_numbers_of_the_table_are_those_of_the_api(run: Run) -> None:
    done = run("forecast", "rain.csv", "--out", "-", "--level", "50", "--seed", "3")
    frame = pl.read_csv("rain.csv", try_parse_dates=True)
    forecaster = tidegate.Forecaster(7, time="day", target="rain", seed=3)
    assert done.out == forecaster.fit(frame).predict(levels=(50,)).write_csv()
    assert "Verdict: " in done.err


def test_json(run: Run) -> None:
    done = run("forecast", "rain.csv", "--json", "--horizon", "2", "--cell", "gru")
    data = json.loads(done.out)
    assert data["columns"] == {"time": "day", "target": "rain", "id": None}
    assert [row["day"] for row in data["forecast"]] == ["2024-03-31", "2024-04-01"]
    assert {"GRU", "GRU-lo-95", "GRU-hi-95", "GRU-p"} < set(data["forecast"][0])
    assert data["evaluation"]["scores"][0]["name"] == "GRU"
    assert data["verdict"] == data["evaluation"]["verdict"]
    assert (data["rows"], data["series"], data["frequency"]) == (90, 1, "day")


def test_files_are_written_and_the_report_moves_to_stderr(run: Run) -> None:
    done = run("forecast", "rain.csv", "--out", "ahead.csv", "--save", "rain.safetensors")
    assert (done.code, done.out) == (0, "")
    assert "Verdict: " in done.err
    ahead = pl.read_csv("ahead.csv", try_parse_dates=True)
    loaded = tidegate.load("rain.safetensors").predict()
    np.testing.assert_array_equal(loaded["GRU"].to_numpy(), ahead["GRU"].to_numpy())
    run("forecast", "rain.csv", "--out", "all.json", "--json")
    assert json.loads(Path("all.json").read_text())["horizon"] == 7
    assert sorted(os.listdir()) == ["ahead.csv", "all.json", "rain.csv", "rain.safetensors"]


def test_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run("forecast", "rain.csv", "--out", "-")
    with Path("rain.csv").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        done = run("forecast", "-", "--out", "-")
    assert done.out == expected.out
    assert "stdin: --time day" in done.err


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + RAIN,
        RAIN.replace("\n", "\r\n"),
        RAIN.replace(",", ";"),
        RAIN + "\n\n",
        "\n".join(["day,rain", *LINES[::-1]]),
    ],
    ids=["BOM", "CRLF", "semicolons", "blank lines", "reversed"],
)
def test_other_ways_to_write_the_same_table(run: Run, text: str) -> None:
    expected = run("forecast", "rain.csv", "--out", "-")
    assert run("forecast", "rain.csv", "--out", "-", text=text).out == expected.out


def test_several_series(run: Run) -> None:
    words = ("forecast", "rain.csv", "--id", "shop", "--target", "sold", "--horizon", "2")
    done = run(*words, text=several())
    assert done.out.startswith("sold, the next 2 days, after 2 series, 80 rows\n")
    assert re.findall(r"^([ab])  +2024", done.out, re.MULTILINE) == ["a", "a", "b", "b"]
    assert "(series a, 1 of 2)" in done.out
    assert "of 2 series, held out" in " ".join(done.out.split())
    assert "mean step between seasons" in done.out
    data = json.loads(run(*words, "--json", text=several()).out)
    assert [row["shop"] for row in data["forecast"]] == ["a", "a", "b", "b"]


def test_chances_that_do_not_apply_are_null_in_json(run: Run) -> None:
    both = [f"wet,{line}" for line in LINES] + [
        f"dry,{day},{i % 5 - 2}" for i, day in enumerate(DAYS)
    ]
    words = ("forecast", "rain.csv", "--id", "name", "--target", "y", "--horizon", "1")
    text = "\n".join(["name,day,y", *both])
    rows = json.loads(run(*words, "--json", text=text).out)["forecast"]
    chances = {row["name"]: row["GRU-p"] for row in rows}
    assert chances["dry"] is None
    assert 0 < chances["wet"] < 1
    assert re.search(r"^dry .* to +\S+$", run(*words, text=text).out, re.MULTILINE)


def test_a_long_table_is_cut_and_says_so(run: Run) -> None:
    text = "\n".join(["t,y", *(f"{i},{math.sin(i)}" for i in range(600))])
    done = run("forecast", "rain.csv", "--horizon", "410", text=text)
    assert "... and 10 rows more; --out FILE writes all of them" in done.out
    assert "Verdict: " in done.out


@pytest.mark.parametrize("words", [("--out", "a.json"), ("--out", "a.csv", "--json")])
@pytest.mark.parametrize("command", ["forecast", "backtest"])
def test_the_ending_of_out_goes_with_json(run: Run, command: str, words: tuple[str, ...]) -> None:
    done = run(command, "rain.csv", *words)
    assert done.code == 2
    assert done.err.startswith("tidegate: --out a.")
    assert not Path("a.json").exists() and not Path("a.csv").exists()


def test_too_few_rows_to_hold_any_out(run: Run) -> None:
    text = "\n".join(["t,y", *(f"{i},{i * i % 5}" for i in range(6))])
    done = run("forecast", "rain.csv", "--horizon", "2", text=text)
    assert done.code == 0
    assert "Verdict: none. To hold out 2 steps" in done.out
    data = json.loads(run("forecast", "rain.csv", "--horizon", "2", "--json", text=text).out)
    assert data["evaluation"] is None
    assert data["verdict"].startswith("to hold out 2 steps")


BAD = {
    "empty": ("", "empty"),
    "header only": ("day,rain\n", "line 1"),
    "one row": ("\n".join(["day,rain", LINES[0]]), "line 2"),
    "too few rows": ("\n".join(["day,rain", *LINES[:9]]), "must have 11 rows at least, got 9"),
    "horizon longer than the history": ("\n".join(["day,rain", *LINES[:6]]), "got 6"),
    "column twice": (RAIN.replace("day,rain", "day,day"), "'day' is there twice"),
    "date twice": ("\n".join(["day,rain", *LINES, LINES[3]]), "line 92, column 'day'"),
    "bad date": (RAIN.replace("2024-02-29", "2024-02-30"), "line 61, column 'day'"),
    "text": ("\n".join(["day,rain", *LINES[:9], "2024-01-10,wet", *LINES[10:]]), "line 11, col"),
    "infinite": ("\n".join(["day,rain", *LINES[:9], "2024-01-10,-inf", *LINES[10:]]), "line 11"),
    "no value": ("\n".join(["day,rain", *(f"{day}," for day in DAYS)]), "no other column"),
    "wrong year": (RAIN.replace("2024-03-30", "2042-03-30"), "line 91"),
    "mixed time zones": (
        "t,y\n2024-01-01T00:00Z,1\n2024-01-02T00:00,2\n2024-01-03T00:00Z,3",
        "line 3, column 't'",
    ),
    "junk": (bytes(range(256)) * 20, "no text"),
    "long line": ("day,rain\n" + "x" * 1_000_000, "1,000,000 characters"),
    "ragged": (RAIN + "\n2024-03-31,1,2", "line 92"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_data_is_one_line_and_exit_code_1(run: Run, name: str) -> None:
    text, said = BAD[name]
    done = run("forecast", "rain.csv", "--out", "ahead.csv", "--save", "model", text=text)
    assert (done.code, done.out) == (1, "")
    *guesses, error = done.err.splitlines()
    assert all(line.startswith("rain.csv: --") for line in guesses)
    assert error.startswith("tidegate: rain.csv")
    assert said in error
    assert os.listdir() == ["rain.csv"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.csv",), "none.csv"),
        (("rain.csv", "--target", "sun"), "sun"),
        (("rain.csv", "--time", "hour"), "hour"),
        (("rain.csv", "--id", "shop"), "shop"),
        ((".",), "folder"),
    ],
)
def test_files_and_columns_that_are_not_there(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run("forecast", *words)
    assert done.code == 1
    assert said in done.err.splitlines()[-1]


def test_several_columns_that_may_be_meant_are_listed(run: Run) -> None:
    text = "\n".join(["day,rain,sun", *(f"{line},1" for line in LINES)])
    done = run("forecast", "rain.csv", text=text)
    assert done.code == 1
    assert "rain, sun" in done.err
    assert "--target" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing command; see tidegate --help"),
        (("dream",), "'dream'; see tidegate --help"),
        (("forecats",), "Did you mean 'forecast'? See tidegate --help"),
        (("forecast",), "give FILE, or --model"),
        (("backtest",), "'FILE'; see tidegate backtest --help"),
        (("forecast", "rain.csv", "--level", "0"), "below 100, got '0'"),
        (("forecast", "rain.csv", "--level", "100"), "below 100, got '100'"),
        (("forecast", "rain.csv", "--level", "x"), "below 100, got 'x'"),
        (("forecast", "rain.csv", "--quantile", "1"), "below 1, got '1'"),
        (("forecast", "rain.csv", "--season", "0"), "got '0'"),
        (("forecast", "rain.csv", "--season", "1", "--season", "2,3"), "season"),
        (("forecast", "rain.csv", "--season", "7,7"), "two different ones, got 7, 7"),
        (("forecast", "rain.csv", "--ensemble", "0"), "from 1 up, got '0'"),
        (("forecast", "rain.csv", "--backtest", "0"), "from 1 up, got '0'"),
        (("forecast", "rain.csv", "--auto", "--cell", "lstm"), "leave --cell lstm out"),
        (("forecast", "rain.csv", "--model", "m", "--horizon", "3"), "leave --horizon out"),
        (
            ("forecast", "rain.csv", "--model", "m", "--cell", "gru", "--seed", "1"),
            "leave --cell, --seed out",
        ),
        (("forecast", "rain.csv", "--future-column", "rain"), "give that too"),
        (("forecast", "rain.csv", "--past", "rain", "--target", "rain"), "'rain' is named twice"),
        (("forecast", "-", "--future", "-"), "cannot both be stdin"),
        (("backtest", "rain.csv", "--windows", "0"), "from 1 up, got '0'"),
        (("backtest", "rain.csv", "--step", "1.5"), "from 1 up, got '1.5'"),
        (("backtest", "rain.csv", "--baseline", "guess"), "guess"),
        (("forecast", "rain.csv", "--horizon", "0"), "from 1 up, got '0'"),
        (("forecast", "rain.csv", "--horizon", "-1"), "from 1 up, got '-1'"),
        (
            ("forecast", "rain.csv", "--target", "rain", "--target", "mm"),
            "--target is given twice, and takes one value; leave one out",
        ),
        (("forecast", "rain.csv", "--horizon", "1.5"), "from 1 up, got '1.5'"),
        (("forecast", "rain.csv", "--level", "120"), "below 100, got '120'"),
        (("forecast", "rain.csv", "--cell", "cnn"), "got 'cnn'"),
        (("forecast", "rain.csv", "--speed", "9"), "--speed"),
        (("forecast", "rain.csv", "--out", "."), "--out '.' is a folder"),
        (("forecast", "rain.csv", "--out", ""), "--out '' is a folder"),
        (("forecast", "rain.csv", "--save", "no/model"), "there is no folder no"),
        (("forecast", "rain.csv", "--out", "./rain.csv"), "is a file that is read"),
        (("forecast", "rain.csv", "--out", "a", "--save", "./a"), "--out and --save are both ./a"),
        (("write", "rain.csv", "--out", "a", "--save", "a"), "--out and --save are both a;"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_line_and_exit_code_2(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("tidegate: ")
    assert said in done.err


def test_a_folder_that_may_not_be_written_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    done = run("forecast", "rain.csv", "--out", "ahead.csv")
    assert done.code == 2
    assert "may not be written to" in done.err


def test_a_disk_that_is_full(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = run("forecast", "rain.csv", "--out", "ahead.csv")
    assert done.code == 1
    assert "No space left" in done.err
    assert os.listdir() == ["rain.csv"]


def test_help_has_examples(run: Run) -> None:
    done = run("forecast", "--help")
    assert done.code == 0
    assert "tidegate forecast rain.csv --horizon 7" in done.out
    assert "Exit codes" in done.out


def test_version(run: Run) -> None:
    assert run("--version") == Done(0, tidegate.__version__ + "\n", "")


@pytest.mark.parametrize("nth", [1, 2], ids=["training", "evaluation"])
def test_ctrl_c_is_exit_code_130_and_writes_nothing(
    run: Run, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pressed while the nth model is trained."""
    begun: list[TrainingRun] = []
    update = TrainingRun.update

    def pressed(self: TrainingRun) -> int:
        if self not in begun:
            begun.append(self)
            if len(begun) == nth:
                os.kill(os.getpid(), signal.SIGINT)
        return update(self)

    monkeypatch.setattr(TrainingRun, "update", pressed)
    done = run("forecast", "rain.csv", "--out", "ahead.csv", "--save", "model")
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[-1] == "tidegate: stopped by Ctrl-C"
    assert os.listdir() == ["rain.csv"]


def test_ctrl_c_before_the_command_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("tidegate.cli.app.run", pressed)
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 130


def test_too_little_memory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*args: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr("tidegate.forecast.forecaster.Forecaster.fit", hungry)
    done = run("forecast", "rain.csv")
    assert done.code == 1
    assert "memory" in done.err.splitlines()[-1]

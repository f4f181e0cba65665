"""tidegate audit and tidegate compare, from their words to their exit codes."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reported
import tidegate
from commands import RAIN, Run
from tidegate.audit.result import Audit, Fix
from tidegate.cli import audited

WORDS = ("verdict", "vanishing", "exploding", "saturated", "healthy", "unused past")


def moods(count: int = 24) -> str:
    """Texts with a label each."""
    random = np.random.default_rng(0)
    lines = []
    for i in range(count):
        words = random.choice(["a", "the", "film", "plot"], 5).tolist()
        words[int(random.integers(5))] = ("good", "bad")[i % 2]
        lines.append(f"{' '.join(words)},{('up', 'down')[i % 2]}")
    return "\n".join(["review,mood", *lines])


def test_a_forecaster(run: Run) -> None:
    run("forecast", "rain.csv", "--horizon", "2", "--save", "rain.safetensors")
    done = run("audit", "rain.safetensors", "rain.csv", "--report", "audit.html")
    assert done.code == 0
    assert done.out.startswith(tuple(f"Verdict: {word}: " for word in WORDS))
    for part in ("steps back  gradient", "half-life", "influence", "Usable memory: "):
        assert part in done.out
    assert "audit.html: the same with charts" in done.err
    assert "How far the gradient reaches" in Path("audit.html").read_text("utf-8")
    assert sorted(os.listdir()) == ["audit.html", "rain.csv", "rain.safetensors"]


def test_json_is_the_audit_of_the_api(run: Run) -> None:
    run("forecast", "rain.csv", "--horizon", "2", "--save", "rain.safetensors")
    done = run("audit", "rain.safetensors", "rain.csv", "--json", "--seed", "3")
    import polars as pl

    frame = pl.read_csv("rain.csv", try_parse_dates=True)
    found = tidegate.audit(tidegate.load("rain.safetensors"), frame, seed=3)
    assert json.loads(done.out) == found.to_json()
    assert found.influence.inputs == ("rain",)
    assert str(Audit.from_json(json.loads(done.out)).verdict) == str(found.verdict)


def test_a_classifier_with_and_without_labels(run: Run) -> None:
    columns = ("--text", "review", "--label", "mood")
    learn = ("classify", "rain.csv", *columns, "--updates", "3", "--save", "mood.safetensors")
    assert run(*learn, text=moods()).code == 0
    done = run("audit", "mood.safetensors", "rain.csv", *columns, text=moods())
    assert done.code == 0
    assert "cross-entropy" in done.out
    without = run("audit", "mood.safetensors", "rain.csv", "--text", "review", text=moods())
    assert without.code == 0
    assert "cross-entropy" not in without.out
    said = " ".join(without.out.split())
    assert "the output to within 1 %" in said or "the output is the same" in said
    assert "--label, or --target of numbers, names the right answers; without them" in said
    assert "lower with all of the past" not in said
    other = moods().replace(",up", ",odd")
    done = run("audit", "mood.safetensors", "rain.csv", *columns, text=other)
    assert done.code == 1
    assert "rain.csv, line 2: the model has not learnt the label 'odd'" in done.err


def test_a_text(run: Run) -> None:
    text = "the cat sat on the mat. " * 40
    run(
        "write",
        "rain.csv",
        "--updates",
        "3",
        "--hidden",
        "8",
        "--save",
        "text.safetensors",
        text=text,
    )
    done = run("audit", "text.safetensors", "rain.csv", text=text)
    assert done.code == 0
    assert "Usable memory: " in done.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("rain.safetensors", "none.csv"), 1, "none.csv"),
        (("none.safetensors", "rain.csv"), 1, "none.safetensors"),
        (("rain.csv", "rain.csv"), 1, "rain.csv"),
        (("rain.safetensors", "rain.csv", "--text", "x"), 2, "knows its columns, so leave --text"),
        (("rain.safetensors", "rain.csv", "--target", "x"), 2, "so leave --label or --target out"),
        (("rain.safetensors", "rain.csv", "--report", "no/a.html"), 2, "there is no folder no"),
        (("rain.safetensors", "rain.csv", "--report", "rain.csv"), 2, "is a file that is read"),
    ],
)
def test_wrong_use_and_bad_files(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    run("forecast", "rain.csv", "--horizon", "2", "--save", "rain.safetensors")
    done = run("audit", *words)
    assert done.code == code
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert done.out == ""


def test_rows_that_are_too_few_are_said_with_the_file(run: Run) -> None:
    run("forecast", "rain.csv", "--horizon", "2", "--save", "rain.safetensors")
    few = "\n".join(RAIN.splitlines()[:3])
    done = run("audit", "rain.safetensors", "rain.csv", text=few)
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("tidegate: rain.csv")


def test_the_report_in_the_terminal() -> None:
    text = audited.report(reported.audit("lstm", 1, 1))
    lines = text.splitlines()
    assert lines[0].startswith("Verdict: vanishing: of 40 days it uses 24")
    assert "  t+1 cannot depend on the newest 2 rows of all inputs" in lines
    assert any(
        line.startswith("1. an LSTM with chrono initialisation (--cell lstm): ") for line in lines
    )
    kept = [line.split() for line in lines if line.startswith(("         0 ", "        60 "))]
    assert kept[0][:2] == ["0", "1"]
    # 60 steps of 0.9 × 1.05, c being kept longest; its bar is shorter by 1.47 decades of six
    assert kept[1][:2] == ["60", f"{0.945**60:.3g}"]
    assert (len(kept[0][2]), len(kept[1][2])) == (32, 25)


def test_compare_forecasters(run: Run) -> None:
    words = ("--horizon", "2", "--updates", "3", "--seeds", "1", "--cells", "rnn,gru")
    done = run("compare", "rain.csv", *words, "--report", "cells.html")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[2].split()[:2] == ["cell", "units"]
    assert [line.split()[0] for line in lines[3:5]] == ["rnn", "gru"]
    assert lines[-1].startswith(("Use rnn: ", "Use gru: "))
    assert "which to use" in Path("cells.html").read_text("utf-8")


def test_compare_classifiers_as_json(run: Run) -> None:
    words = ("--text", "review", "--label", "mood", "--updates", "2", "--seeds", "1")
    done = run("compare", "rain.csv", *words, "--cells", "rnn,gru", "--json", text=moods())
    found = json.loads(done.out)
    assert [each["cell"] for each in found["contestants"]] == ["rnn", "gru"]
    assert found["unit"] == "sequences"


def cells_of(run: Run, text: str, *words: str, file: str = "table.csv") -> dict[str, Any]:
    common = ("--updates", "2", "--seeds", "1", "--cells", "rnn,gru", "--json")
    Path(file).write_text(text, "utf-8")
    done = run("compare", file, *words, *common)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    assert [each["cell"] for each in found["contestants"]] == ["rnn", "gru"]
    return found


def test_compare_regressors(run: Run) -> None:
    lines = [f"{i},{k},{i * k % 7}.5,{i}.25" for i in range(16) for k in range(6)]
    table = "\n".join(["engine,cycle,heat,hours", *lines])
    words = ("--task", "regress", "--id", "engine", "--time", "cycle", "--target", "hours")
    found = cells_of(run, table, *words)
    assert (found["loss"], found["unit"], found["observations"]) == (
        "squared error",
        "sequences",
        4,
    )
    stars = moods().replace(",up", ",1.5").replace(",down", ",4")
    found = cells_of(run, stars, "--task", "regress", "--text", "review", "--target", "mood")
    assert found["observations"] == 6


def test_compare_taggers(run: Run) -> None:
    sentence = "the\tD\ncat\tN\nsleeps\tV\n\na\tD\ndog\tN\n\n"
    found = cells_of(run, sentence * 10, "--task", "tag", file="tags.txt")
    assert (found["loss"], found["observations"]) == ("nats", 5)
    lines = [
        f"{i},{k},{(i * k) % 5 - 2},{'up' if (i * k) % 5 > 2 else 'down'}"
        for i in range(8)
        for k in range(6)
    ]
    table = "\n".join(["night,second,wave,stage", *lines])
    found = cells_of(
        run, table, "--task", "tag", "--id", "night", "--label", "stage", "--time", "second"
    )
    assert found["observations"] == 2


@pytest.mark.parametrize(("level", "step"), [("char", "character"), ("word", "word")])
def test_compare_language_models(run: Run, level: str, step: str) -> None:
    text = "the cat sat on the mat, and a dog saw it. " * 40
    found = cells_of(run, text, "--task", "write", "--level", level)
    assert (found["loss"], found["step"]) == ("nats a token", step)


def test_compare_says_what_is_wrong_with_a_file(run: Run) -> None:
    done = run("compare", "rain.csv", "--task", "write", text="a")
    assert done.code == 1
    assert done.err.startswith("tidegate: rain.csv: there is too little text")
    words = ("--task", "regress", "--id", "engine", "--target", "hours")
    done = run("compare", "rain.csv", *words, text="engine,heat,hours\n1,2,3\n1,2,x\n")
    assert done.code == 1
    assert "line 3" in done.err and len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cells", "rnn,nothing"), "expected some of gru, lstm, rnn, rnn_relu"),
        (("--cells", "rnn,rnn"), "expected some of"),
        (("--text", "review"), "--text is for --task classify, regress or tag, and this is"),
        (("--label", "rain", "--horizon", "3"), "--horizon is for --task forecast, and this is"),
        (("--level", "word"), "--level is for --task write, and this is forecast"),
        (("--task", "guess"), "expected one of forecast, classify, regress, tag, write"),
        (("--task", "classify"), "--task classify needs --label"),
        (("--task", "regress", "--label", "rain"), "--label is for --task classify or tag"),
        (("--task", "regress"), "--task regress needs --target"),
        (("--task", "tag", "--label", "rain"), "--label names a column; name its --id, too"),
        (("--task", "tag", "--id", "rain"), "name the column of its --label, too"),
        (("--report", "no/a.html"), "there is no folder no"),
    ],
)
def test_compare_used_wrongly(run: Run, words: tuple[str, ...], said: str) -> None:
    done = run("compare", "rain.csv", *words)
    assert done.code == 2
    assert said in done.err


def test_the_report_has_every_input_and_every_network() -> None:
    found = reported.audit("lstm", 1, 1)
    mean = np.full((2, 40, 3), np.nan)
    mean[0, 3, 0], mean[0, 5, 0], mean[0, 7, 1] = 0.5, 0.25, 0.125
    influence = replace(
        found.influence, mean=mean, once=("size",), once_mean=np.array([[2.0], [0]])
    )
    rates = tuple(replace(rate, networks=(0.5, 0.75)) for rate in found.rate)
    text = audited.report(replace(found, rows=6, networks=2, influence=influence, rate=rates))
    assert "is left, in steps of 6 days; each" in text
    assert "in each of 2 networks" in text and "0.5 to 0.75" in text
    lines = [line.split() for line in text.partition("Where each input")[2].splitlines()[:6]]
    assert ["mm", "3", "0.5"] in lines and ["size", "any", "2"] in lines
    assert ["temperature", "not", "known"] in lines


def test_the_report_says_which_fixes_the_commands_have_and_shows_the_usable_memory() -> None:
    found = reported.audit("rnn", 1, 1)
    fixes = (
        Fix("an LSTM with chrono initialisation", "why", {"cell": "lstm", "init.chrono": 9}),
        Fix("an LSTM", "why", {"cell": "lstm"}),
    )
    context = np.unique([*(2**k for k in range(14)), 97, 10_000])
    score = np.linspace(1, 0, len(context))
    memory = replace(found.memory, context=context, score=score, usable=97)
    text = audited.report(replace(found, fixes=fixes, memory=memory))
    assert "1. an LSTM with chrono initialisation (in Python): why" in text
    assert "2. an LSTM (--cell lstm): why\nIn Python, audit.try_fixes() trains each" in text
    assert any(line.split()[:1] == ["97"] for line in text.splitlines())

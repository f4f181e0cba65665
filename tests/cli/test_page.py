"""tidegate forecast --report: a page beside what the command says anyway."""

from __future__ import annotations

import os
from pathlib import Path

from commands import Run


def test_a_page_is_written_and_nothing_else_changes(run: Run) -> None:
    plain = run("forecast", "rain.csv")
    done = run("forecast", "rain.csv", "--report", "rain.html")
    assert (done.code, done.out) == (0, plain.out)
    html = Path("rain.html").read_text("utf-8")
    assert "<title>rain: the next 7 days</title>" in html
    verdict = plain.out.splitlines()[-1].removeprefix("Verdict: GRU ").split(". ")[0]
    assert verdict in html.replace("\N{NO-BREAK SPACE}", " ")
    assert "What the network remembers" in html and "unfolded over time" in html
    assert "newest days that are seen" in html
    assert sorted(os.listdir()) == ["rain.csv", "rain.html"]


def test_of_a_saved_model(run: Run) -> None:
    run("forecast", "rain.csv", "--save", "rain.safetensors")
    assert run("forecast", "--model", "rain.safetensors", "--report", "rain.html").code == 0
    assert "How such forecasts did" not in Path("rain.html").read_text("utf-8")


def test_too_few_rows_to_judge(run: Run) -> None:
    few = "\n".join(["t,y", *(f"{i},{i * i % 5}" for i in range(6))])
    done = run("forecast", "rain.csv", "--horizon", "2", "--report", "rain.html", text=few)
    assert done.code == 0
    assert "<strong>No verdict</strong>" in Path("rain.html").read_text("utf-8")


def test_a_rule_remembers_nothing_that_could_be_told(run: Run) -> None:
    done = run("forecast", "rain.csv", "--auto", "--report", "rain.html")
    assert done.code == 0
    html = Path("rain.html").read_text("utf-8")
    assert ("Not known: this forecaster picked" in html) != ("unfolded over time" in html)


def test_a_place_that_cannot_be_written_is_said_first(run: Run) -> None:
    done = run("forecast", "rain.csv", "--report", "nowhere/rain.html")
    assert done.code == 2
    assert done.err == (
        "tidegate: --report nowhere/rain.html: there is no folder nowhere; make it first\n"
    )
    assert run("forecast", "rain.csv", "--report", "rain.csv").code == 2

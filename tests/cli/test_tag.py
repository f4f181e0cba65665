"""tidegate tag, and what predict says of its models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import tidegate
from commands import SENTENCES, SHORT, STEPS, WALK, Run, rows


def test_tokens_are_tagged(run: Run) -> None:
    Path("tokens.txt").write_text(SENTENCES)
    done = run("tag", "tokens.txt", *SHORT, "--save", "tags.tg")
    assert done.code == 0, done.err
    assert "2 sequences of 6 steps" in done.out
    assert "each word alone  100.0 %" in done.out
    Path("new.txt").write_text("\nthe\ndog\n\n\nsleeps\n")
    found = rows(run("predict", "tags.tg", "new.txt").out)
    assert [(row["line"], row["step"], row["token"]) for row in found] == [
        ("2", "1", "the"),
        ("2", "2", "dog"),
        ("6", "1", "sleeps"),
    ]
    expected = tidegate.load("tags.tg").predict([["the", "dog"], ["sleeps"]])
    assert [row["label"] for row in found] == np.concatenate(expected).tolist()


def test_texts_of_a_table_are_tagged(run: Run) -> None:
    Path("tokens.txt").write_text(SENTENCES)
    run("tag", "tokens.txt", *SHORT, "--save", "tags.tg")
    Path("new.csv").write_text("id,sentence\n1,the dog\n2,sleeps\n")
    found = rows(run("predict", "tags.tg", "new.csv", "--text", "sentence").out)
    assert [(row["line"], row["step"], row["token"]) for row in found] == [
        ("2", "1", "the"),
        ("2", "2", "dog"),
        ("3", "1", "sleeps"),
    ]


def test_numbers_with_commas_are_tokens(run: Run) -> None:
    Path("tokens.txt").write_text(SENTENCES)
    run("tag", "tokens.txt", *SHORT, "--save", "tags.tg")
    Path("one.txt").write_text("1,000\n")
    assert [row["token"] for row in rows(run("predict", "tags.tg", "one.txt").out)] == ["1,000"]
    Path("tabs.txt").write_text("1,000\tNUM\n,\tPUNCT\n")
    tagged = rows(run("predict", "tags.tg", "tabs.txt").out)
    assert [row["token"] for row in tagged] == ["1,000", ","]


def test_steps_of_a_table_are_tagged(run: Run) -> None:
    table = STEPS.replace("activity", "stage")
    Path("steps.csv").write_text(table)
    named = ("--id", "run", "--time", "second")
    done = run("tag", "steps.csv", *named, "--label", "stage", *SHORT, "--save", "m.tg")
    assert done.code == 0, done.err
    assert "each step alone" in done.out
    head, *lines = table.split("\n")
    Path("backwards.csv").write_text("\n".join([head, *lines[::-1]]))
    found = rows(run("predict", "m.tg", "backwards.csv").out)
    places = [(row["run"], row["second"]) for row in found]
    assert sorted(places) == sorted((str(run), str(second)) for run, second, *_ in WALK)
    assert places[:2] == [(str(WALK[-1][0]), "0"), (str(WALK[-1][0]), "1")]
    hasty = run("predict", "m.tg", "backwards.csv", "--id", "run")
    assert hasty.err.startswith("--id run came without --time: steps go in the order of the file, ")
    assert hasty.err.endswith("learnt from them in that of 'second'\n")
    Path("renamed.csv").write_text(table.replace("second", "label"))
    renamed = rows(run("predict", "m.tg", "renamed.csv", "--id", "run", "--time", "label").out)
    assert {row["step"] for row in renamed} == {row["second"] for row in found}
    words = table.replace("0.", "w0.")
    Path("words.csv").write_text(words)
    done = run("tag", "words.csv", *named, "--text", "x", "--label", "stage", *SHORT)
    assert done.code == 0, done.err
    assert "each word alone" in done.out


def test_tags_of_another_file(run: Run) -> None:
    Path("tokens.txt").write_text(SENTENCES)
    Path("other.txt").write_text("a\tDET\ncat\tNOUN\n\nthe\tDET\nruns\tVERB\n")
    done = run("tag", "tokens.txt", *SHORT, "--test", "other.txt")
    assert done.code == 0, done.err
    assert "Learnt from 10 sequences; 2 sequences of 4 steps, of other.txt, to judge:" in done.out

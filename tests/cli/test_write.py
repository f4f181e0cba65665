"""tidegate write, from its words to its exit code, in this process."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

import tidegate
from commands import Run
from grammar import sentences
from tidegate.train.run import Run as TrainingRun

TEXT = "\n".join(sentences(400, seed=0))
SHORT = ("--updates", "5", "--hidden", "8")


@pytest.fixture(autouse=True)
def corpus(run: Run) -> None:
    Path("corpus.txt").write_text(TEXT)


def test_it_writes_on_and_says_how_well(run: Run) -> None:
    done = run("write", "corpus.txt", *SHORT, "--prompt", "the cat", "--length", "30")
    assert done.code == 0
    assert done.out.startswith("the cat")
    assert len(done.out) == len("the cat") + 30 + 1
    assert "On its last" in done.err
    assert "counts of 6" in done.err
    # five updates teach less than counting
    assert "Verdict: LSTM is worse than counts of" in done.err
    again = run("write", "corpus.txt", *SHORT, "--prompt", "the cat", "--length", "30")
    assert again.out == done.out
    other = run(
        "write", "corpus.txt", *SHORT, "--prompt", "the cat", "--length", "30", "--seed", "4"
    )
    assert other.out != done.out


def test_a_model_that_was_kept_writes_the_same(run: Run) -> None:
    words = ("--length", "9", "--seed", "3")
    level = ("--level", "word", "--cell", "gru")
    first = run("write", "corpus.txt", *SHORT, *level, *words, "--save", "kept.tg")
    again = run("write", "--model", "kept.tg", *words)
    assert (again.code, again.out, again.err) == (0, first.out, "")
    model = tidegate.load("kept.tg")
    assert isinstance(model, tidegate.LanguageModel)
    assert model.level == "word"


def test_json_and_files(run: Run) -> None:
    done = run("write", "corpus.txt", *SHORT, "--length", "9", "--json", "--out", "found.json")
    assert (done.code, done.out) == (0, "")
    data = json.loads(Path("found.json").read_text())
    assert len(data["text"]) == 9
    assert data["judged"]["verdict"].startswith(("beats", "no better than", "worse than"))
    assert set(data["judged"]["nats"]) == {"LSTM", "counts of 1", "counts of 3", "counts of 6"}
    run("write", "corpus.txt", *SHORT, "--length", "9", "--out", "text.txt")
    assert Path("text.txt").read_text() == data["text"] + "\n"


@pytest.mark.parametrize(
    ("level", "known"),
    [
        ("char", "4 different characters"),  # a, b, the blank and the end of the line
        ("word", "2 different words"),
    ],
)
def test_how_many_tokens_a_text_has(run: Run, level: str, known: str) -> None:
    Path("two.txt").write_text("a b " * 200)
    done = run("write", "two.txt", *SHORT, "--level", level, "--length", "1")
    assert f"Learnt a text of {known}. " in done.err


def test_ctrl_c_is_exit_code_130_and_writes_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = TrainingRun.update

    def pressed(self: TrainingRun) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return update(self)

    monkeypatch.setattr(TrainingRun, "update", pressed)
    done = run("write", "corpus.txt", *SHORT, "--out", "text.txt", "--save", "kept.tg")
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[-1] == "tidegate: stopped by Ctrl-C"
    assert set(os.listdir()) == {"corpus.txt", "rain.csv"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("write",), 2, "give a FILE to learn from, or a --model that has learnt;"),
        (("write", "a.txt", "--model", "a"), 2, "or a --model that has learnt, not both;"),
        (("write", "--model", "a", "--hidden", "3"), 2, "--hidden is for learning"),
        (("write", "none.txt"), 1, "none.txt: there is no such file; check the path"),
        (("write", "--model", "none.tg"), 1, "none.tg does not exist; check the name"),
        (("write", "--model", "corpus.txt"), 1, "corpus.txt"),
        (("write", "corpus.txt", "--length", "-1"), 2, "expected a whole number from 0 up"),
        (("write", "corpus.txt", "--temperature", "-1"), 2, "temperature must be at least 0"),
        (("write", "corpus.txt", "--top-p", "0"), 2, "top_p must be above 0 and at most 1"),
        (("write", "corpus.txt", "--level", "page"), 2, "page"),
        (("write", "corpus.txt", "--save", "."), 2, "--save '.' is a folder"),
        (("write", "empty.txt"), 1, "empty.txt: the file is empty; expected text to learn from"),
        (("write", "binary.txt"), 1, "binary.txt, line 1: holds the byte 0x00, so this is no text"),
        (("write", "short.txt", *SHORT), 1, "short.txt: the text is too short to hold its end out"),
    ],
)
def test_what_is_refused(run: Run, words: tuple[str, ...], code: int, message: str) -> None:
    Path("empty.txt").write_text(" \n")
    Path("binary.txt").write_bytes(b"a\x00b")
    Path("short.txt").write_text("ab")
    done = run(*words)
    assert done.code == code
    assert message in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_a_long_line_is_no_fault_of_a_text(run: Run) -> None:
    Path("long.txt").write_text("ab" * 60_000)
    assert run("write", "long.txt", "--updates", "2", "--hidden", "4", "--length", "3").code == 0

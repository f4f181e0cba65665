"""A reader that goes away, as ``head`` does, is no error."""

from __future__ import annotations

import os
import sys
import warnings

import pytest
import typer

from tidegate.cli import main
from tidegate.cli.exits import exit_codes
from tidegate.train.watch import GradientWarning


def test_a_closed_pipe_is_left_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        with exit_codes():
            print("to nobody")
        print("and again, as Python does at its end", flush=True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is always full is Linux's")
@pytest.mark.parametrize("length", [3, 100_000])
def test_a_full_disk_behind_stdout_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], length: int
) -> None:
    """Whether the text waits for the last flush, or is written while the command runs."""
    with open("/dev/full", "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        with pytest.raises(typer.Exit) as raised, exit_codes():
            stream.write("x" * length)
    assert raised.value.exit_code == 1
    assert capfd.readouterr().err == (
        "tidegate: stdout: No space left on device; check the space on the disk\n"
    )


@pytest.mark.parametrize("closed", ["stdin", "stdout", "stderr"])
def test_what_is_closed_is_nowhere(monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    """Python has None for it."""
    monkeypatch.setattr(f"sys.{closed}", None)
    with pytest.raises(SystemExit) as told:
        main(["forecast", "-" if closed == "stdin" else "there is none.csv"])
    getattr(sys, closed).close()
    assert told.value.code == 1


def test_signs_that_a_terminal_lacks_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="ascii") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        with exit_codes():
            print("█ 5")
    with os.fdopen(reader) as stream:
        assert stream.read() == "? 5\n"


def test_a_warning_of_ours_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    others: list[str] = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *rest: others.append(str(message)))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with exit_codes():
            warnings.warn("the gradient vanishes", GradientWarning, stacklevel=1)
            warnings.warn("of somebody else", UserWarning, stacklevel=1)
        warnings.warn("after it", GradientWarning, stacklevel=1)
    assert capfd.readouterr().err == "tidegate: the gradient vanishes\n"
    assert others == ["of somebody else", "after it"]

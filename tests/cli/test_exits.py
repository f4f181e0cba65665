"""A reader that goes away, as ``head`` does, is no error."""

from __future__ import annotations

import os
import warnings

import pytest

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

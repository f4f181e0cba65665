"""Ctrl-C ends a command that learns, in whichever of its trainings it comes."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from commands import SHORT, Run
from tidegate.network.threads import get_threads, set_threads
from tidegate.sequence.learn import Learner


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("which", [1, 3, 5])
def test_no_report_of_what_ctrl_c_has_ended(
    run: Run, monkeypatch: pytest.MonkeyPatch, which: int, threads: int
) -> None:
    """Three networks, then two that others are held out from, which say how sure they may be."""

    def pressed(self: Learner, *words: Any) -> Any:
        calls.append(signal.raise_signal(signal.SIGINT) if len(calls) == which - 1 else None)
        return learn(self, *words)

    calls: list[None] = []
    learn, before = Learner.learn, get_threads()
    monkeypatch.setattr(Learner, "learn", pressed)
    lines = [f"{i},{i % 3},{-i},{'odd' if i % 2 else 'even'}" for i in range(60)]
    Path("wide.csv").write_text("\n".join(["a,b,c,kind", *lines]))
    set_threads(threads)
    done = run("classify", "wide.csv", "--label", "kind", *SHORT, "--save", "m.tg", "--out", "r")
    set_threads(before)
    assert (done.code, done.out) == (130, "")
    assert not Path("m.tg").exists() and not Path("r").exists()

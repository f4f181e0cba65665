"""Reports say where a run is; the bar shows them on a terminal, and nothing anywhere else."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import Any

import pytest

from runs import held, run, settings
from tidegate.train import Report, progress
from tidegate.train.progress import Pace, listener

VALIDATION = held(30, first=60)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(progress.time, "perf_counter", lambda: self.now)


def test_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    seen: list[Report] = []
    _, history = run(validation=VALIDATION, progress=seen.append)
    # 3 updates and the epoch's end, 4 times
    assert [report.update for report in seen] == [
        1,
        2,
        3,
        3,
        4,
        5,
        6,
        6,
        7,
        8,
        9,
        9,
        10,
        11,
        12,
        12,
    ]
    assert [report.epoch for report in seen] == [e for e in (1, 2, 3, 4) for _ in range(4)]
    assert {report.updates for report in seen} == {12}
    assert [r.loss for r in seen] == [history.loss[r.update - 1] for r in seen]
    losses = [None, *(epoch.validation for epoch in history.epochs)]
    assert [r.validation for r in seen] == [losses[(k + 1) // 4] for k in range(16)]
    assert all(report.sequences_per_second > 0 for report in seen)
    assert seen[-1].seconds_left == 0


def test_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    seen: list[Report] = []
    pace = Pace(seen.append, done=10, total=30)  # resumed after 10 updates
    for done in range(11, 16):
        clock.now += 2.0
        pace.update(32, 1, done, 0.5, None)
    assert seen[-1].sequences_per_second == pytest.approx(32 / 2)
    assert seen[-1].seconds_left == pytest.approx(15 * 2)


def test_not_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    seen: list[Report] = []
    pace = Pace(seen.append, done=0, total=1000)
    for done in range(1, 1001):
        clock.now += 0.001
        pace.update(1, 1, done, 0.5, None)
    assert 9 <= len(seen) <= 11
    pace.update(0, 1, 1000, 0.5, None)
    pace.update(0, 1, 1000, 0.5, None)
    assert 11 <= len(seen) <= 13, "the end of an epoch is always told"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(progress, "EVERY", 0.0)
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    _, history = run(validation=VALIDATION)
    text = screen.getvalue()
    assert "epoch 4" in text
    assert f"loss {history.loss[-1]:.4g}" in text
    assert f"validation {history.epochs[-1].validation:.4g}" in text
    assert "sequences/s" in text
    assert "0:00 left" in text
    assert "\x1b[?25h" in text, "the cursor is shown again"


@pytest.mark.parametrize("asked", [None, False])
def test_silent_elsewhere(asked: bool | None, capfd: pytest.CaptureFixture[str]) -> None:
    run(validation=VALIDATION, progress=asked)
    assert capfd.readouterr() == ("", "")


def test_silent_without_any_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with listener(None) as tell:
        assert tell is None


def test_a_bar_that_is_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    run(chosen=settings(epochs=1), progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "sequences/s" in err


def test_the_bar_goes_away_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with pytest.raises(ZeroDivisionError), listener(None) as tell:
        assert tell is not None
        tell(Report(1, 1, 2, 0.5, None, 10.0, 1.0))
        raise ZeroDivisionError
    assert "\x1b[?25h" in screen.getvalue()


def test_rich_is_imported_for_the_bar_alone() -> None:
    code = (
        "import sys, tidegate.train.progress as p\n"
        "with p.listener(None): pass\n"
        "print('rich' in sys.modules)"
    )
    done: Any = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3600, "1:00:00")]
)
def test_time_left(seconds: float, text: str) -> None:
    line = progress._numbers(Report(1, 1, 2, 0.5, None, 10.0, seconds))
    assert line == f"loss 0.5, 10 sequences/s, {text} left"

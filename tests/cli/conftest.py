"""Commands run in this process, in an empty folder, and learn next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commands import RAIN, Done
from tidegate.cli import main
from tidegate.forecast import plan


@pytest.fixture(autouse=True)
def short_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested here is not how well it learns."""
    monkeypatch.setattr(plan.Training, "updates_for", lambda self, rows, covariates=0: 3)


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Done]:
    """Runs the command in an empty folder; ``text`` becomes the file rain.csv there."""
    monkeypatch.chdir(tmp_path)

    def runs(*words: str, text: str | bytes = RAIN) -> Done:
        Path("rain.csv").write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(SystemExit) as caught:
            main(words)
        out, err = capsys.readouterr()
        code = caught.value.code
        assert isinstance(code, int)
        return Done(code, out, err)

    return runs

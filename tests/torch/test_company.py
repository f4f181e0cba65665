"""Two real processes, and one that is killed: torchrun starts and restarts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tidegate as tg
from tidegate.errors import ArgumentError

pytest.importorskip("torch")
PROGRAM = """
import os, signal, sys
import numpy as np
import tidegate as tg
from tidegate.torch import parallel
from tidegate.sequence.training import Training

folder, out, kill = sys.argv[1:]
random = np.random.default_rng(0)
X = [np.sin(np.arange(12) * f) + 0.1 * random.normal(size=12) for f in np.linspace(0.3, 2.2, 41)]
y = ["slow"] * 20 + ["fast"] * 21


def tell(report):
    if os.environ["RANK"] == "1" and report.update >= 25 and not os.path.exists(kill):
        open(kill, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)


with parallel(folder or None, every=10) as shared:
    training = Training(updates=40, members=2)
    model = tg.SequenceClassifier(hidden=8, training=training, random_state=0)
    model.fit(X, y, progress=tell if kill else False)
    model.save(f"{out}-{shared.company.rank}")
"""


def torchrun(folder: Path, *args: str, processes: int = 2) -> subprocess.CompletedProcess[str]:
    """Waits for a program that torchrun starts; a free port is found by torchrun itself."""
    # without the second, most restarts with gloo hang in the store
    given = {"OMP_NUM_THREADS": "1", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            f"--nproc-per-node={processes}",
            "--rdzv-backend=c10d",
            "--rdzv-endpoint=localhost:0",
            "--max-restarts=1",
            *args,
        ],
        cwd=folder,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=240,
    )


def learn(
    folder: Path, name: str, processes: int, checkpoints: str = "", kill: str = ""
) -> list[bytes]:
    """The model files of the processes."""
    (folder / "program.py").write_text(PROGRAM)
    done = torchrun(folder, "program.py", checkpoints, name, kill, processes=processes)
    assert done.returncode == 0, done.stderr
    return [(folder / f"{name}-{rank}").read_bytes() for rank in range(processes)]


def test_two_processes_learn_what_one_does_and_survive_a_kill(tmp_path: Path) -> None:
    one = learn(tmp_path, "one", 1)
    two = learn(tmp_path, "two", 2)
    assert two[0] == two[1]
    alone, shared = (tg.load(tmp_path / name) for name in ("one-0", "two-0"))
    x = [np.sin(np.arange(9) * f) for f in (0.4, 1.0, 2.0)]
    np.testing.assert_allclose(shared.predict_proba(x), alone.predict_proba(x), atol=1e-4)
    assert one[0] != two[0]  # else the second would have been no sum of parts
    # process 1 is killed in its second run; the same bits are another run's as well
    killed = learn(tmp_path, "killed", 2, "checkpoints", "was-killed")
    assert (tmp_path / "was-killed").exists()
    assert killed == two


def test_the_command_shares_any_training(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i % 7 + i / 100}\n" for i in range(120))
    (tmp_path / "week.csv").write_text("day,value\n" + rows)
    done = torchrun(
        tmp_path,
        *("-m", "tidegate", "fit", "--checkpoints", "kept"),
        *("forecast", "week.csv", "--horizon", "7", "--json", "--save", "week.safetensors"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"forecast"') == 1  # one process reports
    assert (tmp_path / "kept" / "run-1.safetensors").exists()
    assert len(tg.load(tmp_path / "week.safetensors").predict()) == 7


def test_outside_of_torchrun_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from tidegate.torch import parallel

    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(ArgumentError, match="torchrun"), parallel():
        pass
    with pytest.raises(ArgumentError, match="every must be"), parallel(every=0):
        pass

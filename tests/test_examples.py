"""Every script in examples/ runs, without a warning, and prints what its reader is meant to see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
PRINTS = {
    "adding_problem.py": "remembering nothing costs 0.167",
    "agreement_audit.py": "tells cat from cats",
    "forecast_rain.py": "GRU-hi-80",
    "gradients_by_v.py": "0.2^50 = 1.1259e-35: found 1.1259e+15",
    "layers_as_arrays.py": "step by step gives the same bits: True",
    "long_memory.py": "lecture's sentences",
    "rain_audit.py": "the cost of chance and amount to within 1 %",
}
SHORT = {name: ["--updates", "30"] for name in ("agreement_audit.py", "long_memory.py")}
"""What makes a long one short; it then shows how, and not what."""


def test_each_example_is_listed() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PRINTS)


@pytest.mark.parametrize("name", PRINTS)
def test_example_runs(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / name, *SHORT.get(name, [])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert PRINTS[name] in done.stdout

"""Every instruction set that this processor runs: the same answers, and the same promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tidegate import _core

HERE = Path(__file__).parent
# Compact, but through every cell, readout, loss and input. The set in use is tested by the rest.
CHECKS = [
    "conformance/test_bits.py",
    "network/test_network.py",
    "network/test_layers_calls.py",
]


def run(isa: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, "TIDEGATE_ISA": isa},
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("isa", [isa for isa in _core.isas() if isa != _core.isa()])
def test_core_of(isa: str) -> None:
    named = run(isa, "-c", "from tidegate import _core; print(_core.isa())")
    assert named.stdout.strip() == isa, named.stderr
    files = [str(HERE.parent / name) for name in CHECKS]
    done = run(isa, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *files)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("isa", ["avx1024", "AVX2", " "])
def test_a_wrong_name_is_one_clear_line(isa: str) -> None:
    done = run(isa, "-c", "import tidegate as tg; tg.LSTM(1, 1)")
    assert done.returncode == 1
    *_, last = done.stderr.strip().splitlines()
    names = ", ".join(reversed(_core.isas()))
    assert last == (
        f"ImportError: TIDEGATE_ISA is '{isa}', which this processor or build cannot run; "
        f"set it to one of {names}, or unset it"
    )


def test_the_fastest_is_the_default() -> None:
    done = run("", "-c", "from tidegate import _core; print(_core.isa())")
    assert done.stdout.strip() == _core.isas()[-1]

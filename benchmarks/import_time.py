"""Milliseconds that an import takes, beyond starting Python.

python benchmarks/import_time.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from pairing import machine, report

IMPORTS = {
    "tidegate": "import tidegate",
    "tidegate, its layers": "import tidegate; tidegate.LSTM",
    "tidegate, its forecaster": "import tidegate; tidegate.Forecaster",
    "numpy": "import numpy",
    "torch": "import torch",
}
ROUNDS = 15


def main() -> None:
    about = machine("numpy", "torch")
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for name, code in IMPORTS.items():
        milliseconds(code)  # fills the disk's cache and the byte code's
        for _ in range(ROUNDS):
            times[name].append(milliseconds(code) - milliseconds("pass"))
    rows: list[dict[str, object]] = [
        {"import": name, "ms": statistics.median(found)} for name, found in times.items()
    ]
    report("import_time", about, rows)


def milliseconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - start) * 1e3


if __name__ == "__main__":
    main()

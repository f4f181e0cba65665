"""Two sides timed in one process, turn by turn, and the report that is saved.

Clocks drift by a third on shared machines. Hence ratios: each pair times both sides within
milliseconds of each other, and the median of the pairs' ratios is what is reported.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Pairing:
    """What `paired` measured: median seconds of a call on each side, and the pairs' ratios."""

    ours: float
    theirs: float
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times faster ours is: the median over the pairs."""
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The lower and the upper quartile of the ratios."""
        low, _, high = statistics.quantiles(self.ratios, n=4)
        return low, high


def paired(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    pairs: int = 21,
    sample: float = 0.02,
) -> Pairing:
    """Times both sides in turn; which goes first alternates.

    A sample is as many calls as take about `sample` seconds. Before each there is a pause, in which
    the other side's workers, which spin on for a while, go to sleep; and a call that is not timed,
    which warms the caches.
    """
    times: dict[Callable[[], object], list[float]] = {ours: [], theirs: []}
    calls = {side: max(1, math.ceil(sample / seconds(side, 3))) for side in times}
    for pair in range(pairs):
        for side in (ours, theirs) if pair % 2 else (theirs, ours):
            time.sleep(0.01)
            side()
            times[side].append(seconds(side, calls[side]))
    ratios = tuple(b / a for a, b in zip(times[ours], times[theirs], strict=True))
    return Pairing(statistics.median(times[ours]), statistics.median(times[theirs]), ratios)


def seconds(call: Callable[[], object], calls: int) -> float:
    """Mean seconds of a call over `calls` calls."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def machine(*packages: str) -> dict[str, str]:
    """The processor, the versions and the load, as text."""
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in fields.items()}
    except OSError:
        fields = {}
    flags = fields.get("flags", "").split()
    return {
        "processor": fields.get("model name", platform.processor() or platform.machine()),
        "family, model": f"{fields.get('cpu family', '?')}, {fields.get('model', '?')}",
        "cores": str(len(os.sched_getaffinity(0))),
        "vectors": " ".join(f for f in ("avx2", "fma", "avx512f") if f in flags),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "packages": ", ".join(
            f"{name} {metadata.version(name)}" for name in ("tidegate", *packages)
        ),
        "commit": _commit(),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "date": time.strftime("%Y-%m-%d"),
    }


def report(
    name: str,
    about: Mapping[str, str],
    rows: Sequence[Mapping[str, object]],
    notes: Sequence[str] = (),
) -> None:
    """Prints the table, and saves it as results/<name>.txt and .json."""
    columns = list(rows[0])
    cells = [columns, *([_text(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    lines = [f"{key}: {value}" for key, value in about.items()]
    lines += [
        "",
        *("  ".join(t.rjust(w) for t, w in zip(line, widths, strict=True)) for line in cells),
    ]
    lines += ["", *notes] if notes else []
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.txt").write_text(text, encoding="utf-8")
    saved = {"machine": dict(about), "rows": [dict(row) for row in rows], "notes": list(notes)}
    (RESULTS / f"{name}.json").write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


def _text(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"

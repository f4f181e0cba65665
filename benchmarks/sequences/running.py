"""What the scripts of this folder share: a model at its defaults for three seeds, and its line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairing import RESULTS, machine, paired, report

__all__ = ["SEEDS", "each_seed", "finish", "of_classes", "of_steps", "paired"]

SEEDS = (0, 1, 2)


def each_seed(
    data: str,
    fit: Callable[[int], Any],
    score: Callable[[Any], Mapping[str, float]],
    seeds: int = len(SEEDS),
) -> list[dict[str, object]]:
    """A line for each seed, and one of their means."""
    rows: list[dict[str, object]] = []
    for seed in SEEDS[:seeds]:
        begun = time.perf_counter()
        model = fit(seed)
        spent = time.perf_counter() - begun
        scores = {name: round(value, 4) for name, value in score(model).items()}
        rows.append({"data": data, "which": f"seed {seed}", **scores, "seconds": round(spent, 1)})
        print(rows[-1], flush=True)
    mean: dict[str, object] = {"data": data, "which": "mean"}
    for name, value in rows[0].items():
        if isinstance(value, float):
            mean[name] = round(float(np.mean([row[name] for row in rows])), 4)  # type: ignore[arg-type]
    return [*rows, mean]


def finish(
    name: str,
    rows: Sequence[Mapping[str, object]],
    notes: Sequence[str] = (),
    packages: Sequence[str] = ("numpy", "scikit-learn"),
) -> None:
    """Prints the lines, and saves them beside those of other data in results/sequences_NAME."""
    path = RESULTS / f"sequences_{name}.json"
    before = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    now = {row["data"] for row in rows}
    full = [*(row for row in before if row["data"] not in now), *rows]
    columns = list(dict.fromkeys(key for row in full for key, v in row.items() if v != ""))
    shown = [{key: row.get(key, "") for key in columns} for row in full]
    report(f"sequences_{name}", machine(*packages), _four(shown), notes)


def _four(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Scores to four digits; seconds to one."""
    return [
        {
            k: (f"{v:.1f}" if k == "seconds" else f"{v:.4f}") if isinstance(v, float) else v
            for k, v in row.items()
        }
        for row in rows
    ]


def of_classes(x_test: Any, y_test: np.ndarray) -> Callable[[Any], dict[str, float]]:
    """Accuracy, and how true the chances are: the mean loss, and the error of calibration."""

    return lambda model: _told(model, model.predict_proba(x_test), y_test)


def of_steps(x_test: Any, y_test: list[list[str]]) -> Callable[[Any], dict[str, float]]:
    """The same of the labels of all steps."""
    truth = np.concatenate([np.array(labels) for labels in y_test])
    return lambda model: _told(model, np.concatenate(model.predict_proba(x_test)), truth)


def _told(model: Any, chances: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    number = np.searchsorted(model.classes_, truth)
    right = chances.argmax(axis=1) == number
    loss = -np.log(np.maximum(chances[np.arange(len(chances)), number], 1e-12)).mean()
    sure = chances.max(axis=1)
    bins = np.minimum((sure * 10).astype(int), 9)
    error = sum(
        abs(float(right[bins == b].mean() - sure[bins == b].mean())) * float((bins == b).mean())
        for b in np.unique(bins)
    )
    return {"accuracy": float(right.mean()), "loss": float(loss), "ECE": error}

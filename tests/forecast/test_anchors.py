"""Baselines on long series with many windows: lines computed from the same files before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from competitions import DATA
from tidegate.forecast.baselines import Panel, quantiles

HALF = np.array([0.5])


def read(name: str, skip: int, columns: slice) -> np.ndarray:
    """``[rows, columns]``; skips the test where the file is absent."""
    file = DATA / name
    if not Path(file).exists():
        pytest.skip(f"{name} is not in {DATA}; set TIDEGATE_DATA")
    table = np.genfromtxt(file, delimiter=",", skip_header=skip)
    return table[:, columns]


def forecast(
    name: str, table: np.ndarray, known: int, cut: np.ndarray, horizon: int, season: int
) -> np.ndarray:
    """``[columns, cuts, horizon]``, each column a series."""
    rows, count = table.shape
    whole = Panel(
        table.T.ravel(), np.arange(count) * rows, np.full(count, rows), np.full(count, known)
    )
    which, cuts = np.repeat(np.arange(count), len(cut)), np.tile(cut, count)
    found = quantiles(name, whole, which, cuts, horizon, season, HALF)
    return found[..., 0].reshape(count, len(cut), horizon)


@pytest.mark.parametrize(
    ("horizon", "line"), [(3, 0.0171), (6, 0.0238), (12, 0.0329), (24, 0.0434)]
)
def test_no_change_of_exchange_rates(horizon: int, line: float) -> None:
    table = read("exchange_rate/exchange_rate.txt.gz", 0, slice(None))
    rows = len(table)
    target = np.arange(int(0.6 * rows) + int(0.2 * rows), rows)
    found = forecast("naive", table, target[0], target - horizon + 1, horizon, 1)[..., -1]
    actual = table.T[:, target]
    # root relative squared error, as LSTNet has it
    error = np.sqrt(((actual - found) ** 2).sum() / ((actual - actual.mean()) ** 2).sum())
    assert error == pytest.approx(line, abs=1e-4)


def test_the_day_before_of_etth1() -> None:
    table = read("ett/ETTh1.csv.gz", 1, slice(1, None))[:14400]
    table = (table - table[:8640].mean(axis=0)) / table[:8640].std(axis=0)
    cut = np.arange(11520, 14400 - 96 + 1)
    found = forecast("seasonal naive", table, 8640, cut, 96, 24)
    actual = table.T[:, cut[:, None] + np.arange(96)]
    assert ((actual - found) ** 2).mean() == pytest.approx(0.512, abs=5e-4)

"""Series of the M3 and M4 competitions, for tests that skip where the data is not there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

DATA = Path(os.environ.get("TIDEGATE_DATA", "../shared/data"))
PROTOCOL = {
    "m4_hourly": (48, 24),
    "m3/monthly": (18, 12),
    "m3/quarterly": (8, 4),
    "m3/yearly": (6, 1),
    "m3/other": (8, 1),
}
"""Horizon and season."""


@dataclass(frozen=True)
class Competition:
    """n series, each with the rows of its test part at its end."""

    values: np.ndarray
    start: np.ndarray
    length: np.ndarray
    known: np.ndarray
    """``[n]``, rows of the training part."""
    horizon: int
    season: int

    @classmethod
    def read(cls, name: str) -> Competition:
        """Skips the test where the files are absent."""
        horizon, season = PROTOCOL[name]
        prefix = DATA / name
        files = [
            prefix / f"{part}.csv.gz" if prefix.is_dir() else Path(f"{prefix}_{part}.csv.gz")
            for part in ("train", "test")
        ]
        if not all(file.exists() for file in files):
            pytest.skip(f"{name} is not in {DATA}; set TIDEGATE_DATA")
        parts = [
            pl.read_csv(file, schema_overrides={"y": pl.Float64}).with_columns(part=pl.lit(i))
            for i, file in enumerate(files)
        ]
        rows = pl.concat(parts).sort("unique_id", "part", "ds")
        each = rows.group_by("unique_id", maintain_order=True).agg(
            length=pl.len(), known=(pl.col("part") == 0).sum()
        )
        length, known = (each[name].to_numpy().astype(np.int64) for name in ("length", "known"))
        assert (length - known == horizon).all()
        return cls(rows["y"].to_numpy(), np.cumsum(length) - length, length, known, horizon, season)

    @property
    def actual(self) -> np.ndarray:
        """``[n, h]``, the test part."""
        return self.values[(self.start + self.known)[:, None] + np.arange(self.horizon)]

"""The public data sets, as series, and the published scores.

Read from the folder that the environment variable TIDEGATE_DATA names, by default ../shared/data.
"""

from __future__ import annotations

import gzip
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tidegate.data.frame import FrameKind
from tidegate.data.frequency import Frequency
from tidegate.data.series import Series

DATA = Path(os.environ.get("TIDEGATE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))


@dataclass(frozen=True)
class Split:
    """Series whose last values are the test."""

    series: Series
    known: np.ndarray
    """[n], the values of each series that may be learnt from."""
    horizon: int
    season: int

    def earlier(self) -> Split:
        """The same without the test: what settings may be chosen on."""
        return Split(self.series, self.known - self.horizon, self.horizon, self.season)

    @property
    def cut(self) -> np.ndarray:
        """[n], the row of each series where the test begins."""
        return self.series.start + self.known

    def past(self) -> list[np.ndarray]:
        """The values of each series before the test."""
        pairs = zip(self.series.start, self.known, strict=True)
        return [self.series.values[first : first + known] for first, known in pairs]

    def actual(self) -> np.ndarray:
        """[n, h]"""
        return self.series.values[self.cut[:, None] + np.arange(self.horizon)]


def long_split(name: str, horizon: int, season: int) -> Split:
    """Of a pair of files, NAMEtrain.csv.gz and NAMEtest.csv.gz, in long form."""
    values, lengths = [], []
    train, test = (_by_id(DATA / f"{name}{part}.csv.gz") for part in ("train", "test"))
    for key, past in train.items():
        ahead = test[key]
        assert len(ahead) == horizon, (name, key)
        values += [past, ahead]
        lengths.append(len(past))
    known = np.array(lengths)
    return Split(numbered(np.concatenate(values), known + horizon), known, horizon, season)


def numbered(values: np.ndarray, length: np.ndarray) -> Series:
    """Series whose times are 1, 2, 3, ..."""
    start = np.cumsum(length) - length
    time = np.arange(len(values)) - np.repeat(start, length) + 1
    ids = [str(i) for i in range(len(length))]
    kind = FrameKind("polars", "unique_id", "ds", "y", "integer", "Int64")
    return Series(values.astype(np.float64), time, start, length, ids, Frequency("integer"), kind)


def table(name: str) -> pl.DataFrame:
    """A CSV file, packed or not."""
    path = DATA / name
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return pl.read_csv(raw, infer_schema_length=None, null_values=["NA"])


def _by_id(path: Path) -> dict[str, np.ndarray]:
    frame = pl.read_csv(gzip.decompress(path.read_bytes()), schema_overrides={"y": pl.Float64})
    groups = frame.sort("ds").group_by("unique_id", maintain_order=True)
    return {str(key[0]): group["y"].to_numpy() for key, group in groups}


def dated(
    values: list[np.ndarray], times: list[np.ndarray], ids: list[str], frequency: Frequency
) -> Series:
    """Series with dates, one after the other."""
    length = np.array([len(y) for y in values])
    start = np.cumsum(length) - length
    kind = FrameKind("polars", "unique_id", "ds", "y", "datetime", "us")
    joined = np.concatenate(values).astype(np.float64)
    return Series(joined, np.concatenate(times), start, length, ids, frequency, kind)

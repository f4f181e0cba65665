"""Forecasts a week of Seattle's rain from Python, and says how well such forecasts have done.

python examples/forecast_rain.py
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

import tidegate as tg

rain = pl.read_csv(Path(__file__).with_name("seattle-rain.csv"), try_parse_dates=True)
day, millimetres = rain.columns[:2]

forecaster = tg.Forecaster(horizon=7, time=day, target=millimetres).fit(rain)
print(forecaster.predict(levels=(80,)))
